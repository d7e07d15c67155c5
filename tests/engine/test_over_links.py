"""Lookups, rollups and counts: what each function gives, over which records, in which order."""

from __future__ import annotations

from typing import Any

import pytest

from engine import apps, records
from engine.access.principals import Principal
from engine.storage.stores import Workspace
from engine.verifying import verify
from tests.support.statements import counted
from tests.support.workspaces import install


def rollup(function: str, field: str = "amount", **more: Any) -> dict[str, Any]:
    return {"type": "rollup", "through": "lines", "field": field, "function": function, **more}


SOLD: dict[str, Any] = {"where": {"field": "sold", "op": "is", "value": True}}
# What each field gives over the four lines below.
GIVES: dict[str, tuple[dict[str, Any], Any]] = {
    "sum": (rollup("sum"), 0.6),
    "average": (rollup("average"), 0.2),
    "median": (rollup("median"), 0.2),
    "stdev": (rollup("stdev"), 0.1),
    "min": (rollup("min"), 0.1),
    "max": (rollup("max"), 0.3),
    "count": (rollup("count"), 3),
    "counta": (rollup("counta", "name"), 4),
    "count_all": (rollup("count_all"), 4),
    "count_unique": (rollup("count_unique", "name"), 3),
    "unique": (rollup("unique", "name", sort=["-name"]), ["pear", "fig", "apple"]),
    "join": (rollup("join", "name", sort=["day"]), "apple, fig, pear, fig"),
    "any": (rollup("any", "sold"), True),
    "every": (rollup("every", "sold"), False),
    "earliest": (rollup("earliest", "day"), "2026-01-01"),
    "latest": (rollup("latest", "day"), "2026-03-01"),
    "first": (rollup("first", "name", sort=["-day"]), "pear"),
    "last": (rollup("last", "name", sort=["-amount"]), "fig"),  # the one without an amount comes last
    "sold_sum": (rollup("sum", **SOLD), 0.4),
    "sold_lines": ({"type": "count", "through": "lines", **SOLD}, 2),
    "sold_names": (
        {"type": "lookup", "through": "lines", "field": "name", "sort": ["-name"], **SOLD},
        ["pear", "apple"],
    ),
    "names": (
        {"type": "lookup", "through": "lines", "field": "name", "sort": ["amount"]},
        ["apple", "fig", "pear", "fig"],
    ),
}
LINES: list[dict[str, Any]] = [
    {"name": "pear", "amount": 0.3, "day": "2026-03-01", "sold": True},
    {"name": "apple", "amount": 0.1, "day": "2026-01-01", "sold": True},
    {"name": "fig", "amount": 0.2, "day": "2026-02-01"},
    {"name": "fig"},
]
EMPTY: dict[str, Any] = {
    "sum": 0,
    "average": None,
    "median": None,
    "stdev": None,
    "first": None,
    "unique": [],
    "count_all": 0,
}


def tables(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "orders": {"title": "name", "fields": {"name": {"type": "text"}, **fields}},
        "lines": {
            "title": "name",
            "fields": {
                "name": {"type": "text"},
                "order": {"type": "link", "to": "orders", "inverse": "lines"},
                "amount": {"type": "number", "decimals": 2},
                "day": {"type": "date"},
                "sold": {"type": "checkbox"},
            },
        },
    }


def test_every_function_gives_what_it_says(workspace: Workspace, owner: Principal) -> None:
    install(workspace, owner, tables({key: field for key, (field, _value) in GIVES.items()}))
    with workspace.write(owner) as session:
        order, empty = records.create(session, "shop.orders", [{"name": "one"}, {"name": "none"}])
        records.create(session, "shop.lines", [{"order": order, **line} for line in LINES])
    with workspace.read(owner) as session:
        found = records.get(session, "shop.orders", order).values
        nothing = records.get(session, "shop.orders", empty).values
    assert {key: found[key] for key in GIVES} == {key: value for key, (_field, value) in GIVES.items()}
    assert {key: nothing[key] for key in EMPTY} == EMPTY


