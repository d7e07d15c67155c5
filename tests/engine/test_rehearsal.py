"""What is wrong with values and what a check says of the rest come in one answer."""

from __future__ import annotations

from typing import Any

import pytest

from engine import history, records
from engine.access.principals import Principal
from engine.errors import Refused
from engine.queries import Query
from engine.storage.session import Session
from engine.storage.stores import Workspace
from tests.support.workspaces import install

TABLES: dict[str, Any] = {
    "bookings": {
        "title": "name",
        "fields": {
            "name": {"type": "text", "required": True, "unique": True},
            "amount": {"type": "number"},
            "begins": {"type": "date"},
            "ends": {"type": "date"},
            "twice": {"type": "formula", "formula": "{amount} * 2"},
            "lines": {"type": "line_items", "of": "lines", "by": "booking"},
            "total": {"type": "rollup", "through": "lines", "field": "price", "function": "sum"},
        },
        "checks": {
            "positive": {"holds": "{twice} >= 0", "message": "Not below zero.", "field": "amount"},
            "in_order": {"holds": "{begins} <= {ends}", "message": "It ends before it begins.", "field": "ends"},
            "adds_up": {"holds": "{total} = {amount}", "message": "The lines do not add up.", "field": "lines"},
        },
    },
    "lines": {
        "fields": {
            "what": {"type": "text", "required": True},
            "price": {"type": "number"},
            "booking": {"type": "link", "to": "bookings", "on_delete": "cascade"},
        }
    },
}
RIGHT: dict[str, Any] = {
    "name": "Right",
    "amount": 5,
    "begins": "2026-01-01",
    "ends": "2026-01-02",
    "lines": [{"what": "a", "price": 5}],
}
POSITIVE, IN_ORDER, ADDS_UP = ("amount", "check"), ("ends", "check"), ("lines", "check")


@pytest.fixture
def shop(workspace: Workspace, owner: Principal) -> Workspace:
    install(workspace, owner, TABLES)
    with workspace.write(owner) as session:
        records.create(session, "shop.bookings", [RIGHT])
    return workspace


def told(shop: Workspace, asker: Principal, act: Any) -> set[tuple[str, str]]:
    """The fields and codes of all problems of record 0."""
    with pytest.raises(Refused) as refused, shop.write(asker) as session:
        act(session)
    assert all(one.at.startswith("/0/") for one in refused.value.problems)
    return {(one.at.removeprefix("/0/"), one.code) for one in refused.value.problems}


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"name": None, "amount": -5}, {("name", "required"), POSITIVE, ADDS_UP}),
        ({"name": "Right", "ends": "2025-12-31"}, {("name", "not_unique"), IN_ORDER}),
        # What the wrong value would decide is not asked: neither of the field itself nor of what follows from it.
        ({"name": None, "amount": "much"}, {("name", "required"), ("amount", "invalid_value")}),
        ({"amount": -5, "begins": "someday"}, {("begins", "invalid_value"), POSITIVE, ADDS_UP}),
        ({"name": None, "lines": [{"what": "a", "price": 4}]}, {("name", "required"), ADDS_UP}),
        ({"amount": -5, "lines": [{"price": 5}]}, {("lines/0/what", "required"), POSITIVE}),
    ],
)
def test_what_is_wrong_with_a_new_record_is_told_at_once(
    shop: Workspace, owner: Principal, given: dict[str, Any], problems: set[tuple[str, str]]
) -> None:
    new = {**RIGHT, "name": "New", **given}
    assert told(shop, owner, lambda session: records.create(session, "shop.bookings", [new])) == problems


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"name": None, "amount": -5}, {("name", "required"), POSITIVE, ADDS_UP}),
        ({"begins": "someday", "ends": "2025-12-31", "amount": 6}, {("begins", "invalid_value"), ADDS_UP}),
    ],
)
def test_what_is_wrong_with_a_change_is_told_at_once(
    shop: Workspace, owner: Principal, given: dict[str, Any], problems: set[tuple[str, str]]
) -> None:
    def act(session: Session) -> None:
        (record,) = records.find(session, Query("shop.bookings")).records
        records.update(session, "shop.bookings", {record.id: given})

    assert told(shop, owner, act) == problems


def test_nothing_of_it_stays(shop: Workspace, owner: Principal) -> None:
    new = {**RIGHT, "name": None, "amount": -5}
    with shop.write(owner) as session:
        with pytest.raises(Refused):
            records.create(session, "shop.bookings", [new])
        assert (session.changes, session.touched) == ([], {})
    with shop.read(owner) as session:
        (record,) = records.find(session, Query("shop.bookings")).records
        assert record.values["name"] == "Right"
        assert len(history.of_record(session, "shop.bookings", record.id)) == 1
