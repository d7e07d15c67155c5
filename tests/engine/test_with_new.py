"""Computed fields that follow from a record's own values come with the INSERT, as an UPDATE would make them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from engine import computed, formulas, records, verifying
from engine.access.principals import Principal
from engine.formulas.functions import functions
from engine.storage.stores import Workspace
from tests.support.statements import counted
from tests.support.workspaces import install

FIELDS: dict[str, Any] = {
    "name": {"type": "text"},
    "note": {"type": "long_text"},
    "amount": {"type": "number", "decimals": 2},
    "n": {"type": "number"},
    "all": {"type": "number", "decimals": 10},
    "won": {"type": "number"},
    "done": {"type": "checkbox"},
    "due": {"type": "date"},
    "at": {"type": "date_time"},
    "start": {"type": "date_time"},
    "end": {"type": "date_time"},
    "stage": {"type": "select", "choices": {key: {"label": key} for key in ("open", "won", "lost")}},
    "tags": {"type": "multi_select", "choices": {key: {"label": key} for key in ("red", "blue")}},
    "labels": {"type": "multi_select", "choices": {key: {"label": key} for key in ("a", "b")}},
    "owner": {"type": "user"},
    "about": {"type": "json"},
    "place": {"type": "location"},
    "spent": {"type": "duration"},
    "number": {"type": "autonumber"},
}
OWN = [
    "{amount} * {n}", "{won} / {all}", "IF({won} > {all}, 1 / {n}, {amount})", "{name} & ' ' & {amount} & {due} & {at}",
    "UPPER({name})", "{done} = TRUE()", "IF({done}, 'yes', {note})", "{stage} = 'won'", "{stage} & {tags}",
    "{spent} * 2",
    "LEN({name}) + {n}", "{name} < 'b'", "{name} = ''", "{about} & ''", "{place} & ''", "RECORD_ID() & '!'",
    "{number} + 1",
    "CREATED_TIME()", "LAST_MODIFIED_TIME()", "LAST_MODIFIED_TIME({stage})", "VALUE({name})", "{all} = 0.1",
    "DATETIME_PARSE({name})", "SEARCH('a', {name})", "REGEX_MATCH({name}, 'a.*')", "{owner} & ''",
    "ARRAYJOIN({tags}, {name})", "{tags} = 'red'", "IF({due} < '2026-05-01', {due}, {start})", "ROUND({all}, 2)",
]  # fmt: skip
RECORDS: list[dict[str, Any]] = [
    {},
    {"name": "abc", "amount": 12.34, "n": 3, "all": 0.1, "won": 7, "done": True, "stage": "won", "tags": ["red"]},
    {"name": "12.5", "n": 0, "all": 0, "won": 1, "due": "2026-03-31", "at": "2026-03-31T14:30:00.250Z", "note": "%s ?"},
    {"name": "2026-02-29", "all": 0.3333333333, "start": "2026-01-02T03:04:05.000Z", "end": "2026-01-09T03:04:05.000Z"},
    {"name": "b 越 \\ ' \" {x}", "amount": -0.01, "n": -7, "tags": ["red", "blue"], "labels": ["b", "a"], "spent": 90},
    {"about": {"b": [1, None]}, "place": {"label": "Here", "lat": 1.5, "lng": 2}, "stage": "open"},
    {"about": "text", "amount": 99999999999.99, "n": 15, "due": "1999-12-31", "done": False, "note": "a\nb"},
]


def _expressions(workspace: Workspace, owner: Principal) -> list[str]:
    """Ours, and all examples of functions that name these fields only."""
    found = [*OWN]
    with workspace.read(owner) as session:
        scope = session.layout.types.scope("shop.things")
        for function in functions().values():
            text = re.split(r" is (?!.*\()", function.example)[0]
            try:
                if not formulas.check(text, scope).finds and "PREVIOUS" not in text:
                    found.append(text)
            except formulas.FormulaError:
                continue
    return found


def test_every_function_gives_the_same_on_the_way_in(
    workspace: Workspace, owner: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(computed, "LONGEST", 300_000)
    install(workspace, owner, {"things": {"title": "name", "fields": FIELDS}})
    expressions = _expressions(workspace, owner)
    assert len(expressions) > 100
    more = {f"f{number}": {"type": "formula", "formula": text} for number, text in enumerate(expressions)}
    install(workspace, owner, {"things": {"title": "name", "fields": {**FIELDS, **more}}})
    with workspace.write(owner) as session:
        records.create(session, "shop.things", RECORDS)
        records.create(session, "shop.things", RECORDS[1:2])
    with workspace.read(owner) as session:
        wrong = {one.field: expressions[int(one.field[1:])] for one in verifying.verify(session)}
        assert wrong == {}


@pytest.mark.parametrize(
    ("depth", "updates"), [(3, {"sqlite": 0, "postgresql": 0}), (12, {"sqlite": 8, "postgresql": 5})]
)
def test_fields_may_follow_from_one_another(
    workspace: Workspace, owner: Principal, depth: int, updates: dict[str, int]
) -> None:
    """On PostgreSQL the SQL of a number is shorter, and more of it has room in one statement."""
    chain = {f"f{number}": {"type": "formula", "formula": f"{{f{number - 1}}} * 2"} for number in range(1, depth)}
    first = {"f0": {"type": "formula", "formula": "{n} + 1"}}
    install(workspace, owner, {"things": {"fields": {"n": {"type": "number"}, **first, **chain}}})
    with counted(workspace) as said, workspace.write(owner) as session:
        (one,) = records.create(session, "shop.things", [{"n": 4}])
        assert records.get(session, "shop.things", one).values[f"f{depth - 1}"] == 5 * 2 ** (depth - 1)
    assert len([sql for sql in said if sql.startswith("UPDATE shop__things")]) == updates[workspace.database.dialect]
    with workspace.read(owner) as session:
        assert verifying.verify(session) == []
