from __future__ import annotations

import copy
import json
from typing import Any

import pytest
import sqlalchemy as sa

from engine import apps, history, queries, records, trash, undo
from engine.access.principals import Principal, person
from engine.errors import Conflict, NotFound, Refused
from engine.queries import Query
from engine.storage.layout import sql_name
from engine.storage.stores import Workspace
from engine.verifying import verify
from tests.support.house import OWNER, House
from tests.support.workspaces import install

TABLES: dict[str, Any] = {
    "customers": {
        "title": "name",
        "fields": {
            "name": {"type": "text", "unique": True},
            "spent": {"type": "rollup", "through": "orders", "field": "amount", "function": "sum"},
        },
    },
    "orders": {
        "title": "number",
        "fields": {
            "number": {"type": "sequence", "number": "SO-{####}"},
            "customer": {"type": "link", "to": "customers", "inverse": "orders"},
            "amount": {"type": "number", "decimals": 2},
            "paid": {"type": "checkbox"},
            "tags": {"type": "link", "to": "tags", "many": True, "inverse": "orders"},
            "double": {"type": "formula", "formula": "{amount} * 2"},
        },
        "views": {"all": {"type": "grid", "fields": ["number", "amount", "double"], "sort": ["-amount"]}},
    },
    "lines": {
        "fields": {
            "what": {"type": "text"},
            "order": {"type": "link", "to": "orders", "inverse": "lines", "on_delete": "cascade"},
        }
    },
    "tags": {"fields": {"name": {"type": "text"}}},
}


@pytest.fixture
def shop(workspace: Workspace, owner: Principal) -> Workspace:
    install(workspace, owner, copy.deepcopy(TABLES))
    return workspace


def shown(shop: Workspace, asker: Principal, but: str = "updated_") -> str:
    """All records of all tables as JSON, byte for byte; without who and when changed them."""
    with shop.read(asker) as session:
        found = {
            address: [
                {"id": one.id, **{key: value for key, value in one.values.items() if not key.startswith(but)}}
                for one in records.find(session, Query(address)).records
            ]
            for address in session.layout.apps.tables
        }
        assert verify(session) == []
    return json.dumps(found, ensure_ascii=False)


def fill(shop: Workspace, owner: Principal) -> dict[str, str]:
    with shop.write(owner) as session:
        (acme,) = records.create(session, "shop.customers", [{"name": "Acme"}])
        red, blue = records.create(session, "shop.tags", [{"name": "red"}, {"name": "blue"}])
        first, second = records.create(
            session,
            "shop.orders",
            [
                {"customer": acme, "amount": 1.1, "tags": [blue, red], "paid": True},
                {"customer": acme, "amount": 2.2, "tags": [red]},
            ],
        )
        records.create(session, "shop.lines", [{"what": "a", "order": first}, {"what": "b", "order": first}])
    return {"acme": acme, "red": red, "blue": blue, "first": first, "second": second}


@pytest.mark.parametrize(("table", "name"), [("customers", "acme"), ("orders", "first"), ("tags", "red")])
def test_a_record_comes_back_as_it_was_with_links_both_ways_and_what_belonged_to_it(
    shop: Workspace, owner: Principal, table: str, name: str
) -> None:
    ids = fill(shop, owner)
    before = shown(shop, owner)
    with shop.write(owner) as session:
        records.delete(session, f"shop.{table}", [ids[name]])
    assert shown(shop, owner) != before
    with shop.read(owner) as session:
        found = trash.entries(session)
        assert (found[0].who, found[0].by) == ("Ada", owner.user_id)
        (wanted,) = [one for one in found if one.key == ids[name]]
        assert wanted.together == (3 if name == "first" else 1)
    with shop.write(owner) as session:
        trash.restore(session, [wanted.id])
    assert shown(shop, owner) == before
    with shop.read(owner) as session:
        assert trash.count(session) == 0
        kinds = [one.change.kind for one in history.of_record(session, f"shop.{table}", ids[name])]
        assert kinds == ["created", "deleted", "created"]
        assert history.of_record(session, f"shop.{table}", ids[name])[0].says == "restored this record"
    with shop.write(owner) as session:  # the numbers go on
        (third,) = records.create(session, "shop.orders", [{}])
    with shop.read(owner) as session:
        assert records.get(session, "shop.orders", third).values["number"] == "SO-0003"


