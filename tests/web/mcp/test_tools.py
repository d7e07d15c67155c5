"""What the tools answer, as the official client sees it, on both databases."""

from __future__ import annotations

import json
from typing import Any

from engine import api_tokens, records
from engine.access.principals import person
from engine.access.scopes import Scope
from tests.web.mcp.conftest import Place

ORDERS = {"app": "shop", "table": "orders"}


def test_what_there_is(place: Place) -> None:
    found = place.ask("list_apps")
    assert found["as"] == {"name": "Ada", "email": "ada@example.com", "role": "owner", "writes": True}
    assert found["apps"] == [
        {
            "id": "shop",
            "name": "Shop",
            "tables": [{"id": "customers", "name": "Customers"}, {"id": "orders", "name": "Orders/Sales"}],
        }
    ]
    table = place.ask("describe_table", **ORDERS)
    assert table["may"] == {"create": True, "update": True, "delete": True}
    assert [one["name"] for one in table["views"]] == ["All", "Paid ones"]
    assert {"Amount", "Status"} <= {one["name"] for one in table["fields"]}


def test_records_come_in_pages(place: Place) -> None:
    place.orders(*({"number": f"A-{one}", "amount": one} for one in range(30)))
    first = place.ask("query_records", **ORDERS, sort=[{"field": "Amount", "direction": "desc"}], fields=["Amount"])
    assert [one["fields"] for one in first["records"][:2]] == [{"Amount": 29}, {"Amount": 28}]
    assert len(first["records"]) == 25
    rest = place.ask(
        "query_records",
        **ORDERS,
        sort=[{"field": "Amount", "direction": "desc"}],
        fields=["Amount"],
        offset=first["offset"],
    )
    assert [one["fields"].get("Amount") for one in rest["records"]] == [4, 3, 2, 1, 0]
    assert "offset" not in rest
    few = place.ask("query_records", **ORDERS, filterByFormula="{Amount} >= 28", pageSize=1)
    assert (len(few["records"]), "offset" in few) == (1, True)
    one = place.ask("get_record", **ORDERS, record=few["records"][0]["id"])
    assert one["fields"]["Order number"] == few["records"][0]["fields"]["Order number"]


def test_sums_by_group(place: Place) -> None:
    place.orders({"amount": 1, "status": "open"}, {"amount": 2, "status": "paid"}, {"amount": 3, "status": "paid"})
    found = place.ask("group_records", **ORDERS, by=["Status"], totals=[{"function": "sum", "field": "Amount"}])
    assert found == {
        "groups": [
            {"value": "Paid up", "count": 2, "sum": {"Amount": 5}},
            {"value": "Open", "count": 1, "sum": {"Amount": 1}},
        ]
    }
    whole = place.ask("group_records", **ORDERS, totals=[{"function": "max", "field": "Amount"}], view="paid")
    assert whole == {"groups": [{"count": 2, "max": {"Amount": 3}}]}


def test_records_are_created_and_updated(place: Place) -> None:
    made = place.ask(
        "create_records", **ORDERS, records=[{"fields": {"Order number": "A-1", "Amount": 2, "Status": "Open"}}]
    )
    (one,) = made["records"]
    assert one["fields"]["Total"] == 2
    changed = place.ask("update_records", **ORDERS, records=[{"id": one["id"], "fields": {"quantity": 3}}])
    assert changed["records"][0]["fields"]["Total"] == 6
    with_link = place.ask(
        "create_records", **ORDERS, records=[{"fields": {"Amount": "7", "customer": ["Acme"]}}], typecast=True
    )
    assert with_link["records"][0]["fields"]["Customer name"] == ["Acme"]
    with place.store.read(person(place.owner.id, "owner")) as session:
        assert records.get(session, "shop.orders", one["id"]).values["created_by"] == place.owner.id


def test_all_problems_are_told_at_once_each_at_its_place(place: Place) -> None:
    wrong = [{"fields": {"Amount": "many"}}, {"fields": {"nothing": 1, "Status": "gone"}}]
    error = place.refused("create_records", **ORDERS, records=wrong)
    assert {one["at"] for one in error["problems"]} == {"/0/amount", "/1/nothing", "/1/status"}
    error = place.refused("create_records", **ORDERS, records=[{"fields": {"Amount": -1}}])
    assert error["message"] == "The amount cannot be negative."
    error = place.refused("query_records", app="shop", tabel="orders", pageSize=1000)
    assert {one["at"] for one in error["problems"]} == {"", "/tabel", "/pageSize"}
    assert place.refused("query_records", app="shop", table="nothing")["type"] == "TABLE_NOT_FOUND"
    assert place.refused("get_record", **ORDERS, record="rec00000000000000")["type"] == "MODEL_ID_NOT_FOUND"
    assert place.refused("drop_everything")["message"] == "There is no tool drop_everything."
    assert not place.ask("query_records", **ORDERS)["records"]


def test_a_view_in_words(place: Place) -> None:
    found = place.ask("explain_view", **ORDERS, view="Paid ones")
    assert found["says"] == [
        "Grid of Orders/Sales.",
        "It shows: Order number.",
        "Only records for which this holds: Status is Paid up.",
        "Grouped by Customer.",
        "Sorted by Amount, descending.",
    ]


def test_an_automation_in_words(place: Place) -> None:
    assert place.ask("list_automations", app="shop")["automations"][0]["id"] == "thank"
    found = place.ask("explain_automation", app="shop", automation="thank")
    assert (found["on"], found["onlyIf"], found["runs"]) == (True, ["Status is Paid up"], {})
    assert "Orders/Sales" in found["when"]
    assert len(found["steps"]) == 1
    assert place.refused("explain_automation", app="shop", automation="gone")["type"] == "MODEL_ID_NOT_FOUND"


