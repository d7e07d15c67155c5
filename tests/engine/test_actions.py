"""Actions and triggers, tried with a runner that only takes notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.actions import (
    Action,
    Done,
    Failed,
    NotSetUp,
    Options,
    Outcome,
    Posted,
    Retry,
    Skipped,
    Step,
    Written,
    actions,
    listed,
)
from engine.errors import Refused
from engine.text import _
from engine.triggers import triggers
from engine.webhooks import Verdict

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Notes:
    """A step that does nothing but remember what it was asked to do."""

    table = "crm.deals"
    record_id = "rec1"

    def __init__(self, options: Options, posted: Posted | Exception | None = None) -> None:
        self.options = options
        self.posted = posted
        self.asked: list[tuple[Any, ...]] = []

    def create_record(self, table: str, values: Mapping[str, Any]) -> str:
        self.asked.append(("create", table, values))
        return "rec2"

    def update_record(self, table: str, record_id: str, values: Mapping[str, Any]) -> bool:
        self.asked.append(("update", table, record_id, values))
        return True

    def notify(self, user_ids: Sequence[str], message: str, *, link: bool) -> list[str]:
        self.asked.append(("notify", list(user_ids), message, link))
        return [user for user in user_ids if user != "usrGone"]

    def deliver_mail(self, to: Sequence[str], subject: str, text: str) -> list[str]:
        self.asked.append(("mail", list(to), subject, text))
        return [f"mai{number}" for number, _address in enumerate(to)]

    def post(self, options: Options) -> Posted:
        self.asked.append(("post", options))
        if isinstance(self.posted, Exception):
            raise self.posted
        assert self.posted
        return self.posted


def run(action: str, options: Options, posted: Posted | Exception | None = None) -> tuple[Outcome, list[Any]]:
    notes = Notes(options, posted)
    step: Step = notes
    return actions[action].run(step), notes.asked


class Speaker:
    """Labels as keys in capitals."""

    def table(self, name: str | None) -> str:
        return (name or "its table").upper()

    def field(self, table: str | None, key: str) -> str:
        return key.upper()

    def connection(self, key: str) -> str:
        return key.upper()


def test_all_kinds_are_found_by_their_file() -> None:
    assert list(actions) == ["create_record", "notify", "send_email", "send_webhook", "update_record"]
    assert list(triggers) == ["record_created", "record_matches", "record_updated"]
    assert [name for name, action in actions.items() if action.external] == ["send_webhook"]
    assert [name for name, action in actions.items() if action.writes] == ["create_record", "update_record"]


def test_update_record_changes_the_record_of_the_trigger_or_another() -> None:
    assert run("update_record", {"values": {"a": 1}}) == (
        Done({"id": "rec1", "changed": True}),
        [("update", "crm.deals", "rec1", {"a": 1})],
    )
    assert run("update_record", {"table": "accounts", "record": "rec9", "values": {"a": 1}})[1] == [
        ("update", "accounts", "rec9", {"a": 1})
    ]
    assert isinstance(run("update_record", {"record": None, "values": {"a": 1}})[0], Skipped)
    outcome, asked = run("update_record", {"table": "accounts", "values": {"a": 1}})
    assert isinstance(outcome, Failed)
    assert asked == []


def test_create_record_gives_the_id() -> None:
    options = {"table": "orders.orders", "values": {"total": 5}}
    assert run("create_record", options) == (Done({"id": "rec2"}), [("create", "orders.orders", {"total": 5})])


def test_notify_tells_each_person_once() -> None:
    outcome, asked = run("notify", {"to": ["usr1", ["usr2", "usr1"], None, ""], "message": "Hi", "link": True})
    assert outcome == Done({"users": ["usr1", "usr2"]})
    assert asked == [("notify", ["usr1", "usr2"], "Hi", True)]
    assert isinstance(run("notify", {"to": None, "message": "Hi"})[0], Skipped)
    assert isinstance(run("notify", {"to": "usrGone", "message": "Hi"})[0], Skipped)


def test_send_email_keeps_a_subject_on_one_line_and_addresses_few() -> None:
    options = {"to": ["a@example.com", "a@example.com"], "subject": "Won\r\nBcc: x@example.com", "message": "Hi"}
    outcome, asked = run("send_email", options)
    assert outcome == Done({"mails": ["mai0"]})
    assert asked == [("mail", ["a@example.com"], "Won Bcc: x@example.com", "Hi")]
    assert isinstance(run("send_email", {**options, "to": []})[0], Skipped)
    assert isinstance(run("send_email", {**options, "to": [f"a{n}@example.com" for n in range(51)]})[0], Failed)


def test_send_webhook_is_prepared_once() -> None:
    action: Action = actions["send_webhook"]
    prepared = action.prepare({"connection": "erp", "event": "deal.won", "body": {"a": 1}}, NOW)
    assert prepared["connection"] == "erp"
    assert prepared["body"] == '{"type":"deal.won","timestamp":"2026-11-21T12:00:00.000Z","data":{"a":1}}'
    assert prepared["id"].startswith("msg_")
    with pytest.raises(Refused):
        action.prepare({"connection": "erp", "body": "x" * 300_000}, NOW)


@pytest.mark.parametrize(
    ("posted", "outcome"),
    [
        (Posted(Verdict(delivered=True), 204, 84, ""), Done({"status": 204, "milliseconds": 84, "id": "msg_1"})),
        (Posted(Verdict(wait=5.5), 500, 84, "answered 500"), Retry(5.5, "answered 500")),
        (Posted(Verdict(wait=300), None, 84, "slow"), Retry(300, "slow")),
        (Posted(Verdict(), 500, 84, "x"), Failed(_("Given up after the last attempt: {reason}", reason="x"))),
        (Posted(Verdict(gone=True), 410, 8, ""), Failed("The receiver says that this address is gone for good.")),
        (NotSetUp("The connection has no address yet."), Skipped("The connection has no address yet.")),
    ],
)
def test_send_webhook_says_honestly_what_came_of_it(posted: Posted | Exception, outcome: Outcome) -> None:
    assert run("send_webhook", {"connection": "erp", "id": "msg_1", "body": "{}"}, posted)[0] == outcome


def test_every_expression_is_found_at_its_place() -> None:
    assert actions["update_record"].expressions({"record": "={a}", "values": {"x": "={y}", "z": "plain", "n": 5}}) == [
        Written("/record", "={a}", "record"),
        Written("/values/x", "={y}", "field", "x"),
    ]
    tree = {"deal": "={title}", "lines": [{"a/b": "={c}"}, "text"]}
    assert actions["send_webhook"].expressions({"body": tree}) == [
        Written("/body/deal", "={title}", "any"),
        Written("/body/lines/0/a~1b", "={c}", "any"),
    ]
    mail = {"to": ["={email}", "b@example.com"], "subject": "Hello", "message": {"en": "{{ name }}", "zh": "你好"}}
    assert actions["send_email"].expressions(mail) == [
        Written("/to/0", "={email}", "addresses"),
        Written("/subject", "Hello", "message"),
        Written("/message", mail["message"], "message"),  # type: ignore[arg-type]
    ]
    assert actions["notify"].expressions({"to": "={owner}", "message": "{{ name }}"}) == [
        Written("/to", "={owner}", "users"),
        Written("/message", "{{ name }}", "message"),
    ]


def test_sentences_name_what_people_see() -> None:
    words = Speaker()
    assert triggers["record_created"].sentence({"table": "deals"}, words) == "When a record is created in DEALS"
    updated = triggers["record_updated"]
    assert updated.sentence({"table": "deals"}, words) == "When a record in DEALS is changed"
    assert updated.sentence({"table": "deals", "fields": ["a", "b"]}, words) == "When A, B of a record in DEALS changes"
    assert "DEALS" in triggers["record_matches"].sentence({"table": "deals", "where": "=1"}, words)
    assert actions["create_record"].sentence({"table": "orders", "values": {}}, words) == "Create a record in ORDERS"
    assert actions["update_record"].sentence({"values": {"a": 1}}, words) == "Change A of the record"
    assert actions["send_webhook"].sentence({"connection": "erp", "body": {}}, words) == "Send a webhook to ERP"
    assert actions["send_email"].sentence({"to": "={email}"}, words) == "Send an e-mail to ={email}"
    assert actions["notify"].sentence({"to": ["usr1", "usr2"]}, words) == "Notify usr1, usr2"


def test_triggers_start_on_their_changes() -> None:
    created, updated, matches = (triggers[f"record_{name}"] for name in ("created", "updated", "matches"))
    options = {"table": "deals", "fields": ["stage"], "where": "={stage} = 'won'"}
    assert created.starts(options, "created", {"stage"})
    assert not created.starts(options, "updated", {"stage"})
    assert updated.starts(options, "updated", {"stage", "amount"})
    assert not updated.starts(options, "updated", {"amount"})
    assert updated.starts({"table": "deals"}, "updated", {"amount"})
    assert not updated.starts(options, "created", {"stage"})
    assert matches.starts(options, "created", set())
    assert matches.starts(options, "updated", {"anything"})
    assert not matches.starts(options, "deleted", set())
    assert matches.condition(options) == "={stage} = 'won'"
    assert created.condition(options) is None


def test_lists_of_people_are_flat_and_without_repetition() -> None:
    assert listed([" a ", ["b", [None, "a"]], 5, ""]) == ["a", "b"]
    assert listed("a") == ["a"]
    assert listed(None) == []
