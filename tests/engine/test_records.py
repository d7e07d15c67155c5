from __future__ import annotations

from typing import Any

import pytest

from engine import history, queries, records, totals, undo
from engine.access.principals import Principal
from engine.errors import Conflict, NotFound, Refused
from engine.queries import Query
from engine.storage.stores import Workspace
from engine.verifying import verify
from tests.support.workspaces import install

TABLES = {
    "customers": {
        "title": "name",
        "fields": {
            "name": {"type": "text", "required": True, "unique": True},
            "spent": {"type": "rollup", "through": "orders", "field": "total", "function": "sum"},
            "won": {
                "type": "rollup",
                "through": "orders",
                "field": "total",
                "function": "sum",
                "where": {"field": "status", "op": "is", "value": "paid"},
            },
            "orders_count": {"type": "count", "through": "orders"},
            "rich": {"type": "formula", "formula": 'IF({spent} > 100, "yes", "no")'},
        },
    },
    "orders": {
        "title": "number",
        "fields": {
            "number": {"type": "text", "default": "new"},
            "customer": {"type": "link", "to": "customers", "inverse": "orders"},
            "amount": {"type": "currency", "currency": "USD"},
            "quantity": {"type": "number", "default": 1},
            "total": {"type": "formula", "formula": "{amount} * {quantity}"},
            "status": {
                "type": "select",
                "choices": {"open": {"label": "Open"}, "paid": {"label": {"en": "Paid", "zh": "已付"}}},
            },
            "owner": {"type": "user", "default": "=ME()"},
            "day": {"type": "date"},
            "at": {"type": "date_time"},
            "urgent": {"type": "checkbox"},
            "customer_name": {"type": "lookup", "through": "customer", "field": "name"},
            "customer_rich": {"type": "lookup", "through": "customer", "field": "rich"},
            "tags": {"type": "link", "to": "tags", "many": True, "inverse": "orders"},
            "tag_names": {"type": "lookup", "through": "tags", "field": "name"},
        },
        "checks": {"positive": {"holds": "{amount} >= 0", "message": "The amount cannot be negative."}},
    },
    "tags": {
        "title": "name",
        "fields": {
            "name": {"type": "text"},
            "sold": {"type": "rollup", "through": "orders", "field": "total", "function": "sum"},
        },
    },
}


@pytest.fixture
def shop(workspace: Workspace, owner: Principal) -> Workspace:
    install(workspace, owner, TABLES)
    return workspace


def test_computed_fields_follow_through_links(shop: Workspace, owner: Principal) -> None:
    with shop.write(owner) as session:
        (acme,) = records.create(session, "shop.customers", [{"name": "Acme"}])
        red, blue = records.create(session, "shop.tags", [{"name": "red"}, {"name": "blue"}])
        first, second = records.create(
            session,
            "shop.orders",
            [
                {"customer": acme, "amount": 0.1, "quantity": 3, "tags": [blue, red], "status": "paid"},
                {"customer": acme, "amount": 100.25, "day": "2026-03-31", "at": "2026-03-31T14:30:00Z"},
            ],
        )
    with shop.read(owner) as session:
        order = records.get(session, "shop.orders", first).values
        assert order["total"] == 0.3
        assert order["customer_name"] == "Acme"
        assert order["tag_names"] == ["blue", "red"]
        assert order["owner"] == owner.user_id
        customer = records.get(session, "shop.customers", acme).values
        assert (customer["spent"], customer["won"], customer["orders_count"], customer["rich"]) == (
            100.55,
            0.3,
            2,
            "yes",
        )
        assert customer["orders"] == [first, second]
        assert order["customer_rich"] == "yes"
        assert records.get(session, "shop.tags", red).values["sold"] == 0.3
        other = records.get(session, "shop.orders", second).values
        assert (other["day"], other["at"], other["urgent"]) == ("2026-03-31", "2026-03-31T14:30:00.000Z", False)
        assert verify(session) == []
    with shop.write(owner) as session:
        records.update(session, "shop.orders", {second: {"customer": None}, first: {"tags": [red]}})
    with shop.read(owner) as session:
        customer = records.get(session, "shop.customers", acme).values
        assert (customer["spent"], customer["orders_count"], customer["rich"]) == (0.3, 1, "no")
        assert records.get(session, "shop.tags", blue).values["sold"] == 0
        assert records.get(session, "shop.orders", second).values["customer_name"] is None
        assert verify(session) == []


def test_every_problem_is_told_at_once_and_nothing_is_written(shop: Workspace, owner: Principal) -> None:
    given: list[dict[str, Any]] = [
        {"amount": "12,,5", "status": "lost", "colour": "red", "total": 5, "customer": "recDOESNOTEXIST00"},
        {"amount": -1},
    ]
    with pytest.raises(Refused) as refused, shop.write(owner) as session:
        records.create(session, "shop.orders", given, reading="text")
    assert [(one.at, one.code) for one in refused.value.problems] == [
        ("/0/amount", "invalid_value"),
        ("/0/colour", "unknown_field"),
        ("/0/customer", "unknown_record"),
        ("/0/status", "invalid_value"),
        ("/0/total", "computed"),
        ("/1/amount", "check"),
    ]
    assert refused.value.problems[0].value == "12,,5"
    with shop.read(owner) as session:
        assert queries.count(session, Query("shop.orders")) == 0


