"""The real sales data goes into the CRM template and gives the totals that are known of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine import catalog, computed, imports, queries, records
from engine.access.principals import Principal
from engine.imports import Import
from engine.queries import Query
from engine.storage.stores import Workspace


def bring(
    workspace: Workspace, owner: Principal, file: Path, table: str, more: dict[str, dict[str, Any]], **whole: Any
) -> Import:
    """Bring a file with the mapping that is proposed for it and `more` by column; preview and outcome agree."""
    with workspace.write(owner) as session, file.open("rb") as content:
        held = imports.start(session, content, file.name, table)
    with workspace.read(owner) as session:
        mapping = imports.propose(session, held.id).mapping
    for column, said in more.items():
        proposed = mapping["columns"].get(column, {})
        elsewhere = "field" in said and said["field"] != proposed.get("field")
        mapping["columns"][column] = {**({} if elsewhere else proposed), **said}
    mapping |= whole
    with workspace.write(owner) as session:
        imports.choose(session, held.id, mapping)
        previewed = imports.preview(session, held.id)
    done = imports.carry_out(workspace, owner, held.id)
    assert done.counts == previewed.counts
    assert done.counts is not None
    assert done.counts["rows"] == sum(done.counts[name] for name in ("new", "changed", "same", "refused"))
    return done


@pytest.fixture
def sales(workspace: Workspace, owner: Principal, shared_data: Path) -> Path:
    with workspace.write(owner) as session:
        catalog.install(session, "crm", samples=False)
    return shared_data / "crm_sales"


def test_the_known_totals(workspace: Workspace, owner: Principal, sales: Path) -> None:
    products = bring(workspace, owner, sales / "products.csv", "crm.products", {"sales_price": {"field": "price"}})
    assert counted(products) == (7, 0, 0)
    people = bring(workspace, owner, sales / "sales_teams.csv", "crm.agents", {"regional_office": {"field": "office"}})
    assert counted(people) == (35, 0, 0)
    accounts = bring(
        workspace,
        owner,
        sales / "accounts.csv",
        "crm.accounts",
        {"office_location": {"field": "country"}, "subsidiary_of": {"field": "parent"}},
    )
    assert counted(accounts) == (85, 0, 0)
    with workspace.read(owner) as session:
        parents = [{"field": "parent", "op": "is_not_empty"}]
        assert queries.count(session, Query("crm.accounts", where=parents)) == 15

    columns: dict[str, dict[str, Any]] = {
        "opportunity_id": {"field": "reference"},
        "engage_date": {"field": "engaged_on"},
        "close_date": {"field": "closed_on"},
        "close_value": {"field": "amount"},
    }
    refused = bring(workspace, owner, sales / "sales_pipeline.csv", "crm.opportunities", columns)
    assert refused.counts is not None
    assert refused.counts["unknown"] == {"product": [{"value": "GTXPro", "rows": 1_480, "suggestion": "GTX Pro"}]}
    assert counted(refused) == (7_320, 0, 1_480)
    assert imports.take_back(workspace, owner, refused.id).state == "undone"

    columns["product"] = {"values": {"GTXPro": "GTX Pro"}}
    done = bring(workspace, owner, sales / "sales_pipeline.csv", "crm.opportunities", columns)
    assert counted(done) == (8_800, 0, 0)
    with workspace.read(owner) as session:
        by_status = {
            group.value: (group.count, group.totals["value"])
            for group in queries.groups(session, Query("crm.opportunities"), "status", {"value": "sum"})
        }
        assert by_status["won"] == (4_238, 10_005_534)
        assert by_status["lost"][0] == 2_473
        assert by_status["open"][0] == 1_589 + 500
        closed = [{"field": "status", "op": "is_any_of", "value": ["won", "lost"]}]
        rate = queries.totals(session, Query("crm.opportunities", where=closed), {"win": "average"})["win"]
        assert round(rate, 6) == 0.631501
        best = records.find(session, Query("crm.agents", sort=["-won_amount"], limit=1)).records[0].values
        assert (best["won_count"], best["won_amount"]) == (349, 1_153_214)
        product = {one.values["name"]: one.values for one in records.find(session, Query("crm.products")).records}
        assert (product["GTX Pro"]["won_count"], product["GTX Pro"]["won_amount"]) == (729, 3_510_578)
        assert computed.differences(session) == []

    again = bring(workspace, owner, sales / "sales_pipeline.csv", "crm.opportunities", columns, match=["reference"])
    assert counted(again) == (0, 8_800, 0)


def counted(held: Import) -> tuple[int, int, int]:
    """New, same, refused."""
    assert held.counts is not None
    return held.counts["new"], held.counts["same"], held.counts["refused"]