def test_what_led_to_a_restored_record_tells_why_it_does_again(shop: Workspace, owner: Principal) -> None:
    ids = fill(shop, owner)
    with shop.write(owner) as session:
        records.delete(session, "shop.customers", [ids["acme"]])
    with shop.write(owner) as session:
        trash.restore(session, [trash.entries(session)[0].id])
    with shop.read(owner) as session:
        told = history.of_record(session, "shop.orders", ids["second"])
    assert [(str(one.says), one.change.before.get("customer"), one.change.after.get("customer")) for one in told] == [
        ("restored a record that this one leads to", None, ids["acme"]),
        ("changed", ids["acme"], None),
        ("created this record", None, ids["acme"]),
    ]


def test_what_took_its_place_is_not_overwritten(shop: Workspace, owner: Principal) -> None:
    ids = fill(shop, owner)
    with shop.write(owner) as session:
        records.delete(session, "shop.customers", [ids["acme"]])
        (other,) = records.create(session, "shop.customers", [{"name": "Bolt"}])
    with shop.write(owner) as session:
        records.update(session, "shop.orders", {ids["second"]: {"customer": other}})
        (gone,) = trash.entries(session)
        trash.restore(session, [gone.id])
    with shop.read(owner) as session:
        linked = [records.get(session, "shop.orders", ids[one]).values["customer"] for one in ("first", "second")]
        assert linked == [ids["acme"], other]
    with shop.write(owner) as session:
        records.delete(session, "shop.customers", [ids["acme"]])
        records.create(session, "shop.customers", [{"name": "Acme"}])
    with pytest.raises((Refused, Conflict)), shop.write(owner) as session:
        trash.restore(session, [trash.entries(session)[0].id])


def test_undo_takes_a_record_out_of_the_trash(shop: Workspace, owner: Principal) -> None:
    ids = fill(shop, owner)
    with shop.write(owner) as session:
        records.delete(session, "shop.orders", [ids["first"]])
        deletion = session.transaction_id
    with shop.write(owner, cause=f"undo:{deletion}") as session:
        undo.undo(session, deletion)
        assert trash.count(session) == 0


def test_a_field_comes_back_with_its_values_and_its_place_in_views(shop: Workspace, owner: Principal) -> None:
    fill(shop, owner)
    before = shown(shop, owner)
    with shop.read(owner) as session:
        document = copy.deepcopy(dict(apps.export(session, "shop")))
        kept = json.dumps(document)
    orders = document["tables"]["orders"]
    del orders["fields"]["amount"], orders["fields"]["double"], document["tables"]["customers"]["fields"]["spent"]
    orders["views"]["all"] = {"type": "grid", "fields": ["number"]}
    with shop.write(owner) as session:
        apps.apply(session, document)
        found = {one.key: one for one in trash.entries(session)}
        assert {key: one.count for key, one in found.items()} == {"amount": 2, "double": 2, "spent": 1}
    with shop.write(owner) as session:
        trash.restore(session, [found["amount"].id])
        assert apps.export(session, "shop")["tables"]["orders"]["views"]["all"]["fields"] == ["number", "amount"]
        trash.restore(session, [found[key].id for key in ("double", "spent")])
        assert json.dumps(apps.export(session, "shop")) == kept
    assert shown(shop, owner) == before


