"""Runs from their start to their end: steps, expressions, leases."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from engine import automations, history, notifications, outbox
from engine.actions import actions
from engine.automations.runs import MAX_CLAIMS
from engine.errors import Conflict, Forbidden
from engine.worker import Worker
from tests.support.house import ADA, BOB, OWNER, House, on_created, webhook
from tests.support.webhooks import Answer, WebhookReceiver


def test_steps_see_the_record_what_was_before_what_steps_made_and_settings(house: House) -> None:
    steps = {
        "task": {
            "action": "create_record",
            "table": "tasks",
            "values": {
                "subject": "={title} & ' from ' & {previous.stage} & ' to ' & {stage}",
                "deals": "={id}",
                "due": "=DATEADD(NOW(), {settings.days}, 'days')",
            },
        },
        "back": {"action": "update_record", "values": {"note": "={steps.task.id}", "closed": "=NOW()", "score": 7}},
        "up": {
            "action": "update_record",
            "table": "accounts",
            "record": "={account}",
            "values": {"name": "={account.name} & '!'"},
        },
    }
    house.install({"a": {"trigger": {"type": "record_updated", "table": "deals", "fields": ["stage"]}, "steps": steps}})
    account = house.create("accounts", name="Acme")
    deal = house.create("deals", title="One", stage="open", account=account)
    house.update("deals", deal, stage="won")
    house.work()
    (run,) = house.runs()
    assert (run.status, run.says) == ("done", None)
    (task,) = house.all("tasks")
    assert task["subject"] == "One from Open to Won"
    assert task["deals"] == [deal]
    assert task["created_by"] == ADA
    held = house.get("deals", deal)
    assert (held["note"], held["score"]) == (task["id"], 7)
    assert len(held["closed"]) == 10
    assert house.get("accounts", account)["name"] == "Acme!"
    trace = house.trace(run.id)
    assert [(step.key, step.status) for step in trace.steps] == [("task", "done"), ("back", "done"), ("up", "done")]
    assert trace.steps[0].result == {"id": task["id"]}
    with house.workspace.read(OWNER) as session:
        caused = history.of_cause(session, f"run:{run.id}")
    assert {entry.by_kind for entry in caused} == {"automation"}
    assert {entry.by_id for entry in caused} == {"crm.a"}
    assert len(caused) == 3


def test_conditions_are_asked_when_the_run_starts_and_ifs_at_each_step(house: House) -> None:
    big = {"field": "amount", "op": "at_least", "value": 100}
    first = {"action": "update_record", "values": {"note": "first"}, "if": "={score} = 1"}
    second = {
        "action": "update_record",
        "values": {"note": "={note} & ' second'"},
        "if": {"field": "note", "op": "is_empty"},
    }
    house.install(on_created(big, first=first, second=second))
    for amount, score in ((99, 1), (100, 1), (100, 2)):
        house.create("deals", title=f"{amount} {score}", amount=amount, score=score)
    house.work()
    assert [run.status for run in house.runs()] == ["skipped", "done", "done"]
    assert [deal["note"] for deal in house.all("deals")] == [None, "first", " second"]
    traces = [house.trace(run.id) for run in house.runs()]
    assert [[step.status for step in trace.steps] for trace in traces] == [[], ["done", "skipped"], ["skipped", "done"]]


def test_a_record_deleted_meanwhile_is_no_failure(house: House) -> None:
    house.install(on_created(s={"action": "update_record", "values": {"note": "x"}}))
    house.delete("deals", house.create("deals", title="One"))
    house.work()
    assert [run.status for run in house.runs()] == ["skipped"]


def test_a_step_that_fails_takes_back_only_itself_ends_the_run_and_tells_the_owner(house: House) -> None:
    good = {"action": "update_record", "values": {"note": "good"}}
    bad = {"action": "create_record", "table": "accounts", "values": {"name": "Acme"}}
    never = {"action": "update_record", "values": {"note": "never"}}
    house.install(on_created(good=good, bad=bad, never=never))
    house.create("accounts", name="Acme")
    deal = house.create("deals", title="One")
    house.work()
    (run,) = house.runs()
    assert run.status == "failed"
    assert "name" in (run.says or "").lower()
    assert [(step.key, step.status) for step in house.trace().steps] == [("good", "done"), ("bad", "failed")]
    assert house.get("deals", deal)["note"] == "good"
    with house.workspace.read(OWNER) as session:
        (told,) = notifications.inbox(session)
    assert "failed" in told.message
    house.create("deals", title="Two")
    house.work()
    with house.workspace.read(OWNER) as session:
        assert notifications.unread(session) == 1


def test_a_failed_run_can_be_tried_again_from_the_step_that_failed(sqlite_house: House) -> None:
    house = sqlite_house
    made = {"action": "create_record", "table": "accounts", "values": {"name": "={title}"}}
    house.install(on_created(count={"action": "update_record", "values": {"score": "={score} + 1"}}, made=made))
    blocking = house.create("accounts", name="One")
    deal = house.create("deals", title="One", score=0)
    house.work()
    (run,) = house.runs()
    assert run.status == "failed"
    house.update("accounts", blocking, name="Other")
    with house.workspace.write(OWNER) as session:
        automations.retry(session, run.id)
    house.work()
    assert [one.status for one in house.runs()] == ["done"]
    assert house.get("deals", deal)["score"] == 1
    with pytest.raises(Conflict), house.workspace.write(OWNER) as session:
        automations.retry(session, run.id)


def test_an_expression_that_comes_to_an_error_is_told_at_its_place(house: House) -> None:
    house.install(on_created(s={"action": "update_record", "values": {"score": "=10 / {score}"}}))
    house.create("deals", title="One", score=0)
    house.work()
    (run,) = house.runs()
    assert run.status == "failed"
    assert "division" in (run.says or "")


def test_a_step_about_an_app_that_is_not_installed_is_skipped(sqlite_house: House) -> None:
    house = sqlite_house
    order = {"action": "create_record", "table": "orders.orders", "values": {"total": "={amount}"}}
    note = {"action": "update_record", "values": {"note": "='order: ' & {steps.order.id}"}}
    house.install(on_created(order=order, note=note))
    deal = house.create("deals", title="One")
    house.work()
    assert [step.status for step in house.trace().steps] == ["skipped", "done"]
    assert house.get("deals", deal)["note"] == "order: "


def test_notify_and_mail(house: House) -> None:
    tell = {"action": "notify", "to": ["={owner}", ADA], "message": "{{ title }}: {{ {account.name} }}", "link": True}
    mail = {
        "action": "send_email",
        "to": ["={email}", "boss@example.com"],
        "subject": {"en": "Hello {{ title }}", "zh": "你好 {{ title }}"},
        "message": "{{ {amount} * 2 }} = {{7*7}}",
    }
    house.install(on_created(tell=tell, mail=mail))
    account = house.create("accounts", name="{{ 7*7 }} Acme")
    deal = house.create("deals", title="One", owner=BOB, account=account, email="a@example.com", amount=2.5)
    house.work()
    assert house.runs()[0].status == "done"
    for user in (ADA, BOB):
        with house.workspace.read(replace(OWNER, user_id=user)) as session:
            (told,) = notifications.inbox(session)
        assert told.message == "One: {{ 7*7 }} Acme"
        assert (told.table, told.record_id) == ("crm.deals", deal)
    with house.workspace.read(OWNER) as session:
        mails = outbox.mails(session)[::-1]
    assert [(one.recipient, one.subject, one.body, one.status) for one in mails] == [
        ("a@example.com", "Hello One", "5 = 49", "kept"),
        ("boss@example.com", "Hello One", "5 = 49", "kept"),
    ]


def test_a_worker_that_died_loses_its_run_after_the_lease(house: House) -> None:
    house.install(on_created(s={"action": "update_record", "values": {"score": "={score} + 1"}}))
    deal = house.create("deals", title="One", score=0)
    dead = Worker(house.stores, house.means, house.clock)
    (taken,) = dead._claim(house.workspace)
    house.work()
    assert house.runs()[0].status == "running"
    house.clock.forward(61)
    house.work()
    assert house.runs()[0].status == "done"
    dead._advance(house.workspace, taken, None)  # it wakes up, and finds that the run is not its own any more
    assert house.get("deals", deal)["score"] == 1
    assert len(house.trace().steps) == 1


def test_a_run_that_keeps_killing_its_worker_is_given_up(house: House) -> None:
    house.install(on_created(s={"action": "update_record", "values": {"note": "x"}}))
    house.create("deals", title="One")
    for _death in range(MAX_CLAIMS):
        assert len(Worker(house.stores, house.means, house.clock)._claim(house.workspace)) == 1
        house.clock.forward(61)
    house.create("deals", title="Two")
    house.work()
    assert [run.status for run in house.runs()] == ["failed", "done"]


def test_our_own_mistake_ends_the_run_and_not_the_worker(
    sqlite_house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    house = sqlite_house

    def broken(*_arguments: Any) -> None:
        raise ZeroDivisionError("canary")

    house.install(on_created(s={"action": "update_record", "values": {"note": "x"}}))
    house.create("deals", title="One")
    monkeypatch.setattr(type(actions["update_record"]), "run", broken)
    house.work()
    assert house.runs()[0].status == "failed"
    assert "canary" not in str(house.trace())
    assert "canary" in caplog.text


def test_two_workers_at_once_do_each_run_once(house: House) -> None:
    house.install(on_created(s={"action": "update_record", "values": {"score": "={score} + 1"}}))
    for number in range(30):
        house.create("deals", title=str(number), score=0)
    workers = [Worker(house.stores, house.means, house.clock) for _each in range(3)]
    threads = [threading.Thread(target=worker.run_until_idle, args=(house.workspace,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {run.status for run in house.runs()} == {"done"}
    assert [deal["score"] for deal in house.all("deals")] == [1] * 30


def test_the_loop_works_and_stops(
    house: House, webhook_receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The loop asks the directory which workspaces there are; this one has no entry.
    monkeypatch.setattr("engine.worker.workspaces.directory", lambda _stores: {house.workspace.id: "Test"})
    after = {"action": "update_record", "values": {"note": "told"}}
    house.install(on_created(send=webhook(), after=after))
    house.connect(webhook_receiver.url)
    stop = threading.Event()
    thread = threading.Thread(target=house.worker.run, args=(stop,))
    thread.start()
    for number in range(5):
        house.create("deals", title=str(number))
    webhook_receiver.wait_for(5)
    for _again in range(1200):
        if all(deal["note"] == "told" for deal in house.all("deals")):
            break
        threading.Event().wait(0.05)
    stop.set()
    thread.join()
    assert {run.status for run in house.runs()} == {"done"}


def test_a_definition_changed_meanwhile_does_not_change_a_run_under_way(
    house: House, webhook_receiver: WebhookReceiver
) -> None:
    house.install(on_created(send=webhook(), note={"action": "update_record", "values": {"note": "old"}}))
    house.connect(webhook_receiver.url)
    webhook_receiver.answers.append(Answer(503))
    deal = house.create("deals", title="One")
    house.work()
    house.install(on_created(other={"action": "update_record", "values": {"note": "new"}}))
    house.clock.forward(10)
    house.work()
    assert house.runs()[0].status == "done"
    assert house.get("deals", deal)["note"] == "old"


def test_an_automation_in_words(sqlite_house: House) -> None:
    house = sqlite_house
    note = {"action": "update_record", "values": {"note": "x"}}
    house.install(on_created(send=webhook(), note=note, named={**note, "label": "Plan a call"}))
    with house.workspace.read(OWNER) as session:
        (standing,) = automations.standings(session)
        when, *then = automations.sentences(session.layout, standing.automation, "en")
    assert when == "When a record is created in Deals"
    assert then == ["Send a webhook to ERP", "Change Note of the record", "Plan a call"]


def test_members_see_no_traces(sqlite_house: House) -> None:
    house = sqlite_house
    house.install(on_created(s={"action": "update_record", "values": {"note": "x"}}))
    with house.workspace.read(replace(OWNER, role="member")) as session, pytest.raises(Forbidden):
        automations.runs_of(session)
