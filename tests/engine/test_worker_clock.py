"""Runs of automations when clocks change: summer time begins and ends, and somebody puts the machine's clock back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine import audit, webhooks
from engine.text import _
from engine.worker import Worker
from tests.support.house import OWNER, House, on_created, webhook
from tests.support.webhooks import Answer, WebhookReceiver

SPRING, AUTUMN = datetime(2027, 3, 28, 1, tzinfo=UTC), datetime(2027, 10, 31, 1, tzinfo=UTC)  # in Berlin


@pytest.mark.parametrize("change", [SPRING, AUTUMN])
def test_a_retry_is_due_after_as_many_seconds_whatever_the_clock_on_the_wall_shows(
    house: House, webhook_receiver: WebhookReceiver, change: datetime
) -> None:
    house.workspace.time_zone = "Europe/Berlin"
    house.install(on_created(call=webhook()))
    house.connect(webhook_receiver.url)
    webhook_receiver.answer = Answer(500)
    house.clock.set(change - timedelta(seconds=1))
    house.create("deals", title="One")
    house.work()
    for attempt, planned in enumerate(webhooks.RETRY_AFTER_SECONDS[1:5], start=1):
        assert len(webhook_receiver.requests) == attempt
        house.clock.forward(planned * 0.5)
        house.work()
        assert len(webhook_receiver.requests) == attempt
        house.clock.forward(planned * 0.71)
        house.work()


@pytest.mark.parametrize(("change", "hours"), [(SPRING, 23), (AUTUMN, 25)])
def test_a_day_later_is_the_same_time_on_the_wall(house: House, change: datetime, hours: int) -> None:
    house.workspace.time_zone = "Europe/Berlin"
    later = '=DATEADD(NOW(), 1, "day")'
    house.install(
        on_created(plan={"action": "create_record", "table": "tasks", "values": {"subject": "x", "due": later}})
    )
    house.clock.set(change - timedelta(hours=12))
    house.create("deals", title="One")
    house.work()
    (task,) = house.all("tasks")
    due = datetime.fromisoformat(task["due"])
    assert abs(due - (change - timedelta(hours=12)) - timedelta(hours=hours)) < timedelta(minutes=10)


def test_a_clock_put_back_makes_runs_wait_and_loses_none(house: House, webhook_receiver: WebhookReceiver) -> None:
    house.install(on_created(call=webhook()))
    house.connect(webhook_receiver.url)
    webhook_receiver.answer = Answer(500)
    house.clock.forward(10 * 3600)
    house.create("deals", title="One")
    house.work()
    assert house.runs()[0].status == "waiting"
    webhook_receiver.answer = Answer(204)
    house.clock.forward(-9 * 3600)
    house.create("deals", title="Two")
    house.work()
    assert sorted(run.status for run in house.runs()) == ["done", "waiting"]  # what is new does not wait for the other
    house.clock.forward(9 * 3600 + webhooks.RETRY_AFTER_SECONDS[1] * 1.5)
    house.work()
    assert [run.status for run in house.runs()] == ["done", "done"]
    assert len(webhook_receiver.requests) == 3


def test_a_clock_put_back_while_a_worker_holds_a_run_gives_it_to_nobody_else(house: House) -> None:
    house.install(on_created(count={"action": "update_record", "values": {"score": "={score} + 1"}}))
    house.clock.forward(3600)
    deal = house.create("deals", title="One", score=0)
    holder = Worker(house.stores, house.means, house.clock)
    (taken,) = holder._claim(house.workspace)
    house.clock.forward(-1800)
    house.work()
    assert house.runs()[0].status == "running"
    holder._advance(house.workspace, taken, None)
    assert (house.runs()[0].status, house.get("deals", deal)["score"]) == ("done", 1)


def test_the_oldest_of_both_audit_logs_goes_by_itself(house: House) -> None:
    logs = (house.workspace, house.stores.control)
    for log in logs:
        with log.write() as session:
            audit.note(session, "test", _("was done"))
    house.clock.forward(402 * 24 * 3600)
    house.worker.serve_accounts()
    house.worker.sweep(house.workspace)
    for log in logs:
        with log.read(OWNER) as session:
            assert [one.act for one in audit.entries(session)] == ["audit.purged"]
            assert audit.verify(session).is_whole
