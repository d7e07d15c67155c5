"""Records under one another: no round, and whole branches in filters."""

from __future__ import annotations

import pytest

from engine import queries, records, trees
from engine.access.principals import Principal
from engine.errors import Refused
from engine.queries import Query
from engine.storage.stores import Workspace
from tests.support.workspaces import install

TABLES = {
    "regions": {
        "title": "name",
        "fields": {
            "name": {"type": "text"},
            "parent": {"type": "parent", "inverse": "parts"},
            "in_europe": {
                "type": "count",
                "through": "parts",
                "where": {"field": "parent", "op": "is_under", "value": ["recNOBODY00000000"]},
            },
        },
    },
    "shops": {
        "title": "name",
        "fields": {"name": {"type": "text"}, "region": {"type": "link", "to": "regions"}},
    },
}


@pytest.fixture
def regions(workspace: Workspace, owner: Principal) -> dict[str, str]:
    install(workspace, owner, TABLES)
    with workspace.write(owner) as session:
        (world,) = records.create(session, "shop.regions", [{"name": "World"}])
        europe, asia = records.create(
            session, "shop.regions", [{"name": "Europe", "parent": world}, {"name": "Asia", "parent": world}]
        )
        (germany,) = records.create(session, "shop.regions", [{"name": "Germany", "parent": europe}])
        (berlin,) = records.create(session, "shop.regions", [{"name": "Berlin", "parent": germany}])
        records.create(session, "shop.shops", [{"name": "b", "region": berlin}, {"name": "a", "region": asia}])
    return {"world": world, "europe": europe, "asia": asia, "germany": germany, "berlin": berlin}


def found(workspace: Workspace, owner: Principal, table: str, field: str, op: str, *values: str) -> list[str]:
    where = {"field": field, "op": op, "value": list(values)}
    with workspace.read(owner) as session:
        page = records.find(session, Query(f"shop.{table}", where=[where], sort=["name"]))
    return [one.values["name"] for one in page.records]


def test_no_record_comes_to_lie_under_itself(workspace: Workspace, owner: Principal, regions: dict[str, str]) -> None:
    for given in ({regions["europe"]: {"parent": regions["berlin"]}}, {regions["asia"]: {"parent": regions["asia"]}}):
        with pytest.raises(Refused) as refused, workspace.write(owner) as session:
            records.update(session, "shop.regions", given)
        assert [(one.at, one.code) for one in refused.value.problems] == [("/0/parent", "cycle")]
    assert str(refused.value.problems[0].says) == "It would lie under itself: Asia › Asia."
    swapped = {regions["europe"]: {"parent": regions["asia"]}, regions["asia"]: {"parent": regions["europe"]}}
    with pytest.raises(Refused) as refused, workspace.write(owner) as session:
        records.update(session, "shop.regions", swapped)
    assert "Europe › Asia › Europe" in str(refused.value.problems[0].says)
    with workspace.write(owner) as session:
        records.update(session, "shop.regions", {regions["germany"]: {"parent": regions["asia"]}})
    with workspace.read(owner) as session:
        way = trees.above(session, session.layout.table("shop.regions"), regions["berlin"])
        assert way == [regions["world"], regions["asia"], regions["germany"]]
        assert trees.above(session, session.layout.table("shop.shops"), regions["berlin"]) == []


def test_a_branch_is_found_however_deep(workspace: Workspace, owner: Principal, regions: dict[str, str]) -> None:
    asked = (workspace, owner)
    assert found(*asked, "regions", "parent", "is_under", regions["europe"]) == ["Berlin", "Germany"]
    assert found(*asked, "regions", "parent", "is_under", regions["asia"], regions["germany"]) == ["Berlin"]
    assert found(*asked, "regions", "parent", "is_not_under", regions["europe"]) == ["Asia", "Europe", "World"]
    assert found(*asked, "regions", "parent", "is_any_of", regions["world"]) == ["Asia", "Europe"]
    assert found(*asked, "shops", "region.parent", "is_under", regions["world"]) == ["a", "b"]
    assert found(*asked, "shops", "region.parent", "is_under", regions["europe"]) == ["b"]


def test_what_asks_for_a_branch_is_not_stored(workspace: Workspace, owner: Principal, regions: dict[str, str]) -> None:
    with workspace.read(owner) as session:
        table = session.layout.table("shop.regions")
        assert not session.layout.stored(table.fields["in_europe"])
        assert records.get(session, "shop.regions", regions["world"]).values["in_europe"] == 0
        assert queries.count(session, Query("shop.regions")) == 5