def test_a_field_that_comes_to_records_gives_the_same(workspace: Workspace, owner: Principal) -> None:
    install(workspace, owner, tables({}))
    with workspace.write(owner) as session:
        order, empty = records.create(session, "shop.orders", [{"name": "one"}, {"name": "none"}])
        records.create(session, "shop.lines", [{"order": order, **line} for line in LINES] + [{"amount": 9}])
    install(workspace, owner, tables({key: field for key, (field, _value) in GIVES.items()}))
    with workspace.read(owner) as session:
        found = records.get(session, "shop.orders", order).values
        nothing = records.get(session, "shop.orders", empty).values
        assert verify(session) == []
    assert {key: found[key] for key in GIVES} == {key: value for key, (_field, value) in GIVES.items()}
    assert {key: nothing[key] for key in EMPTY} == EMPTY


def test_sums_of_all_records_are_read_in_groups(workspace: Workspace, owner: Principal) -> None:
    install(workspace, owner, tables({}))
    with workspace.write(owner) as session:
        (order,) = records.create(session, "shop.orders", [{}])
    lines = {"type": "count", "through": "lines"}
    with counted(workspace) as said:
        install(workspace, owner, tables({"total": rollup("sum"), "lines_count": lines}))
    (update,) = (one for one in said if one.startswith("UPDATE shop__orders"))
    assert update.count("GROUP BY") == 2
    assert update.count("shop__orders.id") == 2  # tied to the groups, and named in no subquery that runs once a record
    with counted(workspace) as said, workspace.write(owner) as session:
        records.create(session, "shop.lines", [{"order": order}])
    (update,) = (one for one in said if one.startswith("UPDATE shop__orders"))
    assert "GROUP BY" not in update


def test_links_to_many_are_grouped_from_either_side(workspace: Workspace, owner: Principal) -> None:
    def both(**more: Any) -> dict[str, Any]:
        link = {"type": "link", "to": "tags", "many": True, "inverse": "things"}
        fields = {"name": {"type": "text"}, "weight": {"type": "number"}}
        heavy = {"field": "weight", "op": "greater", "value": 1}
        summed = {"type": "rollup", "field": "weight", "function": "sum"}
        own = {"tags_weight": {**summed, "through": "tags"}} if more else {}
        other = {"weight_sum": {**summed, "through": "things", "where": heavy}} if more else {}
        return {
            "things": {"title": "name", "fields": {**fields, "tags": link, **own}},
            "tags": {"title": "name", "fields": {**fields, **other}},
        }

    install(workspace, owner, both())
    with workspace.write(owner) as session:
        one, two, lone = records.create(session, "shop.tags", [{"weight": 1}, {"weight": 2}, {}])
        things: list[dict[str, Any]] = [{"weight": 1, "tags": [one, two]}, {"weight": 5, "tags": [two]}, {"weight": 7}]
        ids = records.create(session, "shop.things", things)
    install(workspace, owner, both(summed=True))
    with workspace.read(owner) as session:
        assert [records.get(session, "shop.things", each).values["tags_weight"] for each in ids] == [3, 2, 0]
        sums = [records.get(session, "shop.tags", each).values["weight_sum"] for each in (one, two, lone)]
        assert sums == [0, 5, 0]
        assert verify(session) == []


@pytest.mark.parametrize(
    ("field", "at", "says"),
    [
        (rollup("median", "name"), "function", "needs numbers"),
        (rollup("earliest"), "function", "needs dates"),
        (rollup("any"), "function", "needs yes or no"),
        (rollup("first", sort=["nowhere"]), "sort/0", "has no field `nowhere`"),
    ],
)
def test_what_makes_no_sense_is_told_at_its_place(
    workspace: Workspace, owner: Principal, field: dict[str, Any], at: str, says: str
) -> None:
    document = {"formwork": 1, "key": "shop", "tables": tables({"wrong": field})}
    with workspace.read(owner) as session:
        (problem,) = apps.check(session, document)
    assert problem.at == f"/tables/orders/fields/wrong/{at}"
    assert says in str(problem.says)
