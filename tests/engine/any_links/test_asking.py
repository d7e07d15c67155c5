"""Filtered, sorted, searched and grouped by a link to any of several tables."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from engine import records, totals, views
from engine.access.principals import Principal
from engine.errors import Refused
from engine.queries import Query
from engine.storage.stores import Workspace
from tests.engine.any_links.shop import TABLES, found
from tests.support.workspaces import install


def test_filters(crm: Workspace, owner: Principal, ids: dict[str, str]) -> None:
    def where(op: str, value: Any = None) -> list[str]:
        return found(crm, owner, {"field": "about", "op": op, **({} if value is None else {"value": value})})

    assert where("is", ids["acme"]) == ["Call"]
    assert where("is_any_of", [ids["acme"], ids["eva"]]) == ["Call", "Mail"]
    assert where("is_not", ids["acme"]) == ["Mail", "Off"]
    assert where("is_empty") == ["Off"]
    assert where("is_not_empty") == ["Call", "Mail"]
    assert where("is_in_table", ["leads"]) == ["Mail"]
    assert where("is_in_table", "accounts") == ["Call"]
    assert where("is_in_table", ["accounts", "leads"]) == ["Call", "Mail"]
    assert where("is_not_in_table", ["leads"]) == ["Call", "Off"]
    assert found(crm, owner, '={about} = "Acme"') == ["Call"]
    assert found(crm, owner, '={about.table} = "Lead"') == ["Mail"]
    assert found(crm, owner, '=FIND("#7", {about}) > 0') == ["Mail"]
    assert found(crm, owner, sort="-about") == ["Mail", "Call", "Off"]
    with pytest.raises(Refused, match="There is no table `notes` here"):
        where("is_in_table", ["notes"])
    with crm.read(owner) as session:
        wanted = Query("shop.activities", search="eva")
        assert [one.id for one in records.find(session, wanted).records] == [ids["mail"]]


def test_records_are_grouped_and_stacked_by_it(workspace: Workspace, owner: Principal) -> None:
    tables = copy.deepcopy(TABLES)
    tables["activities"]["views"] = {
        "all": {"type": "grid", "group": ["about"]},
        "board": {"type": "kanban", "by": "about"},
    }
    install(workspace, owner, tables)
    with workspace.write(owner) as session:
        (lead,) = records.create(session, "shop.leads", [{"first": "Bo", "number": 1}])
        (account,) = records.create(session, "shop.accounts", [{"name": "Acme"}])
        given = [("b", lead), ("a", lead), ("c", account), ("d", None)]
        records.create(session, "shop.activities", [{"subject": one, "about": about} for one, about in given])
    with workspace.read(owner) as session:
        found = totals.groups(session, Query("shop.activities"), ["about"])
        assert {one.values[0]: one.count for one in found} == {lead: 2, account: 1, None: 1}
        page = records.find(session, Query("shop.activities", sort=["about", "subject"]))
        assert "".join(one.values["subject"] for one in page.records) == "cabd"
        of = session.layout.table("shop.activities")
        stacks = views.stacks(session, of, of.views["board"], Query(of.address))
        assert [(one.label, one.count) for one in stacks] == [("Acme", 1), ("Bo #1", 2), ("No About", 1)]