def test_a_change_is_planned_and_never_made(place: Place) -> None:
    place.orders({"number": "A-1", "day": "2026-03-31"})
    changes = {"tables": {"orders": {"fields": {"day": None, "vip": {"type": "checkbox", "label": "VIP"}}}}}
    plan = place.ask("plan_definition", app="shop", changes=changes)
    assert (plan["possible"], plan["applied"], plan["lost"]) == (True, False, 1)
    assert {one["does"] for one in plan["alterations"]} == {"add_field", "remove_field"}
    assert "vip" not in json.dumps(place.ask("get_definition", app="shop", at="/tables/orders"))
    wrong = {"tables": {"orders": {"fields": {"vip": {"type": "tickbox"}}}}}
    found = place.ask("check_definition", app="shop", changes=wrong)
    assert found["problems"][0]["at"] == "/tables/orders/fields/vip/type"
    assert not place.ask("plan_definition", app="shop", changes=wrong)["possible"]
    assert "either" in place.refused("plan_definition", app="shop")["message"]
    with place.store.read(person(place.owner.id, "owner")) as session:
        assert session.layout.apps["shop"].revision == 1


def test_a_part_of_a_definition(place: Place) -> None:
    part = place.ask("get_definition", app="shop", at="/tables/orders/checks/positive")
    assert part["definition"] == {"holds": "{amount} >= 0", "message": "The amount cannot be negative."}
    assert place.refused("get_definition", app="shop", at="/tables/gone")["problems"][0]["at"] == "/at"


def test_a_clerk_sees_their_own_orders_without_amounts(place: Place) -> None:
    mine, theirs = place.orders(
        {"number": "A-1", "amount": 987, "owner": place.clerk.id}, {"number": "A-2", "amount": 654}
    )
    clerk = place.token(place.clerk)
    assert place.ask("list_apps", token=clerk)["apps"][0]["tables"] == [{"id": "orders", "name": "Orders/Sales"}]
    assert "Amount" not in json.dumps(place.ask("describe_table", token=clerk, **ORDERS))
    found = place.ask("query_records", token=clerk, **ORDERS)
    assert [one["id"] for one in found["records"]] == [mine]
    assert "987" not in json.dumps(found)
    assert place.ask("group_records", token=clerk, **ORDERS) == {"groups": [{"count": 1}]}
    for wrong in ("{Amount} > 1", "{customer.Name} = 'x'"):
        place.refused("query_records", token=clerk, **ORDERS, filterByFormula=wrong)
    place.refused("group_records", token=clerk, **ORDERS, totals=[{"function": "sum", "field": "Amount"}])
    place.refused("get_record", token=clerk, **ORDERS, record=theirs)
    place.refused("update_records", token=clerk, **ORDERS, records=[{"id": theirs, "fields": {"quantity": 2}}])
    place.refused("update_records", token=clerk, **ORDERS, records=[{"id": mine, "fields": {"Amount": 2}}])
    assert place.ask("update_records", token=clerk, **ORDERS, records=[{"id": mine, "fields": {"quantity": 2}}])
    for_builders: dict[str, dict[str, Any]] = {
        "list_automations": {},
        "explain_automation": {"automation": "thank"},
        "get_definition": {},
        "plan_definition": {"changes": {"label": "Mine"}},
        "check_definition": {"changes": {"label": "Mine"}},
    }
    for tool, more in for_builders.items():
        assert place.refused(tool, token=clerk, app="shop", **more)["type"] == "INVALID_PERMISSIONS", tool


def test_a_token_that_reads_changes_nothing(place: Place) -> None:
    (order,) = place.orders({"number": "A-1"})
    reading = place.token(scope=Scope(writes=False))
    assert place.ask("list_apps", token=reading)["as"]["writes"] is False
    assert place.ask("query_records", token=reading, **ORDERS)["records"]
    for tool, one in (("create_records", {"fields": {}}), ("update_records", {"id": order, "fields": {"quantity": 2}})):
        assert "only read" in place.refused(tool, token=reading, **ORDERS, records=[one])["message"]
    (left,) = place.ask("query_records", token=reading, **ORDERS)["records"]
    assert left["fields"]["Quantity"] == 1


def test_a_token_for_one_table_sees_no_other_and_no_definition(place: Place) -> None:
    scoped = place.token(scope=Scope(within=("shop.customers",)))
    assert [one["id"] for one in place.ask("list_apps", token=scoped)["apps"][0]["tables"]] == ["customers"]
    assert place.refused("query_records", token=scoped, **ORDERS)["type"] == "TABLE_NOT_FOUND"
    for tool in ("get_definition", "plan_definition"):
        more: dict[str, Any] = {"changes": {}} if tool == "plan_definition" else {}
        assert place.refused(tool, token=scoped, app="shop", **more)["type"] == "INVALID_PERMISSIONS", tool


def test_a_token_that_was_taken_back_counts_no_more_in_the_middle_of_a_conversation(place: Place) -> None:
    made, secret = api_tokens.create(place.stores, place.owner.id, place.membership.id, "test")

    async def said(client: object) -> str:
        assert (await client.call_tool("list_apps", {})).structured_content["apps"]  # type: ignore[attr-defined]
        api_tokens.delete(place.stores, place.owner.id, made.id)
        try:
            await client.call_tool("list_apps", {})  # type: ignore[attr-defined]
        except Exception as error:  # noqa: BLE001 - whatever the client makes of a 401
            return str(error)
        return "it still counts"

    assert place.speak(secret, said) != "it still counts"
