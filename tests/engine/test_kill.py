"""Killing the process at any moment loses no run, does nothing twice inside, and repeats itself exactly outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import sqlalchemy as sa

from engine.storage.automation_tables import outbox
from tests.support.databases import Database
from tests.support.house import House
from tests.support.mail import SmtpSink
from tests.support.webhooks import WebhookReceiver

POINTS = (
    "claimed:1 before_step:1 in_step:1 committed:1 in_step:4 committed:5 sending:1 answered:1 sending:2 answered:2 "
    "mail_claimed:1 mailing:1 mailed:1"
).split()
DEALS = 6


def test_no_run_is_lost_and_nothing_is_done_twice(
    database_url: Database, webhook_receiver: WebhookReceiver, smtp_sink: SmtpSink
) -> None:
    smtp = {
        "FORMWORK_SMTP_HOST": "127.0.0.1",
        "FORMWORK_SMTP_PORT": str(smtp_sink.port),
        "FORMWORK_SMTP_FROM": "crm@example.com",
        "FORMWORK_SMTP_SECURITY": "none",
    }
    house = House(database_url.url, database_url.folder, **smtp)
    steps = {
        "count": {"action": "update_record", "values": {"score": "={score} + 1"}},
        "task": {"action": "create_record", "table": "tasks", "values": {"subject": "={title}"}},
        "send": {"action": "send_webhook", "connection": "erp", "event": "deal.created", "body": {"title": "={title}"}},
        "count_again": {"action": "update_record", "values": {"score": "={score} + 1"}},
        "mail": {"action": "send_email", "to": "a@example.com", "subject": "{{ title }}", "message": "{{ title }}"},
    }
    house.install({"a": {"trigger": {"type": "record_created", "table": "deals"}, "steps": steps}})
    house.connect(webhook_receiver.url)
    titles = [f"Deal {number}" for number in range(DEALS)]
    for title in titles:
        house.create("deals", title=title, score=0)
    house.close()

    killer = subprocess.run(
        [sys.executable, "-m", "tests.support.dying_worker", database_url.folder, database_url.url, *POINTS],
        env={**os.environ, **smtp, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert killer.stdout.split("\n")[:-1] == [f"{point} died" for point in POINTS], killer.stdout + killer.stderr

    house = House(database_url.url, database_url.folder, **smtp)
    house.clock.forward(3600 * len(POINTS))
    house.work()
    assert [run.status for run in house.runs()] == ["done"] * DEALS
    assert [deal["score"] for deal in house.all("deals")] == [2] * DEALS
    assert sorted(task["subject"] for task in house.all("tasks")) == titles
    _check_webhooks(webhook_receiver, titles)
    _check_mails(house, smtp_sink, titles)
    house.close()


def _check_webhooks(receiver: WebhookReceiver, titles: list[str]) -> None:
    """Each at least once; more only where the process died before it could note the answer; always the same bytes."""
    bodies = {request.headers["webhook-id"]: request.body for request in receiver.requests}
    assert all(request.body == bodies[request.headers["webhook-id"]] for request in receiver.requests)
    assert sorted(json.loads(body)["data"]["title"] for body in bodies.values()) == titles
    repeated = len(receiver.requests) - len(bodies)
    assert repeated <= sum(point.startswith(("answered", "committed", "in_step", "before_step")) for point in POINTS)
    assert repeated >= 1


def _check_mails(house: House, sink: SmtpSink, titles: list[str]) -> None:
    seen = Counter(message["Message-ID"] for message in sink.messages)
    with house.workspace.read() as session:
        kept = session.connection.execute(sa.select(outbox.c.message_id, outbox.c.status, outbox.c.subject)).all()
    assert sorted(mail.subject for mail in kept) == titles
    assert {mail.status for mail in kept} == {"sent"}
    assert set(seen) == {mail.message_id for mail in kept}
    assert 1 <= sum(seen.values()) - len(kept) <= sum(point.startswith("mailed") for point in POINTS)
