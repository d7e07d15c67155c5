"""Installing from the catalog: seeds, samples, and what they find in the tables of other apps."""

from __future__ import annotations

import copy

from engine import apps, catalog, queries, records, totals
from engine.access.principals import Principal
from engine.queries import Query
from engine.storage.stores import Workspace
from engine.verifying import verify


def test_seeds_come_without_samples_too(workspace: Workspace, owner: Principal) -> None:
    with workspace.write(owner) as session:
        counts = catalog.install(session, "crm", samples=False)
    assert set(counts) == {"stages", "sources", "lost_reasons"}
    with workspace.read(owner) as session:
        kinds = {one.values["type"] for one in records.find(session, Query("crm.stages")).records}
    assert kinds == {"open", "won", "lost"}


def test_samples_use_the_customers_that_are_there_and_bring_those_that_are_not(
    workspace: Workspace, owner: Principal
) -> None:
    with workspace.write(owner) as session:
        catalog.install(session, "crm", samples=False)
        held = records.create(session, "crm.accounts", [{"name": "Northgate Foods"}])[0]
    with workspace.write(owner) as session:
        catalog.install(session, "orders")
    with workspace.read(owner) as session:
        names = [one.values["name"] for one in records.find(session, Query("crm.accounts")).records]
        ordered = {one.values["customer"] for one in records.find(session, Query("orders.orders")).records}
    assert len(names) == len(set(names)) == len(catalog.template("orders").samples["customers"])
    assert held in ordered


def test_a_changed_setting_is_worked_into_what_is_stored(workspace: Workspace, owner: Principal) -> None:
    with workspace.write(owner) as session:
        catalog.install(session, "orders")
    needing = Query("orders.orders", [{"field": "needs_approval", "op": "is", "value": True}])
    with workspace.write(owner) as session:
        before = queries.count(session, needing)
        document = copy.deepcopy(dict(apps.export(session, "orders")))
        document["settings"]["approval_amount"]["value"] = 1
        apps.apply(session, document)
    with workspace.read(owner) as session:
        assert queries.count(session, needing) > before > 0
        assert verify(session) == []


def test_a_formula_that_gives_choices_is_filtered_and_grouped_by_them(workspace: Workspace, owner: Principal) -> None:
    with workspace.write(owner) as session:
        catalog.install(session, "crm")
    closed = Query("crm.opportunities", [{"field": "status", "op": "is_any_of", "value": ["won", "lost"]}])
    with workspace.read(owner) as session:
        groups = {one.values[0]: one.count for one in totals.groups(session, closed, ["status"])}
    assert set(groups) == {"won", "lost"}
