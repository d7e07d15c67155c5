"""A file may bring its own table."""

from __future__ import annotations

import io
from typing import Any

import pytest

from engine import imports, records
from engine.access.principals import Principal
from engine.errors import Refused
from engine.imports import Import
from engine.queries import Query
from engine.storage.stores import Workspace
from engine.verifying import verify
from tests.support.workspaces import install

FILE = (
    "Code;Name;Price;Sold on;Kind;Für wen\n"
    "007;Tea;1,50;31.12.2026;drink;a@example.com\n"
    "008;Soup;1.234,00;01.01.2027;food;b@example.com\n"
) + "".join(f"1{n:02d};Thing {n};5,00;02.01.2027;{'food' if n % 2 else 'drink'};c{n}@example.com\n" for n in range(20))


def started(workspace: Workspace, owner: Principal, content: str = FILE, name: str = "price list.csv") -> Import:
    with workspace.write(owner) as session:
        return imports.start(session, io.BytesIO(content.encode("cp1252")), name)


def suggested(workspace: Workspace, owner: Principal, held: Import) -> dict[str, Any]:
    with workspace.read(owner) as session:
        return imports.propose(session, held.id).mapping


def test_a_file_makes_its_own_table(workspace: Workspace, owner: Principal) -> None:
    held = started(workspace, owner)
    mapping = suggested(workspace, owner, held)
    assert mapping["new"] == {
        "app": "price_list",
        "app_label": "Price list",
        "table": "price_list",
        "label": "Price list",
        "title": "code",
    }
    mapping["new"]["title"] = "name"
    with workspace.write(owner) as session:
        imports.choose(session, held.id, mapping)
    with workspace.write(owner) as session:
        previewed = imports.preview(session, held.id)
        assert "price_list" not in session.layout.apps
    done = imports.carry_out(workspace, owner, held.id)
    assert done.counts == previewed.counts
    assert done.counts is not None
    assert (done.counts["rows"], done.counts["new"]) == (22, 22)
    assert (done.table, done.made) == (
        "price_list.price_list",
        {"app": "price_list", "table": "price_list", "app_made": True},
    )
    with workspace.read(owner) as session:
        table = session.layout.table("price_list.price_list")
        first = records.find(session, Query(table.address, sort=["code"])).records[0].values
        assert verify(session) == []
    assert {one.key: one.type for one in table.declared} == {
        "code": "text",
        "name": "text",
        "price": "number",
        "sold_on": "date",
        "kind": "select",
        "fur_wen": "email",
    }
    assert (first["code"], first["price"], first["sold_on"], first["kind"]) == ("007", 1.5, "2026-12-31", "drink")


def test_undo_removes_the_table_and_its_app(workspace: Workspace, owner: Principal) -> None:
    held = started(workspace, owner)
    with workspace.write(owner) as session:
        imports.choose(session, held.id, imports.propose(session, held.id).mapping)
    imports.carry_out(workspace, owner, held.id)
    undone = imports.take_back(workspace, owner, held.id)
    assert (undone.state, undone.table) == ("undone", None)
    with workspace.read(owner) as session:
        assert list(session.layout.apps) == []
    assert imports.carry_out(workspace, owner, held.id).state == "done"


def test_undo_leaves_a_table_that_has_got_other_records(workspace: Workspace, owner: Principal) -> None:
    held = started(workspace, owner)
    with workspace.write(owner) as session:
        imports.choose(session, held.id, imports.propose(session, held.id).mapping)
    imports.carry_out(workspace, owner, held.id)
    with workspace.write(owner) as session:
        records.create(session, "price_list.price_list", [{"name": "Mine"}])
    imports.take_back(workspace, owner, held.id)
    with workspace.read(owner) as session:
        assert [one.values["name"] for one in records.find(session, Query("price_list.price_list")).records] == ["Mine"]


def test_a_table_may_join_an_app_and_link_to_its_tables(workspace: Workspace, owner: Principal) -> None:
    install(workspace, owner, {"customers": {"title": "name", "fields": {"name": {"type": "text"}}}})
    with workspace.write(owner) as session:
        records.create(session, "shop.customers", [{"name": "Acme"}])
    held = started(workspace, owner, "visit,customer\nMonday,Acme\nTuesday,Bolt\n", "visits.csv")
    mapping = {
        "columns": {
            "visit": {"field": "visit", "definition": {"type": "text"}},
            "customer": {
                "field": "customer",
                "definition": {"type": "link", "to": "customers", "inverse": "visits"},
                "unknown": "create",
            },
        },
        "new": {"app": "shop", "app_label": "Shop", "table": "visits", "label": "Visits", "title": "visit"},
    }
    with workspace.write(owner) as session:
        imports.choose(session, held.id, mapping)
        counted = imports.preview(session, held.id).counts
    done = imports.carry_out(workspace, owner, held.id)
    assert done.counts == counted
    assert counted is not None
    assert (counted["new"], counted["created"]) == (2, {"shop.customers": 1})
    with workspace.read(owner) as session:
        customers = {one.values["name"]: one for one in records.find(session, Query("shop.customers")).records}
        assert {name: len(one.values["visits"]) for name, one in customers.items()} == {"Acme": 1, "Bolt": 1}
    imports.take_back(workspace, owner, held.id)
    with workspace.read(owner) as session:
        assert list(session.layout.apps["shop"].tables) == ["customers"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"new": {"app": "shop"}}, "Say what the new table is to be"),
        ({"new": None}, "Say what the new table is to be"),
        ({"title": "nothing"}, "must be one of the fields"),
        ({"app": "Not A Key"}, "does not have the right form"),
        ({"type": "unheard_of"}, "unheard_of"),
    ],
)
def test_a_wrong_table_is_refused(workspace: Workspace, owner: Principal, change: dict[str, Any], says: str) -> None:
    held = started(workspace, owner, "a,b\n1,2\n")
    mapping = suggested(workspace, owner, held)
    if "new" in change:
        mapping["new"] = change["new"]
    elif "type" in change:
        mapping["columns"]["a"]["definition"]["type"] = change["type"]
    else:
        mapping["new"] |= change
    with workspace.write(owner) as session, pytest.raises(Refused, match=says):
        imports.choose(session, held.id, mapping)


def test_a_table_that_is_there_is_not_made_again(workspace: Workspace, owner: Principal) -> None:
    install(workspace, owner, {"customers": {"title": "name", "fields": {"name": {"type": "text"}}}})
    held = started(workspace, owner, "name\nAcme\n", "customers.csv")
    mapping = suggested(workspace, owner, held)
    mapping["new"] |= {"app": "shop", "app_label": "Shop", "table": "customers"}
    with workspace.write(owner) as session, pytest.raises(Refused, match="there already"):
        imports.choose(session, held.id, mapping)
    with workspace.write(owner) as session:
        chosen = imports.choose(session, held.id, {"columns": {"name": {"field": "name"}}}, table="shop.customers")
    assert chosen.table == "shop.customers"
