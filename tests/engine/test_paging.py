"""Pages follow each other without missing or repeating a record, whatever the order and whoever writes meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import records
from engine.access.principals import Principal
from engine.errors import Refused
from engine.queries import Query
from engine.storage.session import Session
from engine.storage.stores import Workspace
from tests.support.workspaces import install

THINGS = "shop.things"
TABLES: dict[str, Any] = {
    "things": {
        "title": "name",
        "fields": {
            "name": {"type": "text"},
            "size": {"type": "number", "decimals": 2},
            "day": {"type": "date"},
            "seen": {"type": "date_time"},
            "good": {"type": "checkbox"},
            "state": {"type": "select", "choices": {"new": {"label": "New"}, "old": {"label": "Old"}}},
            "kind": {"type": "link", "to": "kinds", "inverse": "things"},
            "half": {"type": "formula", "formula": "{size} / 2"},
            "names": {"type": "lookup", "through": "others", "field": "name"},
            "others": {"type": "link", "to": "kinds", "many": True},
        },
    },
    "kinds": {"title": "name", "fields": {"name": {"type": "text"}}},
}
SORTS = ["name", "size", "day", "seen", "good", "state", "kind", "half", "names", "created_at"]
values = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["", "a", "B", "é", "漢"]),
        "size": st.sampled_from([0, 0.1, -3, 1e14, 2.25]),
        "day": st.sampled_from(["2026-01-01", "1999-12-31"]),
        "seen": st.sampled_from(["2026-01-01T00:00:00.001Z", "2026-01-01T00:00:00.002Z"]),
        "good": st.booleans(),
        "state": st.sampled_from(["new", "old"]),
    },
)
sorts = st.lists(st.sampled_from(SORTS), max_size=3, unique=True).flatmap(
    lambda keys: st.tuples(*(st.sampled_from([key, f"-{key}"]) for key in keys)).map(list)
)


@pytest.fixture
def shop(workspace: Workspace, owner: Principal) -> Workspace:
    install(workspace, owner, TABLES)
    return workspace


@given(rows=st.lists(values, max_size=12), sort=sorts, size=st.integers(1, 5), chance=st.randoms(use_true_random=False))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_make_up_the_whole(
    shop: Workspace, owner: Principal, rows: list[dict[str, Any]], sort: list[str], size: int, chance: Any
) -> None:
    with shop.write(owner) as session:
        kinds = records.create(session, "shop.kinds", [{"name": "x"}, {"name": "y"}, {}])
        for row in rows:
            row |= {"kind": chance.choice([None, *kinds]), "others": chance.sample(kinds, chance.randrange(3))}
        records.delete(session, THINGS, _ids(session, Query(THINGS)))
        records.create(session, THINGS, rows)
        whole = _ids(session, Query(THINGS, sort=sort))
        assert len(whole) == len(rows)
        assert _ids(session, Query(THINGS, sort=sort, limit=size)) == whole
        for start in range(0, len(rows), size):
            page = records.find(session, Query(THINGS, sort=sort, offset=start, limit=size))
            assert [one.id for one in page.records] == whole[start : start + size]


def _ids(session: Session, query: Query) -> list[str]:
    page = records.find(session, query)
    found = [one.id for one in page.records]
    while page.next is not None:
        page = records.find(session, Query(query.table, sort=query.sort, limit=query.limit, after=page.next))
        found += [one.id for one in page.records]
    return found


@pytest.mark.parametrize("sort", [["size"], ["-size"], ["-state", "size"], []])
def test_writes_between_pages_neither_repeat_nor_hide_what_stays(
    shop: Workspace, owner: Principal, sort: list[str]
) -> None:
    with shop.write(owner) as session:
        given = [{"size": size, "state": "new"} for size in (1, 2, 3, 4, 5, 6)]
        made = records.create(session, THINGS, [*given, {}, {}])
        first = records.find(session, Query(THINGS, sort=sort, limit=3))
        seen = [one.id for one in first.records]
        records.delete(session, THINGS, seen[:2])
        records.create(session, THINGS, [{"size": 0, "state": "new"}, {"size": 7, "state": "new"}])
        rest = records.find(session, Query(THINGS, sort=sort, limit=20, after=first.next))
        later = [one.id for one in rest.records]
        assert not set(seen) & set(later)
        assert {*seen, *later} >= set(made)


def test_a_far_place_is_the_same_record(shop: Workspace, owner: Principal) -> None:
    with shop.write(owner) as session:
        records.create(session, THINGS, [{"size": number % 7} for number in range(1_105)])
        near = records.find(session, Query(THINGS, sort=["-size"], offset=1_000, limit=200))
        far = records.find(session, Query(THINGS, sort=["-size"], offset=1_001, limit=200))
        assert [one.id for one in near.records][1:] == [one.id for one in far.records]
        assert len(far.records) == 104
        assert far.next is None


@pytest.mark.parametrize("token", ["x", "W10", "WzEsMl0", "W1sibmFtZSJdLFsxLDJdXQ", "é"])
def test_what_is_no_place_is_refused(shop: Workspace, owner: Principal, token: str) -> None:
    with shop.read(owner) as session, pytest.raises(Refused, match="Begin at the first"):
        records.find(session, Query(THINGS, sort=["size"], after=token))
