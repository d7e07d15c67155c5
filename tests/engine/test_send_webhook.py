"""The step `send_webhook`: signed calls, repeated after failures, connections switched off (T-WH, T-FLT-05)."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import sqlalchemy as sa
from standardwebhooks import Webhook

from engine import automations, connections, notifications, outbox, webhooks
from engine.storage.automation_tables import runs
from engine.worker import Worker
from tests.support.house import OWNER, House, on_created, webhook
from tests.support.webhooks import Answer, WebhookReceiver


def test_a_webhook_arrives_signed(sqlite_house: House, webhook_receiver: WebhookReceiver) -> None:
    house = sqlite_house
    body = {"id": "={id}", "title": "={title}", "amount": "={amount}", "lines": [{"big": "={big}"}, None, 5]}
    after = {"action": "update_record", "values": {"note": "={steps.send.status}"}}
    house.install(on_created(send=webhook(event="deal.created", body=body), after=after))
    secret = house.connect(webhook_receiver.url)
    assert secret
    deal = house.create("deals", title="Größe 客户", amount=1234.5)
    house.work()
    (request,) = webhook_receiver.requests
    sent = Webhook(secret).verify(request.body, dict(request.headers.items()))
    assert sent["type"] == "deal.created"
    assert sent["data"] == {
        "id": deal,
        "title": "Größe 客户",
        "amount": 1234.5,
        "lines": [{"big": True}, None, 5],
    }
    assert house.get("deals", deal)["note"] == "200"
    (step, _after) = house.trace().steps
    assert step.result["status"] == 200
    assert step.result["id"] == request.headers["webhook-id"]
    assert [attempt["status"] for attempt in step.attempts] == [200]


def test_a_step_with_its_own_url_has_its_own_secret(sqlite_house: House, webhook_receiver: WebhookReceiver) -> None:
    house = sqlite_house
    url = webhook_receiver.url + "hook"
    house.install(on_created(send={"action": "send_webhook", "url": url, "body": {"a": 1}}))
    house.create("deals", title="One")
    house.work()
    with house.workspace.write(OWNER) as session:
        erp, own = connections.of_app(session, "crm")
        assert (erp.is_set, own.name, own.url) == (False, url, url)
        secret = connections.new_secret(session, house.means.vault, "crm", url)
    house.create("deals", title="Two")
    house.work()
    first, second = webhook_receiver.requests
    assert first.headers["webhook-signature"].count("v1,") == 1
    assert Webhook(secret).verify(second.body, dict(second.headers.items())) == {"a": 1}


def test_retries_are_byte_identical_and_follow_the_table(house: House, webhook_receiver: WebhookReceiver) -> None:
    house.install(on_created(send=webhook(event="deal.created")))
    house.connect(webhook_receiver.url)
    webhook_receiver.answer = Answer(500)
    deal = house.create("deals", title="One")
    house.work()
    house.update("deals", deal, title="Changed meanwhile")
    for attempt, planned in enumerate(webhooks.RETRY_AFTER_SECONDS[1:], start=1):
        assert len(webhook_receiver.requests) == attempt
        assert house.runs()[0].status == "waiting"
        house.clock.forward(planned * 0.5)
        house.work()
        assert len(webhook_receiver.requests) == attempt
        house.clock.forward(planned * 0.71)
        house.work()
    assert len(webhook_receiver.requests) == 10
    assert house.runs()[0].status == "failed"
    assert len({request.body for request in webhook_receiver.requests}) == 1
    assert len({request.headers["webhook-id"] for request in webhook_receiver.requests}) == 1
    assert len({request.headers["webhook-timestamp"] for request in webhook_receiver.requests}) == 10
    assert [attempt["status"] for attempt in house.trace().steps[0].attempts] == [500] * 10
    webhook_receiver.answer = Answer(204)
    with house.workspace.write(OWNER) as session:
        automations.retry(session, house.runs()[0].id)
    house.clock.forward(1)
    house.work()
    assert house.runs()[0].status == "done"
    assert len({request.body for request in webhook_receiver.requests}) == 1


def test_retry_after_is_kept_to(sqlite_house: House, webhook_receiver: WebhookReceiver) -> None:
    house = sqlite_house
    house.install(on_created(send=webhook()))
    house.connect(webhook_receiver.url)
    webhook_receiver.answers.append(Answer(429, headers={"Retry-After": "120"}))
    house.create("deals", title="One")
    house.work()
    house.clock.forward(110)
    house.work()
    assert len(webhook_receiver.requests) == 1
    house.clock.forward(11)
    house.work()
    assert house.runs()[0].status == "done"


def test_gone_switches_the_connection_off(sqlite_house: House, webhook_receiver: WebhookReceiver) -> None:
    house = sqlite_house
    house.install(on_created(send=webhook()))
    house.connect(webhook_receiver.url)
    webhook_receiver.answer = Answer(410)
    house.create("deals", title="One")
    house.work()
    assert house.runs()[0].status == "failed"
    assert [attempt["status"] for attempt in house.trace().steps[0].attempts] == [410]
    house.create("deals", title="Two")
    house.work()
    assert len(webhook_receiver.requests) == 1
    assert [step.status for step in house.trace().steps] == ["skipped"]
    house.connect(webhook_receiver.url)
    house.create("deals", title="Three")
    house.work()
    assert len(webhook_receiver.requests) == 2


def test_five_days_of_failures_switch_the_connection_off(
    sqlite_house: House, webhook_receiver: WebhookReceiver
) -> None:
    house = sqlite_house
    house.install(on_created(send=webhook()))
    house.connect(webhook_receiver.url)
    webhook_receiver.answer = Answer(500)
    for day in range(6):
        house.create("deals", title=f"Day {day}")
        house.work()
        if day < 5:
            assert house.connection().disabled_at is None
            house.clock.forward(24 * 3600)
    assert str(house.connection().disabled_why) == "It only failed for 5 days."
    with house.workspace.read(OWNER) as session:
        told = [str(one.message) for one in notifications.inbox(session)]
    assert any("was switched off: It only failed for 5 days." in one for one in told)
    with house.workspace.read(OWNER) as session:
        (mail,) = outbox.mails(session)
    assert (mail.recipient, mail.subject) == ("ada@example.com", "The connection ERP was switched off")
    assert "It only failed for 5 days. Set it anew once it works." in mail.body


@pytest.mark.parametrize("between", ["a success", "a quiet week"])
def test_failures_now_and_then_switch_nothing_off(
    sqlite_house: House, webhook_receiver: WebhookReceiver, between: str
) -> None:
    house = sqlite_house
    house.install(on_created(send=webhook()))
    house.connect(webhook_receiver.url)
    for _time in range(3):
        webhook_receiver.answers.append(Answer(500))
        house.create("deals", title="One")
        house.work()  # a failure, then
        if between == "a success":
            house.clock.forward(60)
            house.work()
        house.clock.forward(6 * 24 * 3600)
    assert house.connection().disabled_at is None


def test_a_redirect_is_a_failure(sqlite_house: House, webhook_receiver: WebhookReceiver) -> None:
    house = sqlite_house
    house.install(on_created(send=webhook()))
    house.connect(webhook_receiver.url)
    webhook_receiver.answer = Answer(307, headers={"Location": webhook_receiver.url})
    house.create("deals", title="One")
    house.work()
    assert len(webhook_receiver.requests) == 1
    assert house.runs()[0].status == "waiting"


def test_a_connection_that_leads_nowhere_skips_the_step(sqlite_house: House) -> None:
    house = sqlite_house
    house.install(on_created(send=webhook(), note={"action": "update_record", "values": {"note": "on"}}))
    house.create("deals", title="One")
    house.work()
    assert [step.status for step in house.trace().steps] == ["skipped", "done"]


def test_an_address_inside_is_refused_and_told_like_one_that_does_not_answer(sqlite_house: House) -> None:
    house = sqlite_house
    house.means = replace(house.means, egress=replace(house.means.egress, rules=type(house.means.egress.rules)()))
    house.worker = Worker(house.stores, house.means, house.clock)
    url = "https://10.0.0.1/"
    house.install(on_created(send={"action": "send_webhook", "url": url, "body": {}}))
    house.create("deals", title="One")
    house.work()
    (attempt,) = house.trace().steps[0].attempts
    assert attempt["says"] == "The address cannot be reached, or may not be called."
    assert house.runs()[0].status == "waiting"


def test_an_address_that_is_none_fails_at_once(sqlite_house: House) -> None:
    house = sqlite_house
    house.install(on_created(send={"action": "send_webhook", "url": "https://user@example.com/", "body": {}}))
    house.create("deals", title="One")
    house.work()
    assert house.runs()[0].status == "failed"


def test_one_slow_receiver_does_not_take_all_callers(sqlite_house: House, webhook_receiver: WebhookReceiver) -> None:
    house = sqlite_house
    house.install(on_created(send=webhook()))
    house.connect(webhook_receiver.url)
    assert house.worker._may_call("slow.example")
    assert house.worker._may_call("slow.example")
    assert not house.worker._may_call("slow.example")
    assert house.worker._may_call("other.example")


def test_secrets_are_not_in_the_database(house: House, webhook_receiver: WebhookReceiver) -> None:
    house.install(on_created(send=webhook()))
    secret = house.connect(webhook_receiver.url)
    house.create("deals", title="One")
    house.work()
    assert secret
    with house.workspace.read() as session:
        tables = sa.inspect(session.connection).get_table_names()
        held = json.dumps(
            [
                [str(value) for value in row]
                for table in tables
                for row in session.connection.execute(sa.text(f'SELECT * FROM "{table}"'))
            ]
        )
    assert runs.name in tables
    assert secret.removeprefix("whsec_") not in held
