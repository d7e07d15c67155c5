"""Whatever is written in whatever order, computed fields equal a recomputation from scratch."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import queries, records, undo
from engine.access.principals import Principal
from engine.errors import FormworkError
from engine.queries import Query
from engine.storage.stores import Workspace
from engine.verifying import verify
from tests.support.statements import counted
from tests.support.workspaces import install

TABLES: dict[str, Any] = {
    "groups": {
        "title": "name",
        "fields": {
            "name": {"type": "text"},
            "rate": {"type": "percent", "default": 0.5},
            "parent": {"type": "link", "to": "groups", "inverse": "children"},
            "turnover": {"type": "rollup", "through": "customers", "field": "spent", "function": "sum"},
            "best": {"type": "rollup", "through": "customers", "field": "spent", "function": "max"},
            "children_count": {"type": "count", "through": "children"},
            "parent_turnover": {"type": "lookup", "through": "parent", "field": "turnover"},
            "good_parent": {
                "type": "lookup",
                "through": "parent",
                "field": "name",
                "where": {"field": "turnover", "op": "greater", "value": 100},
            },
            "middle": {"type": "rollup", "through": "customers", "field": "kinds", "function": "unique"},
        },
    },
    "customers": {
        "title": "name",
        "fields": {
            "name": {"type": "text"},
            "group": {"type": "link", "to": "groups", "inverse": "customers"},
            "spent": {"type": "rollup", "through": "orders", "field": "net", "function": "sum"},
            "open": {
                "type": "count",
                "through": "orders",
                "where": {"field": "done", "op": "is", "value": False},
            },
            "average": {"type": "rollup", "through": "orders", "field": "net", "function": "average"},
            "middle": {"type": "rollup", "through": "orders", "field": "net", "function": "median"},
            "spread": {"type": "rollup", "through": "orders", "field": "net", "function": "stdev"},
            "kinds": {"type": "rollup", "through": "orders", "field": "label", "function": "unique"},
            "notes": {"type": "line_items", "of": "notes", "by": "customer", "order": "place"},
            "noted": {"type": "lookup", "through": "notes", "field": "text"},
            "last_note": {"type": "rollup", "through": "notes", "field": "text", "function": "last"},
            "dearest": {"type": "rollup", "through": "orders", "field": "label", "function": "first", "sort": ["-net"]},
            "open_labels": {
                "type": "lookup",
                "through": "orders",
                "field": "label",
                "sort": ["-label", "net"],
                "where": {"field": "done", "op": "is", "value": False},
            },
            "names": {"type": "rollup", "through": "orders", "field": "label", "function": "join"},
            "share": {"type": "formula", "formula": "ROUND({spent} / {group.turnover}, 4)"},
        },
    },
    "orders": {
        "title": "label",
        "fields": {
            "label": {"type": "text"},
            "customer": {"type": "link", "to": "customers", "inverse": "orders"},
            "amount": {"type": "currency", "currency": "EUR"},
            "net": {"type": "formula", "formula": "{amount} * (1 - {customer.group.rate})"},
            "done": {"type": "checkbox"},
            "tags": {"type": "link", "to": "tags", "many": True, "inverse": "orders"},
            "tag_weight": {"type": "rollup", "through": "tags", "field": "weight", "function": "sum"},
        },
    },
    "notes": {
        "title": "text",
        "fields": {
            "text": {"type": "text"},
            "place": {"type": "number"},
            "customer": {"type": "link", "to": "customers", "inverse": "notes", "on_delete": "cascade"},
        },
    },
    "tags": {
        "title": "name",
        "fields": {
            "name": {"type": "text"},
            "weight": {"type": "number"},
            "sold": {"type": "rollup", "through": "orders", "field": "net", "function": "sum"},
        },
    },
}
WRITABLE: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "groups": {"name": st.text("ab", max_size=3), "rate": st.sampled_from([0, 0.1, 0.25, 1])},
    "customers": {
        "name": st.text("ab", max_size=3),
        "notes": st.lists(st.fixed_dictionaries({"text": st.sampled_from(["m", "n"])}), max_size=3),
    },
    "notes": {"text": st.sampled_from(["x", "y"]), "place": st.none() | st.integers(0, 3)},
    "orders": {
        "label": st.sampled_from(["", "x", "y"]),
        "amount": st.decimals(0, 1000, places=2).map(float),
        "done": st.booleans(),
    },
    "tags": {"name": st.text("ab", max_size=3), "weight": st.integers(-5, 5)},
}
LINKS: dict[str, dict[str, str]] = {
    "groups": {"parent": "groups", "customers": "customers"},
    "customers": {"group": "groups", "orders": "orders"},
    "notes": {"customer": "customers"},
    "orders": {"customer": "customers", "tags": "tags"},
    "tags": {"orders": "orders"},
}
MANY = {"tags", "orders", "customers"}


@st.composite
def steps(draw: st.DrawFn) -> tuple[str, str, int, dict[str, Any]]:
    """(what to do, table, which record, values); a link's value is the number of the record to choose."""
    table = draw(st.sampled_from(sorted(TABLES)))
    verb = draw(st.sampled_from(["create", "create", "update", "update", "delete", "undo"]))
    values: dict[str, Any] = draw(st.fixed_dictionaries({}, optional=WRITABLE[table]))
    for key in LINKS[table]:
        if draw(st.booleans()):
            numbers = st.lists(st.integers(0, 9), max_size=3) if key in MANY else st.none() | st.integers(0, 9)
            values[key] = draw(numbers)
    return verb, table, draw(st.integers(0, 9)), values