def test_a_check_of_the_table_refuses_with_its_own_words(shop: Workspace, owner: Principal) -> None:
    with pytest.raises(Refused) as refused, shop.write(owner) as session:
        records.create(session, "shop.orders", [{"amount": 1}, {"amount": -1}])
    assert [(one.at, one.says) for one in refused.value.problems] == [("/1/amount", "The amount cannot be negative.")]


def test_unique_and_required(shop: Workspace, owner: Principal) -> None:
    with shop.write(owner) as session:
        records.create(session, "shop.customers", [{"name": "Acme"}])
    with pytest.raises(Refused) as refused, shop.write(owner) as session:
        records.create(session, "shop.customers", [{"name": "Acme"}, {}, {"name": "B"}, {"name": "B"}])
    assert [(one.at, one.code) for one in refused.value.problems] == [
        ("/0/name", "not_unique"),
        ("/1/name", "required"),
        ("/3/name", "not_unique"),
    ]


def test_undo_takes_back_a_whole_transaction_and_the_links_with_it(shop: Workspace, owner: Principal) -> None:
    with shop.write(owner) as session:
        (acme,) = records.create(session, "shop.customers", [{"name": "Acme"}])
        (order,) = records.create(session, "shop.orders", [{"customer": acme, "amount": 7}])
    with shop.write(owner) as session:
        records.delete(session, "shop.customers", [acme])
        deletion = session.transaction_id
    with shop.read(owner) as session:
        assert records.get(session, "shop.orders", order).values["customer"] is None
    with shop.write(owner, cause=f"undo:{deletion}") as session:
        assert undo.undo(session, deletion) == 2
    with shop.read(owner) as session:
        assert records.get(session, "shop.orders", order).values["customer"] == acme
        assert records.get(session, "shop.customers", acme).values["spent"] == 7
        kinds = [entry.change.kind for entry in history.of_record(session, "shop.customers", acme)]
        assert kinds == ["created", "deleted", "created"]
        assert verify(session) == []


def test_undo_never_overwrites_what_somebody_did_since(shop: Workspace, owner: Principal) -> None:
    with shop.write(owner) as session:
        (acme,) = records.create(session, "shop.customers", [{"name": "Acme"}])
    with shop.write(owner) as session:
        records.update(session, "shop.customers", {acme: {"name": "Acme Ltd"}})
        renaming = session.transaction_id
    with shop.write(owner) as session:
        records.update(session, "shop.customers", {acme: {"name": "Acme Inc"}})
    with pytest.raises(Conflict), shop.write(owner) as session:
        undo.undo(session, renaming)


def test_find_filters_sorts_searches_and_pages(shop: Workspace, owner: Principal) -> None:
    with shop.write(owner) as session:
        a, b = records.create(session, "shop.customers", [{"name": "Zoë"}, {"name": "Bob"}])
        records.create(
            session,
            "shop.orders",
            [
                {"number": f"N{n}", "amount": n, "customer": (a, b)[n % 2], "day": f"2026-01-{n + 1:02}"}
                for n in range(5)
            ],
        )
    with shop.read(owner) as session:
        query = Query(
            "shop.orders", [{"field": "amount", "op": "at_least", "value": 1}], ["customer", "-amount"], limit=3
        )
        page = records.find(session, query)
        assert [one.values["number"] for one in page.records] == ["N3", "N1", "N4"]
        rest = records.find(session, Query(query.table, query.where, query.sort, limit=3, after=page.next))
        assert [one.values["number"] for one in rest.records] == ["N2"]
        assert rest.next is None
        assert queries.count(session, Query("shop.orders", ['={customer.name} = "Zoë"'])) == 3
        assert (
            queries.count(session, Query("shop.orders", [{"field": "customer.name", "op": "contains", "value": "ZOË"}]))
            == 3
        )
        assert queries.count(session, Query("shop.orders", search="zoë")) == 3
        between = {"field": "day", "op": "between", "value": ["2026-01-02", "2026-01-03"]}
        assert queries.count(session, Query("shop.orders", [between])) == 2
        groups = totals.groups(session, Query("shop.orders"), ["customer"], [("sum", "amount")])
        assert {one.values: (one.count, one.totals) for one in groups} == {(a,): (3, (6,)), (b,): (2, (4,))}
        assert totals.totals(session, Query("shop.orders"), [("average", "amount")]) == (2,)
    with pytest.raises(Refused), shop.read(owner) as session:
        records.find(session, Query("shop.orders", [{"field": "nothing", "op": "is", "value": 1}], ["nowhere"]))


def test_a_character_that_no_text_can_hold_is_no_fault_of_ours(shop: Workspace, owner: Principal) -> None:
    with pytest.raises((NotFound, Refused)), shop.read(owner) as session:
        records.get(session, "shop.orders", "rec\x00")