def test_a_table_and_an_app_come_back_with_their_records(shop: Workspace, owner: Principal) -> None:
    fill(shop, owner)
    before = shown(shop, owner)
    with shop.read(owner) as session:
        document = copy.deepcopy(dict(apps.export(session, "shop")))
    del document["tables"]["lines"]
    with shop.write(owner) as session:
        apps.apply(session, document)
        (gone,) = trash.entries(session)
        assert (gone.kind, gone.table, gone.count) == ("table", "shop.lines", 2)
    with pytest.raises(NotFound), shop.write(person("usr2", "member")) as session:  # who may not build does not see it
        trash.restore(session, [gone.id])
    with shop.write(owner) as session:
        trash.restore(session, [gone.id])
    assert shown(shop, owner) == before
    with shop.write(owner) as session:
        apps.remove(session, "shop")
        (gone,) = trash.entries(session)
        assert (gone.kind, gone.count) == ("app", 7)
        trash.restore(session, [gone.id])
    assert shown(shop, owner) == before


def test_purging_leaves_nothing_behind(shop: Workspace, owner: Principal) -> None:
    ids = fill(shop, owner)
    with shop.write(owner) as session:
        records.delete(session, "shop.customers", [ids["acme"]])
        document = copy.deepcopy(dict(apps.export(session, "shop")))
        del document["tables"]["lines"], document["tables"]["orders"]["fields"]["tags"]
        del document["tables"]["orders"]["fields"]["paid"]
        apps.apply(session, document)
    with shop.write(owner) as session:
        assert trash.purge_due(session, "2000-01-01T00:00:00.000Z") == 0
        assert trash.purge(session, [one.id for one in trash.entries(session)]) == 4
        assert trash.count(session) == 0
        assert history.of_record(session, "shop.customers", ids["acme"]) == []
        assert (
            history.of_record(session, "shop.orders", ids["first"])[-1].change.after.keys() & {"paid", "tags"} == set()
        )
    with shop.read(owner) as session:
        inspector = sa.inspect(session.connection)
        assert not inspector.has_table(sql_name("shop.lines"))
        assert not inspector.has_table("shop__orders__tags")
        columns = {one["name"] for one in inspector.get_columns(sql_name("shop.orders"))}
        assert "paid" not in columns
        assert "amount" in columns
        assert queries.count(session, Query("shop.orders")) == 2
    with pytest.raises(NotFound), shop.write(owner) as session:
        trash.restore(session, ["bin00000000000001"])


def test_the_worker_purges_after_the_days_that_are_set(house: House) -> None:
    house.install({})
    record = house.create("tasks", subject="Call")
    house.delete("tasks", record)
    assert house.worker.sweep(house.workspace) == 0
    house.clock.forward(29 * 86_400)
    assert house.worker.sweep(house.workspace) == 0
    house.clock.forward(86_400)
    assert house.worker.sweep(house.workspace) == 1
    with house.workspace.read(OWNER) as session:
        assert trash.count(session) == 0
        assert history.of_record(session, "crm.tasks", record) == []


def test_links_that_come_back_lead_to_nothing_that_is_gone(workspace: Workspace, owner: Principal) -> None:
    tables: dict[str, Any] = {
        "deals": {"fields": {"name": {"type": "text"}}},
        "notes": {
            "fields": {
                "about": {"type": "link", "to": "deals", "inverse": "notes"},
                "others": {"type": "link", "to": "deals", "many": True},
            }
        },
    }
    install(workspace, owner, tables)
    with workspace.write(owner) as session:
        stays, goes = records.create(session, "shop.deals", [{"name": "Stays"}, {"name": "Goes"}])
        note = records.create(session, "shop.notes", [{"about": goes, "others": [stays, goes]}])[0]
    install(workspace, owner, {"deals": tables["deals"]})
    with workspace.write(owner) as session:
        records.delete(session, "shop.deals", [goes])
    install(workspace, owner, tables)
    with workspace.read(owner) as session:
        assert verify(session) == []
        values = records.get(session, "shop.notes", note).values
        assert (values["about"], values["others"]) == (None, [stays])
        (newest, *_older) = history.of_record(session, "shop.notes", note)
        assert newest.change.before.keys() <= {"about", "others"}