@pytest.fixture
def shop(workspace: Workspace, owner: Principal) -> Workspace:
    install(workspace, owner, TABLES)
    return workspace


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps(), min_size=3, max_size=12))
def test_computed_fields_equal_a_recomputation(shop: Workspace, owner: Principal, todo: list[Any]) -> None:
    done: list[str] = []
    for verb, table, number, values in todo:
        try:
            with shop.write(owner) as session:
                act(session, verb, table, number, values, done)
                done.append(session.transaction_id)
        except FormworkError:
            pass  # refused, so nothing was written; what follows must hold all the same
        with shop.read(owner) as session:
            assert verify(session) == []


def act(session: Any, verb: str, table: str, number: int, values: dict[str, Any], done: list[str]) -> None:
    address = f"shop.{table}"
    given_values = {key: chosen(session, LINKS[table].get(key), value) for key, value in values.items()}
    ids = queries.ids_of(session, Query(address))
    match verb:
        case "create":
            records.create(session, address, [given_values])
        case "update" if ids:
            records.update(session, address, {ids[number % len(ids)]: given_values})
        case "delete" if ids:
            records.delete(session, address, [ids[number % len(ids)]])
        case "undo" if done:
            undo.undo(session, done[-1 - number % len(done)])


def chosen(session: Any, target: str | None, value: Any) -> Any:
    if target is None or value is None:
        return value
    ids = queries.ids_of(session, Query(f"shop.{target}"))
    if isinstance(value, list):
        return list(dict.fromkeys(ids[one % len(ids)] for one in value)) if ids else []
    return ids[value % len(ids)] if ids else None


def test_the_number_of_statements_does_not_depend_on_the_number_of_records(shop: Workspace, owner: Principal) -> None:
    numbers = []
    for count in (20, 60):  # of so many it is noted that they were deleted at once
        with shop.write(owner) as session:
            (group,) = records.create(session, "shop.groups", [{"name": "g"}])
            customers = records.create(session, "shop.customers", [{"group": group}] * count)
            tags = records.create(session, "shop.tags", [{"weight": 1}, {"weight": 2}])
        orders = [{"customer": one, "amount": 1, "tags": tags} for one in customers]
        with counted(shop) as writing, shop.write(owner) as session:
            ids = records.create(session, "shop.orders", orders)
            records.update(session, "shop.orders", {one: {"amount": 2} for one in ids})
        with counted(shop) as reading, shop.read(owner) as session:
            records.find(session, Query("shop.orders", search="x", sort=["customer"]))
        with counted(shop) as deleting, shop.write(owner) as session:
            records.delete(session, "shop.orders", ids)
        numbers.append((len(writing), len(reading), len(deleting)))
    assert numbers[0] == numbers[1]
