"""Documents that are damaged anywhere: every mistake is told at its place, none takes the check down (T-BAD-06)."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.definitions.check import check
from tests.engine.definitions.test_shape import ANYTHING, places

SHOP: dict[str, Any] = {
    "formwork": 1,
    "key": "shop",
    "label": "Shop",
    "version": "1.0.0",
    "provides": {"customer": "clients"},
    "settings": {"tax": {"type": "percent", "label": "Tax", "value": 0.1}},
    "roles": {
        "clerk": {"tables": {"*": {"read": True}, "orders": {"read": "={total} > 1", "fields": {"qty": "hidden"}}}}
    },
    "tables": {
        "clients": {
            "title": "name",
            "fields": {
                "name": {"type": "text", "required": True},
                "owed": {"type": "rollup", "through": "orders", "field": "total", "function": "sum"},
                "others": {"type": "formula", "formula": "COUNT_IF(clients, {clients.name} = {name})"},
            },
            "views": {"all": {"type": "grid", "filter": {"all": [{"field": "owed", "op": "greater", "value": 1}]}}},
        },
        "orders": {
            "title": "name",
            "fields": {
                "name": {"type": "text"},
                "client": {"type": "link", "to": "clients", "inverse": "orders"},
                "client_name": {"type": "snapshot", "through": "client", "field": "name"},
                "qty": {"type": "number"},
                "total": {"type": "formula", "formula": "{qty} * {settings.tax}"},
                "owes": {"type": "lookup", "through": "client", "field": "others"},
            },
            "checks": {"some": {"holds": "{total} >= 0", "message": "Not less than nothing."}},
            "locks": {"big": {"when": "={total} > 100", "message": "Closed."}},
        },
    },
    "automations": {
        "new": {
            "trigger": {"type": "record_created", "table": "orders"},
            "steps": {
                "tell": {"action": "notify", "to": "={created_by}", "message": "{{ total }} by {{ owes }}"},
                "set": {"action": "update_record", "table": "clients", "record": "={client}", "values": {"name": "x"}},
            },
        }
    },
}


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """The shop with one or two places that hold something else, nothing, or stand under another key."""
    document = copy.deepcopy(SHOP)
    for _time in range(draw(st.integers(1, 2))):
        holder, key = draw(st.sampled_from(places(document)))
        match draw(st.sampled_from(["replace", "remove", "rename"])):
            case "rename" if isinstance(holder, dict):
                holder[draw(st.sampled_from(["id", "extra", "type", "a/b~c", ""]))] = holder.pop(key)
            case "remove":
                del holder[key]
            case _:
                holder[key] = draw(ANYTHING)
    return document


@given(damaged())
@settings(deadline=None)
def test_whatever_is_wrong_is_told(document: dict[str, Any]) -> None:
    for problem in check(document):
        assert problem.at == "" or problem.at.startswith("/")
        assert str(problem.says)


def set_at(document: dict[str, Any], pointer: str, value: Any) -> dict[str, Any]:
    """A copy of the document with another value at a place."""
    made = copy.deepcopy(document)
    *way, last = pointer.split("/")[1:]
    holder: Any = made
    for part in way:
        holder = holder[part]
    holder[last] = value
    return made


@pytest.mark.parametrize(
    ("at", "value", "told"),
    [
        ("/provides", [], {"/provides"}),
        ("/label", 5, {"/label"}),
        ("/roles/clerk/tables/*", True, {"/roles/clerk/tables/*"}),
        ("/automations/new/steps/tell/action", [], {"/automations/new/steps/tell/action"}),
        ("/automations/new/trigger/table", {}, {"/automations/new/trigger/table"}),
        ("/tables/clients", "x", {"/tables/clients"}),
        ("/tables/orders/fields/client_name/type", {}, {"/tables/orders/fields/client_name/type"}),
        ("/tables/orders/fields/a~b", {"type": "text"}, {"/tables/orders/fields/a~0b"}),
        ("/tables/clients/fields/id", {"type": "text"}, {"/tables/clients/fields/id"}),
    ],
)
def test_one_mistake_is_told_once_and_hides_no_other(at: str, value: Any, told: set[str]) -> None:
    assert {one.at for one in check(set_at(SHOP, at, value))} == told
    also = set_at(SHOP, "/tables/orders/fields/name", {"type": "text", "default": 5})
    assert {one.at for one in check(set_at(also, at, value))} == {*told, "/tables/orders/fields/name/default"}


def test_a_mistake_in_a_formula_is_told_where_that_formula_stands() -> None:
    """... not again at each field, check and message that reads it, where its position would mean nothing."""
    (problem,) = check(set_at(SHOP, "/tables/orders/fields/total/formula", "{qty} * NOPE()"))
    assert problem.at == "/tables/orders/fields/total/formula"
    assert "NOPE" in str(problem.says)
