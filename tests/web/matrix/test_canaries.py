"""No secret is stored as it is, and none comes into the log, whatever is asked and however it fails (T-SEC-01)."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from unittest import mock
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from engine import apps, automations, records
from engine.access.principals import person
from engine.automations.steps import Means
from engine.egress import Egress
from engine.storage.automation_tables import run_steps, runs
from engine.storage.session import Session
from engine.worker import Worker
from tests.support.databases import Database
from tests.web.conftest import PASSWORD
from tests.web.matrix.asking import Crowd, rows, rows_of, taken_back
from tests.web.matrix.examples import ask
from tests.web.matrix.place import OF_ACCOUNTS, OF_SECRETS, OF_TAGS, SHARE_PASSWORD, Place, app_of_all, place_on
from tests.web.matrix.policy import LINKS, PEOPLE, PROGRAMS
from tests.web.matrix.test_matrix import Cell, cells

# Where values of records are kept beside the records themselves: what they were, came from, led to, or were told as.
# A share of one record is called like the record, unless its maker says otherwise, and so is what is noted of it.
KEEPS_VALUES = frozenset(
    {"_changes", "_trash", "_set_aside", "_imports", "_import_lines", "_comments", "_comment_texts", "_notifications"}
    | {"_runs", "_run_steps", "_outbox", "_unique_keys", "_files", "_hook_payloads", "_shares"}
)
OF_THE_TESTS = ("httpx2", "httpcore2", "asyncio")  # what drives the application writes down the addresses that it asks


def secrets(place: Place) -> set[str]:
    """Everything that lets somebody in."""
    found = {PASSWORD, SHARE_PASSWORD, *place.hidden_from(""), *place.sids.values(), *place.tokens.values()}
    found |= {value for name, value in place.here.ids.items() if "token" in name}
    of_people = ("address token", "reset token", "signed", "remembered")
    found |= {own[name] for own in place.own.values() for name in of_people}
    return found


def values() -> set[str]:
    """What stands in records and not everybody may see."""
    return {one for one in (*OF_SECRETS, *OF_ACCOUNTS, *OF_TAGS) if not one.isdigit()}


def spelled(secret: str) -> Iterator[str]:
    """The ways in which it might stand somewhere."""
    yield from (secret, quote(secret, safe=""), json.dumps(secret)[1:-1])
    yield base64.b64encode(secret.encode()).decode().rstrip("=")


def held(text: str, place: Place) -> list[str]:
    return [secret for secret in secrets(place) if any(one in text for one in spelled(secret))]


def asked(kinds: tuple[str, ...]) -> Iterator[Cell]:
    """Every route once, by whoever may most there."""
    seen: set[tuple[str, str]] = set()
    for kind in kinds:
        for cell in cells(kind):
            if cell.is_granted and cell.who in ("owner", "open") and (cell.method, cell.path) not in seen:
                seen.add((cell.method, cell.path))
                yield cell


def logged(caplog: pytest.LogCaptureFixture) -> str:
    records = [one for one in caplog.records if not one.name.startswith(OF_THE_TESTS)]
    return "\n".join(f"{one.getMessage()} {one.exc_text or one.exc_info or ''}" for one in records)


def _crash(*_given: object) -> None:
    raise RuntimeError("a mistake of ours")


def test_no_secret_is_stored_as_it_is(crowd: Crowd) -> None:
    place = crowd.place
    stored = [f"{table}: {row}" for table, row in rows(place)]
    assert len(stored) > 100
    found = [(row[:200], held(row, place)) for row in stored if held(row, place)]
    assert not found


def test_no_secret_lies_in_a_file_as_it_is(crowd: Crowd) -> None:
    """Nor in what SQLite wrote ahead, or left behind in a page that it uses no more."""
    settings = crowd.place.site.settings
    looked_at = [path for path in sorted(settings.data.rglob("*")) if path.is_file() and path != settings.key_file]
    assert looked_at
    for path in looked_at:
        assert held(path.read_bytes().decode("latin-1"), crowd.place) == [], path


def test_values_of_records_stand_where_records_and_what_became_of_them_are_kept_and_nowhere_else(crowd: Crowd) -> None:
    """Not in the control store, the audit log, definitions, hooks, connections, accounts or roles."""
    place = crowd.place
    found: list[str] = []
    looked_at: set[str] = set()
    for store, of_records in ((place.stores.control, False), (place.here.store, True), (place.other.store, True)):
        with store.read() as session:
            for table, row in rows_of(session):
                if of_records and (table in KEEPS_VALUES or not table.startswith("_")):
                    continue  # one of people's tables, or what came of them
                looked_at.add(table)
                if "'share." not in row and any(one in row for one in values()):
                    found.append(f"{table}: {row}")
    assert {"_audit", "users", "_revisions", "_hooks", "_role_holders"} <= looked_at
    assert not found


def test_an_exported_definition_holds_no_value_of_a_record(crowd: Crowd) -> None:
    with crowd.place.here.store.read(person(crowd.place.here.owner.id, "owner")) as session:
        document = json.dumps(apps.export(session, "crm"))
    assert not [one for one in values() if one in document]
    assert held(document, crowd.place) == []


def test_no_secret_comes_into_the_log(crowd: Crowd, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    tried = 0
    with taken_back():
        for cell in asked((PEOPLE, LINKS, PROGRAMS)):
            crowd.asks(cell.who, cell.ask(crowd))
            tried += 1
    assert tried > 100
    assert held(logged(caplog), crowd.place) == []
    assert not [one for one in values() if one in logged(caplog)]


def test_a_crash_tells_no_secret(crowd: Crowd, caplog: pytest.LogCaptureFixture) -> None:
    place = crowd.place
    asks = [(cell.who, cell.ask(crowd)) for cell in asked((PEOPLE, LINKS, PROGRAMS))]
    for who in ("owner", "open"):
        crowd.browser(who)
    caplog.set_level(logging.DEBUG)
    crashed = 0
    with mock.patch.object(Session, "ask", _crash):
        for who, one in asks:
            with mock.patch.object(crowd, "form_token", return_value="x"):
                answer = crowd.asks(who, one)
            crashed += answer.status_code == 500
            assert "a mistake of ours" not in answer.text
            assert "Traceback" not in answer.text
            others = [secret for secret in held(answer.text, place) if secret not in one.known.values()]
            assert not others, one
    assert crashed > 5
    assert held(logged(caplog), place) == []
    assert not [one for one in values() if one in logged(caplog)]


PHONE, CREDIT = "canary of a phone", "987654321"  # what the rep sees of the account, and what not
CHANGED = {"type": "record_updated", "table": "accounts", "fields": ["phone"]}
MAIL = {"action": "send_email", "subject": "{{ phone }}", "message": "{{ phone }} {{ credit }}"}
SENDING = {
    "mail": {"trigger": CHANGED, "steps": {"mail": {**MAIL, "to": "as-app@example.com"}}},
    "call": {
        "trigger": CHANGED,
        "steps": {"call": {"action": "send_webhook", "connection": "erp", "body": {"is": "={phone} & {credit}"}}},
    },
    "lent": {"trigger": CHANGED, "acts_as": "person", "steps": {"mail": {**MAIL, "to": "as-rep@example.com"}}},
}


@pytest.fixture
def sent(database_url: Database) -> Iterator[Place]:
    """The place after an account changed, of which mails, webhooks and a hook tell; nobody could be reached."""
    for place in place_on(database_url):
        store, owner, rep = place.here.store, person(place.here.owner.id, "owner"), person(place.people["rep"].id)
        document = app_of_all()
        document["automations"] |= SENDING
        with store.write(owner) as session:
            apps.apply(session, document, despite_tests=True)
            values = {"credit": int(CREDIT), "claimed": True}
            records.update(session, "crm.accounts", {place.here.ids["mine"]: values})
        with store.write(rep) as session:
            records.update(session, "crm.accounts", {place.here.ids["mine"]: {"phone": PHONE}})
        means = Means(place.site.settings, Egress.of(place.site.settings), place.site.vault)
        Worker(place.stores, means).run_until_idle(store)
        yield place


def kept_in(place: Place, *tables: str) -> list[str]:
    with place.here.store.read() as session:
        return [row for table, row in rows_of(session) if table in tables]


@pytest.mark.parametrize("channel", [("_outbox",), ("_runs", "_run_steps"), ("_hook_payloads",)], ids=str)
def test_what_goes_out_takes_no_secret_along(sent: Place, channel: tuple[str, ...]) -> None:
    """Copies of mails, traces of runs, payloads of hooks: what they are to tell is there, and nothing that opens."""
    kept = kept_in(sent, *channel)
    assert any(PHONE in row for row in kept)
    assert [row for row in kept if held(row, sent)] == []


def test_a_mail_tells_what_is_hidden_only_as_the_definition_says(sent: Place) -> None:
    as_app, as_rep = (
        [row for row in kept_in(sent, "_outbox") if to in row] for to in ("as-app@example.com", "as-rep@example.com")
    )
    assert CREDIT in str(as_app)
    assert CREDIT not in str(as_rep)


def test_a_trace_tells_who_lent_their_rights_nothing_hidden(sent: Place) -> None:
    with sent.here.store.read() as session:
        steps = [dict(row) for row in session.connection.execute(sa.select(run_steps)).mappings()]
        lent = sa.select(runs.c.id).where(runs.c.automation == "crm.lent")
        of_lent = set(session.connection.execute(lent).scalars())
    assert CREDIT in str(steps)
    assert of_lent
    assert CREDIT not in str([one for one in steps if one["run_id"] in of_lent])


def test_a_trace_is_told_without_what_its_reader_does_not_see(sent: Place) -> None:
    crowd = Crowd(sent)
    document = app_of_all()
    document["automations"] |= SENDING
    document["roles"]["rep"]["automations"] = {"*": "steered"}
    with sent.here.store.write(person(sent.here.owner.id, "owner")) as session:
        apps.apply(session, document, despite_tests=True)
        ids = [one.id for one in automations.runs_of(session, record_id=sent.here.ids["mine"])]
    told = []
    for run in ids:
        for method, path in (("GET", "/w/{workspace}/runs/{run}"), ("GET", "/v0/bases/{app}/runs/{run}")):
            one = ask(sent, "rep", method, path, "see greet")
            told.append(crowd.asks("rep", replace(one, known={**one.known, "run": run})))
    assert len(told) >= 6
    assert {one.status_code for one in told} == {200}
    assert [one.url for one in told if CREDIT in one.text or held(one.text, sent)] == []


def test_a_payload_of_a_hook_is_for_who_asked_for_it(sent: Place) -> None:
    crowd = Crowd(sent)
    path = "/v0/bases/{app}/webhooks/{hook}/payloads"
    assert PHONE in crowd.asks("owner", ask(sent, "owner", "GET", path, "the hook")).text
    refused = crowd.asks("rep", ask(sent, "rep", "GET", path, "the hook"))
    assert (refused.status_code, PHONE in refused.text) == (403, False)
