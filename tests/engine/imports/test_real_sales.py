"""The real sales data goes into the CRM template and gives the totals that are known of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine import catalog, imports, queries, records, totals
from engine.access.principals import Principal
from engine.imports import Import
from engine.queries import Query
from engine.storage.stores import Workspace
from engine.verifying import verify


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
    """The folder of files; the CRM is installed, and what opportunities link to is there."""
    folder = shared_data / "crm_sales"
    with workspace.write(owner) as session:
        catalog.install(session, "crm", samples=False)
    products = bring(workspace, owner, folder / "products.csv", "crm.products", {"sales_price": {"field": "price"}})
    people = bring(workspace, owner, folder / "sales_teams.csv", "crm.agents", {"regional_office": {"field": "office"}})
    columns = {"office_location": {"field": "country"}, "subsidiary_of": {"field": "parent"}}
    accounts = bring(workspace, owner, folder / "accounts.csv", "crm.accounts", columns)
    assert [counted(one) for one in (products, people, accounts)] == [(7, 0, 0), (35, 0, 0), (85, 0, 0)]
    return folder


COLUMNS: dict[str, dict[str, Any]] = {
    "opportunity_id": {"field": "reference"},
    "engage_date": {"field": "engaged_on"},
    "close_date": {"field": "closed_on"},
    "close_value": {"field": "amount"},
}
MENDED: dict[str, dict[str, Any]] = {**COLUMNS, "product": {"values": {"GTXPro": "GTX Pro"}}}


def test_the_known_totals(workspace: Workspace, owner: Principal, sales: Path) -> None:
    done = bring(workspace, owner, sales / "sales_pipeline.csv", "crm.opportunities", MENDED)
    assert counted(done) == (8_800, 0, 0)
    with workspace.read(owner) as session:
        parents = [{"field": "parent", "op": "is_not_empty"}]
        assert queries.count(session, Query("crm.accounts", where=parents)) == 15
        without = [{"field": "account", "op": "is_empty"}]
        assert queries.count(session, Query("crm.opportunities", where=without)) == 1_425
        by_status = {
            group.values[0]: (group.count, group.totals[0])
            for group in totals.groups(session, Query("crm.opportunities"), ["status"], [("sum", "value")])
        }
        assert by_status["won"] == (4_238, 10_005_534)
        assert by_status["lost"][0] == 2_473
        assert by_status["open"][0] == 1_589 + 500
        closed = [{"field": "status", "op": "is_any_of", "value": ["won", "lost"]}]
        (rate,) = totals.totals(session, Query("crm.opportunities", where=closed), [("average", "win")])
        assert round(rate, 6) == 0.631501
        best = records.find(session, Query("crm.agents", sort=["-won_amount"], limit=1)).records[0].values
        assert (best["won_count"], best["won_amount"]) == (349, 1_153_214)
        product = {one.values["name"]: one.values for one in records.find(session, Query("crm.products")).records}
        assert (product["GTX Pro"]["won_count"], product["GTX Pro"]["won_amount"]) == (729, 3_510_578)
        assert verify(session) == []


def test_a_misspelt_product_is_refused_mended_and_brought_again(
    workspace: Workspace, owner: Principal, sales: Path, tmp_path: Path
) -> None:
    some = tmp_path / "some.csv"
    some.write_bytes(b"".join((sales / "sales_pipeline.csv").read_bytes().splitlines(keepends=True)[:201]))
    refused = bring(workspace, owner, some, "crm.opportunities", COLUMNS)
    assert counted(refused) == (171, 0, 29)
    assert refused.counts is not None
    assert refused.counts["unknown"] == {"product": [{"value": "GTXPro", "rows": 29, "suggestion": "GTX Pro"}]}
    assert imports.take_back(workspace, owner, refused.id).state == "undone"
    assert counted(bring(workspace, owner, some, "crm.opportunities", MENDED)) == (200, 0, 0)
    again = bring(workspace, owner, some, "crm.opportunities", MENDED, match=["reference"])
    assert counted(again) == (0, 200, 0)


def counted(held: Import) -> tuple[int, int, int]:
    """New, same, refused."""
    assert held.counts is not None
    return held.counts["new"], held.counts["same"], held.counts["refused"]
