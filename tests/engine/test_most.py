"""T-LIM-01: at each limit it passes, one more and it is refused, with a code that says why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from engine import apps, formulas, queries, records
from engine.access.principals import Principal
from engine.automations import starts
from engine.definitions import conditions
from engine.definitions.scope import RecordScope
from engine.errors import FormworkError, Problem, Refused
from engine.field_types import json, long_text
from engine.filters import MAX_LISTED, MAX_TEXT
from engine.formulas import messages, syntax
from engine.formulas.check import MAX_REFERENCES
from engine.queries import Query
from engine.storage.session import Session
from engine.storage.stores import Workspace
from tests.support.workspaces import install

THINGS = "shop.things"
TEXT = {"type": "text"}
TABLES: dict[str, Any] = {
    "things": {
        "title": "name",
        "fields": {
            "name": TEXT,
            "size": {"type": "number"},
            "notes": {"type": "long_text"},
            "more": {"type": "json"},
            **{f"f{number}": TEXT for number in range(60)},
        },
    },
    "others": {"fields": {"name": TEXT, "thing": {"type": "link", "to": "things", "many": True}}},
}
STEP = {"action": "update_record", "values": {"name": "x"}}
Try = Callable[[Session, int], Sequence[Problem]]


def formula(make: Callable[[int], str]) -> Try:
    """An expression of so much."""

    def attempt(session: Session, many: int) -> Sequence[Problem]:
        formulas.check(make(many), scope(session))
        return ()

    return attempt


def message(make: Callable[[int], str]) -> Try:
    """A message of so much."""

    def attempt(session: Session, many: int) -> Sequence[Problem]:
        messages.check(make(many), scope(session))
        return ()

    return attempt


def query(table: str = THINGS, **make: Callable[[int], Any]) -> Try:
    """A question of so much."""

    def attempt(session: Session, many: int) -> Sequence[Problem]:
        queries.count(session, Query(table, **{key: value(many) for key, value in make.items()}))
        records.find(session, Query(table, **{key: value(many) for key, value in make.items()}))
        return ()

    return attempt


def definition(change: Callable[[dict[str, Any], int], None]) -> Try:
    """An app with so much."""

    def attempt(session: Session, many: int) -> Sequence[Problem]:
        tables = {"a": {"fields": {"name": TEXT}}}
        document = {"formwork": 1, "key": "more", "label": "More", "version": "1.0.0", "tables": tables}
        change(document, many)
        return [one for one in apps.check(session, document) if one.is_error]

    return attempt


def write(values: Callable[[int], dict[str, Any]], table: str = THINGS, more: int = 1) -> Try:
    """A record (or more of them) with so much in it."""

    def attempt(session: Session, many: int) -> Sequence[Problem]:
        records.create(session, table, [values(many)] * more)
        return ()

    return attempt


def scope(session: Session) -> RecordScope:
    return session.layout.types.scope(THINGS)


def ids(many: int) -> list[str]:
    return [f"rec{number:014}" for number in range(many)]


def nested(levels: int) -> Any:
    condition: Any = {"field": "name", "op": "is", "value": "x"}
    for _level in range(levels):
        condition = {"all": [condition]}
    return condition


def so_many_conditions(many: int) -> list[Any]:
    test = {"field": "name", "op": "is", "value": "x"}
    groups = [[test] * 25 for _group in range(many // 25)] + ([[test] * (many % 25)] if many % 25 else [])
    return [{"any": [{"all": group} for group in groups]}]


def tables(document: dict[str, Any], many: int) -> None:
    document["tables"] = {f"t{number}": {"fields": {"name": TEXT}} for number in range(many)}


def choices(document: dict[str, Any], many: int) -> None:
    made = {f"c{number}": {"label": "C"} for number in range(many)}
    document["tables"]["a"]["fields"]["kind"] = {"type": "select", "choices": made}


def roles(document: dict[str, Any], many: int) -> None:
    document["roles"] = {f"r{number}": {"tables": {"a": {"read": True}}} for number in range(many)}


def steps(document: dict[str, Any], many: int) -> None:
    trigger = {"type": "record_created", "table": "a"}
    document["automations"] = {"b": {"trigger": trigger, "steps": {f"s{number}": STEP for number in range(many)}}}


LIMITS: dict[str, tuple[int, Try]] = {
    "characters of a formula": (syntax.MAX_LENGTH, formula(lambda many: f"'{'x' * (many - 2)}'")),
    "parts of a formula": (syntax.MAX_NODES, formula(lambda many: f"SUM({', '.join(['1'] * (many - 1))})")),
    "levels of a formula": (syntax.MAX_DEPTH - 1, formula(lambda many: "ABS(" * many + "1" + ")" * many)),
    "operators in a row": (syntax.MAX_DEPTH, formula(lambda many: " * ".join(["1"] * (many + 1)))),
    "fields of a formula": (
        MAX_REFERENCES,
        formula(lambda many: " & ".join(f"{{f{number}}}" for number in range(many))),
    ),
    "digits of a number": (syntax.MAX_DIGITS, formula(lambda many: "9" * many)),
    "characters of a message": (messages.MAX_LENGTH, message(lambda many: "x" * many)),
    "placeholders of a message": (messages.MAX_PLACEHOLDERS, message(lambda many: "{{ name }}" * many)),
    "conditions of a group": (
        conditions.MAX_PARTS,
        query(where=lambda many: [{"all": [{"field": "name", "op": "is", "value": "x"}] * many}]),
    ),
    "conditions in all": (conditions.MAX_TESTS, query(where=so_many_conditions)),
    "levels of conditions": (conditions.MAX_NESTING, query(where=lambda many: [nested(many)])),
    "values of a condition": (
        MAX_LISTED,
        query("shop.others", where=lambda many: [{"field": "thing", "op": "is_any_of", "value": ids(many)}]),
    ),
    "characters of a condition": (
        MAX_TEXT,
        query(where=lambda many: [{"field": "name", "op": "is", "value": "x" * many}]),
    ),
    "fields to sort by": (queries.MAX_SORTS, query(sort=lambda many: [f"f{number}" for number in range(many)])),
    "tables of an app": (
        500,
        definition(tables),
    ),
    "fields of a table": (
        500,
        definition(lambda document, many: document["tables"]["a"].update(fields={f"f{n}": TEXT for n in range(many)})),
    ),
    "steps of an automation": (100, definition(steps)),
    "characters of a text": (10_000, write(lambda many: {"name": "x" * many})),
    "characters of a long text": (long_text.MAX_LENGTH, write(lambda many: {"notes": "x" * many})),
    "characters of JSON": (json.MAX_LENGTH, write(lambda many: {"more": "x" * (many - 2)})),
    "choices of a field": (500, definition(choices)),
    "roles of an app": (100, definition(roles)),
    "links of a record": (1_000, write(lambda many: {"thing": ids(many)}, "shop.others")),
}


@pytest.fixture
def shop(workspace: Workspace, owner: Principal) -> Workspace:
    install(workspace, owner, TABLES)
    return workspace


def refused(shop: Workspace, owner: Principal, act: Try, many: int) -> list[str]:
    """The codes of what is wrong; nothing stays written."""
    try:
        with shop.write(owner) as session:
            return [one.code for one in act(session, many)]
    except Refused as error:
        return [one.code for one in error.problems]
    except FormworkError as error:
        return [error.code]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # judged before the database is asked
@pytest.mark.parametrize("name", LIMITS)
def test_at_the_limit_it_passes_and_one_more_is_refused(shop: Workspace, owner: Principal, name: str) -> None:
    most, act = LIMITS[name]
    allowed = [one for one in refused(shop, owner, act, most) if one != "unknown_record"]
    assert allowed == []
    codes = set(refused(shop, owner, act, most + 1))
    assert codes
    assert "unknown_record" not in codes


def test_automations_that_start_each_other_come_to_an_end(shop: Workspace, owner: Principal) -> None:
    trigger = {"type": "record_created", "table": "things"}
    install(shop, owner, TABLES, automations={"a": {"trigger": trigger, "steps": {"s": STEP}}})
    with shop.read(owner) as session:
        chain = [f"shop.b{number}" for number in range(starts.MAX_DEPTH)]
        assert starts._stop(session, "shop.a", chain[:-1]) is None
        assert starts._stop(session, "shop.a", chain) is not None
        assert starts._stop(session, "shop.a", ["shop.a"]) is not None
