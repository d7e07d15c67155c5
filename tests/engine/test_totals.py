"""Totals and groups, alike on both databases."""

from __future__ import annotations

import statistics
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import records, totals
from engine.access.principals import Principal
from engine.errors import Refused
from engine.formulas.aggregates import AGGREGATES
from engine.queries import Query
from engine.storage.stores import Workspace
from tests.support.workspaces import install

THINGS = "shop.things"
FIELDS: dict[str, Any] = {
    "name": {"type": "text"},
    "size": {"type": "number", "decimals": 2},
    "day": {"type": "date"},
    "seen": {"type": "date_time"},
    "good": {"type": "checkbox"},
    "state": {"type": "select", "choices": {"new": {"label": "New"}, "old": {"label": "Old"}}},
    "long": {"type": "formula", "formula": 'IF({size} > 1, "much", "")'},
    "tags": {"type": "multi_select", "choices": {"x": {"label": "X"}, "y": {"label": "Y"}}},
    "like": {"type": "link", "to": "things", "many": True},
    "names": {"type": "lookup", "through": "like", "field": "name"},
}
ROWS: list[dict[str, Any]] = [
    {"name": "a", "size": 0.1, "day": "2026-01-31", "state": "new", "seen": "2026-01-01T23:00:00Z"},
    {"name": "a", "size": 0.2, "day": "2026-03-01", "state": "new", "good": True, "seen": "2026-01-03T00:00:00Z"},
    {"name": "b", "size": 3, "state": "old", "good": True},
    {"state": "old"},
]


@pytest.fixture
def shop(workspace: Workspace, owner: Principal) -> Workspace:
    install(workspace, owner, {"things": {"title": "name", "fields": FIELDS}})
    with workspace.write(owner) as session:
        records.create(session, THINGS, ROWS)
    return workspace


@pytest.mark.parametrize(
    ("function", "key", "value"),
    [
        ("count", "name", 4),
        ("filled", "name", 3),
        ("empty", "name", 1),
        ("unique", "name", 2),
        ("percent_count", "name", 1),
        ("percent_filled", "name", 0.75),
        ("percent_empty", "name", 0.25),
        ("percent_unique", "state", 0.5),
        ("checked", "good", 2),
        ("percent_checked", "good", 0.5),
        ("filled", "good", 2),
        ("empty", "long", 3),
        ("sum", "size", 3.3),
        ("average", "size", 1.1),
        ("median", "size", 0.2),
        ("min", "size", 0.1),
        ("max", "size", 3),
        ("range", "size", 2.9),
        ("variance", "size", 2.71),
        ("deviation", "size", 1.6462077633),
        ("percentile_10", "size", 0.12),
        ("percentile_25", "size", 0.15),
        ("percentile_75", "size", 1.6),
        ("percentile_90", "size", 2.44),
        ("percentile_95", "size", 2.72),
        ("earliest", "day", "2026-01-31"),
        ("latest", "day", "2026-03-01"),
        ("span_days", "day", 29),
        ("span_days", "seen", 1),
        ("latest", "seen", "2026-01-03T00:00:00.000Z"),
    ],
)
def test_what_a_total_is(shop: Workspace, owner: Principal, function: str, key: str, value: Any) -> None:
    with shop.read(owner) as session:
        assert totals.totals(session, Query(THINGS), [(function, key)]) == (value,)


def test_every_function_goes_with_nothing_at_all(shop: Workspace, owner: Principal) -> None:
    nothing = Query(THINGS, [{"field": "name", "op": "is", "value": "nobody"}])
    with shop.read(owner) as session:
        table = session.layout.table(THINGS)
        asked = [(name, key) for name in AGGREGATES for key in FIELDS if totals.goes_with(session, table, key, name)]
        assert {name for name, _key in asked} == set(AGGREGATES)
        assert all(not one for one in totals.totals(session, nothing, asked))
        assert totals.groups(session, nothing, ["state"], asked) == []


def test_groups_in_groups_by_one_statement(shop: Workspace, owner: Principal) -> None:
    with shop.read(owner) as session:
        wanted = [("sum", "size"), ("median", "size"), ("filled", "name")]
        found = totals.groups(session, Query(THINGS), ["state", "good"], wanted)
        assert {one.values: (one.count, one.totals) for one in found} == {
            ("new", False): (1, (0.1, 0.1, 1)),
            ("new", True): (1, (0.2, 0.2, 1)),
            ("old", True): (1, (3, 3, 1)),
            ("old", False): (1, (0, None, 0)),
        }


