"""Lookups, rollups and counts: what each function gives, over which records, in which order."""

from __future__ import annotations

from typing import Any

import pytest

from engine import apps, records
from engine.access.principals import Principal
from engine.storage.stores import Workspace
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