def test_a_distribution_counts_by_value(shop: Workspace, owner: Principal) -> None:
    def portions(*counts: tuple[Any, int, float]) -> list[dict[str, Any]]:
        return [{"value": value, "count": count, "share": share} for value, count, share in counts]

    with shop.read(owner) as session:
        wanted = [("distribution", "name"), ("count", "name"), ("distribution", "good"), ("distribution", "long")]
        assert totals.totals(session, Query(THINGS), wanted) == (
            portions(("a", 2, 0.5), ("b", 1, 0.25), (None, 1, 0.25)),
            4,
            portions((False, 2, 0.5), (True, 2, 0.5)),
            portions((None, 3, 0.75), ("much", 1, 0.25)),
        )
        found = totals.groups(session, Query(THINGS), ["state"], [("percent_count", "name"), ("distribution", "name")])
        assert {one.values: one.totals for one in found} == {
            ("new",): (0.5, portions(("a", 2, 1))),
            ("old",): (0.5, portions(("b", 1, 0.5), (None, 1, 0.5))),
        }


def test_a_distribution_tells_what_is_there_most_often(shop: Workspace, owner: Principal) -> None:
    with shop.write(owner) as session:
        records.create(session, THINGS, [{"name": f"n{number:03}", "state": "new"} for number in range(120)])
        (found,) = totals.totals(session, Query(THINGS), [("distribution", "name")])
        assert len(found) == totals.MAX_PORTIONS
        assert found[0] == {"value": "a", "count": 2, "share": round(2 / 124, 10)}
        (new,) = [
            one
            for one in totals.groups(session, Query(THINGS), ["state"], [("distribution", "size")])
            if one.values == ("new",)
        ]
        assert [one["value"] for one in new.totals[0]] == [None, 0.1, 0.2]


@pytest.mark.parametrize("wanted", [("sum", "name"), ("checked", "size"), ("sum", "nothing"), ("cube", "size")])
def test_what_does_not_go_with_a_field_is_refused(shop: Workspace, owner: Principal, wanted: tuple[str, str]) -> None:
    with shop.read(owner) as session, pytest.raises(Refused) as refused:
        totals.totals(session, Query(THINGS), [wanted])
    assert refused.value.problems[0].at == f"/{wanted[1]}"


@given(sizes=st.lists(st.integers(-(10**9), 10**9).map(lambda number: number / 100), min_size=2, max_size=20))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_numbers_agree_with_python(shop: Workspace, owner: Principal, sizes: list[float]) -> None:
    with shop.write(owner) as session:
        records.create(session, THINGS, [{"name": "mine", "size": size} for size in sizes])
        mine = Query(THINGS, [{"field": "name", "op": "is", "value": "mine"}])
        wanted = [(function, "size") for function in ("sum", "median", "variance", "range")]
        total, median, variance, span = totals.totals(session, mine, wanted)
        records.delete(session, THINGS, [one.id for one in records.find(session, mine).records])
    exact = [Decimal(str(size)) for size in sizes]
    assert Decimal(str(total)) == sum(exact)
    assert median == pytest.approx(float(statistics.median(exact)), rel=1e-12, abs=1e-9)
    assert variance == pytest.approx(float(statistics.variance(exact)), rel=1e-12, abs=1e-9)
    assert Decimal(str(span)) == max(exact) - min(exact)


def test_lists_and_links_to_many_are_counted_as_a_whole(shop: Workspace, owner: Principal) -> None:
    with shop.write(owner) as session:
        first, second, third, _fourth = records.find(session, Query(THINGS, sort=["size"])).records
        records.update(
            session,
            THINGS,
            {
                first.id: {"tags": ["y", "x"], "like": [second.id, third.id]},
                second.id: {"tags": ["x", "y"], "like": [second.id, third.id]},
                third.id: {"tags": ["x"], "like": [third.id]},
            },
        )
    wanted = [
        (one, key) for key in ("tags", "like", "names") for one in ("filled", "empty", "unique", "percent_filled")
    ]
    with shop.read(owner) as session:
        assert totals.totals(session, Query(THINGS), wanted) == (3, 1, 2, 0.75) * 3
        spread = totals.totals(session, Query(THINGS), [("distribution", "tags"), ("distribution", "like")])
        assert [[(one["value"], one["count"], one["share"]) for one in portions] for portions in spread] == [
            [(["x", "y"], 2, 0.5), (["x"], 1, 0.25), (None, 1, 0.25)],
            [([second.id, third.id], 2, 0.5), ([third.id], 1, 0.25), (None, 1, 0.25)],
        ]
        by = totals.groups(session, Query(THINGS), ["state"], [("filled", "like")])
        assert {one.values: one.totals for one in by} == {("new",): (2,), ("old",): (1,)}
