"""What pyairtable does with records: read, written, found by formulas, in pages and in batches."""

from __future__ import annotations

import datetime
from typing import Any

import pyairtable
import pytest
import requests
from pyairtable import formulas
from pyairtable.formulas import AND, OR, Field, match

from tests.web.api.clients.conftest import Started, refused


def names(found: list[Any]) -> list[str]:
    return [one["fields"]["Order number"] for one in found]


@pytest.fixture
def filled(orders: pyairtable.Table) -> pyairtable.Table:
    orders.batch_create(
        [
            {"Order number": f"{number:02}", "Amount": number * 10, "Status": "Paid up" if number % 2 else "Open"}
            for number in range(25)
        ]
    )
    return orders


def test_a_record_is_made_read_changed_replaced_and_deleted(orders: pyairtable.Table) -> None:
    made = orders.create({"Order number": "1", "Amount": 12.5, "Quantity": 2, "Notes": "x"})
    assert made["fields"] == {
        "Order number": "1", "Amount": 12.5, "Quantity": 2, "Total": 25, "Ratio": 6.25, "Notes": "x",
    }  # fmt: skip
    assert orders.get(made["id"]) == made
    changed = orders.update(made["id"], {"Amount": 20, "Notes": None})
    assert changed["fields"] == {"Order number": "1", "Amount": 20, "Quantity": 2, "Total": 40, "Ratio": 10}
    replaced = orders.update(made["id"], {"Order number": "2"}, replace=True, typecast=True)
    assert replaced["fields"] == {"Order number": "2", "Total": 0, "Ratio": {"error": "#ERROR!"}}
    assert orders.delete(made["id"]) == {"id": made["id"], "deleted": True}
    assert refused(orders.get, made["id"]) == (404, "MODEL_ID_NOT_FOUND")


def test_many_are_made_changed_merged_and_deleted(orders: pyairtable.Table) -> None:
    made = orders.batch_create([{"Order number": str(number)} for number in range(23)])
    assert names(made) == [str(number) for number in range(23)]
    changed = orders.batch_update([{"id": one["id"], "fields": {"Amount": 5}} for one in made])
    assert [one["fields"]["Amount"] for one in changed] == [5] * 23
    replaced = orders.batch_update([{"id": one["id"], "fields": {"Quantity": 3}} for one in made[:2]], replace=True)
    assert [one["fields"] for one in replaced] == [{"Quantity": 3, "Total": 0, "Ratio": 0}] * 2
    merged = orders.batch_upsert(
        [
            {"fields": {"Order number": "5", "Amount": 55}},
            {"fields": {"Order number": "new", "Amount": 1}},
            {"id": made[0]["id"], "fields": {"Amount": 7}},
        ],
        key_fields=["Order number"],
    )
    assert [one["fields"]["Amount"] for one in merged["records"]] == [55, 1, 7]
    assert merged["updatedRecords"] == [made[5]["id"], made[0]["id"]]
    (new,) = merged["createdRecords"]
    gone = orders.batch_delete([new, *(one["id"] for one in made)])
    assert gone == [{"id": one, "deleted": True} for one in [new, *(one["id"] for one in made)]]
    assert orders.all() == []


def test_pages_neither_miss_nor_repeat_while_others_write(filled: pyairtable.Table) -> None:
    pages = []
    for page in filled.iterate(page_size=10, sort=["Order number"]):
        pages.append(names(page))
        filled.create({"Order number": f"0{len(pages)}x"})  # one comes behind, one before
        filled.delete(page[0]["id"])
    assert [len(page) for page in pages] == [10, 10, 5]
    found = [one for page in pages for one in page]
    assert len(set(found)) == len(found)
    assert set(found) >= {f"{number:02}" for number in range(25)}


def test_as_many_as_are_asked_for(filled: pyairtable.Table) -> None:
    pages = list(filled.iterate(page_size=10, max_records=15))
    assert [len(page) for page in pages] == [10, 5]
    assert len(filled.all()) == 25
    first = filled.first(sort=["-Amount"])
    assert first is not None
    assert first["fields"]["Amount"] == 240
    assert filled.first(formula="FALSE()") is None


def test_fields_views_and_order_are_chosen(filled: pyairtable.Table) -> None:
    found = filled.all(fields=["Amount", "状态"], sort=["-amount"], max_records=1)
    assert found[0]["fields"] == {"Amount": 240, "Status": "Open"}
    found = filled.all(fields=["Amount"], sort=["Status", "-Amount"], max_records=2, use_field_ids=True)
    assert [one["fields"] for one in found] == [{"amount": 240}, {"amount": 220}]
    assert [one["fields"]["Amount"] for one in filled.all(view="Paid ones")] == [*range(230, 0, -20)]


def test_ids_of_fields_instead_of_names(started: Started, filled: pyairtable.Table) -> None:
    api = started.api(use_field_ids=True)
    table = api.table("shop", "orders")
    made = table.create({"number": "x", "amount": 1})
    assert made["fields"] == {"number": "x", "amount": 1, "quantity": 1, "total": 1, "ratio": 1}
    assert table.get(made["id"]) == made
    assert table.update(made["id"], {"Amount": 2})["fields"]["amount"] == 2
    assert table.batch_update([{"id": made["id"], "fields": {"amount": 3}}])[0]["fields"]["amount"] == 3
    assert table.batch_create([{"amount": 4}])[0]["fields"]["amount"] == 4
    merged = table.batch_upsert([{"fields": {"number": "x", "amount": 5}}], key_fields=["number"])
    assert merged["records"][0]["fields"]["amount"] == 5


LONG = OR(*(Field("Order number").eq(f"{number:02}") for number in range(499)))  # more than an address holds
FORMULAS: list[tuple[Any, int]] = [
    (match({"Order number": "07"}), 1),
    (match({"Status": "Open", "Amount": (">=", 200)}), 3),
    (match({"Status": "Open", "Amount": 10}, match_any=True), 14),
    (match({"Order number": 'it\'s "quoted"'}), 0),
    (AND(Field("Amount").gt(100), Field("Amount").lte(120)), 2),
    (OR(Field("Amount").eq(0), Field("Order number").eq("24")), 2),
    (~Field("Status").eq("Open") & Field("Amount").lt(30), 1),
    (formulas.NOT(formulas.EQ(Field("Status"), "Open")), 12),
    (formulas.FIND("1", Field("Order number")), 12),
    (formulas.SEARCH("4", Field("Order number")) & formulas.GT(formulas.LEN(Field("Order number")), 1), 3),
    (formulas.IF(Field("Amount").gt(200), 1, 0), 4),
    (formulas.EQ(formulas.MOD(Field("Amount"), 50), 0), 5),
    (formulas.EQ(formulas.LEFT(Field("Order number"), 1), "2"), 5),
    (formulas.IS_BEFORE(formulas.CREATED_TIME(), datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)), 0),
    (formulas.IS_AFTER(formulas.CREATED_TIME(), datetime.date(2020, 1, 1)), 25),
    (formulas.REGEX_MATCH(Field("Order number"), "^1"), 10),
    (formulas.EQ(formulas.SWITCH(Field("Status"), "Open", 1, 2), 1), 13),
    (LONG, 25),
]


def test_formulas_that_the_client_builds(filled: pyairtable.Table) -> None:
    assert [len(filled.all(formula=formula)) for formula, _count in FORMULAS] == [count for _f, count in FORMULAS]


def test_what_is_too_long_for_an_address_keeps_its_options(filled: pyairtable.Table) -> None:
    pages = list(
        filled.iterate(
            formula=LONG, page_size=10, sort=["-Amount"], fields=["Amount", "At"], max_records=12,
            cell_format="string", time_zone="Europe/Berlin", user_locale="de", use_field_ids=True, count_comments=True,
        )
    )  # fmt: skip
    assert [len(page) for page in pages] == [10, 2]
    assert pages[0][0]["fields"] == {"amount": "240,00"}
    assert pages[0][0]["commentCount"] == 0


def test_cells_as_texts(client: pyairtable.Api, orders: pyairtable.Table, started: Started) -> None:
    acme = client.table("shop", "Customers").create({"Name": "Acme"})
    other = orders.create({"Order number": "0"})
    made = orders.create(
        {
            "Order number": "1", "Amount": 1234.5, "Customer": [acme["id"]], "Status": "Paid up",
            "Tags": ["Blue", "Red"],
            "Owner": {"id": started.installation.owner.id}, "Day": "2026-03-01", "At": "2026-03-01T14:30:00.000Z",
            "Urgent": True, "Share": 0.125, "Took": 5400, "Stars": 3, "Same day": [other["id"]],
        }
    )  # fmt: skip
    texts = orders.get(made["id"], cell_format="string", time_zone="Asia/Shanghai", user_locale="en-ie")["fields"]
    assert texts == {
        "Order number": "1", "Customer": "Acme", "Amount": "1,234.50", "Quantity": "1", "Total": "1,234.5",
        "Ratio": "1,234.5", "Status": "Paid up", "Owner": "Ada", "Day": "1 Mar 2026", "At": "1 Mar 2026, 22:30:00",
        "Urgent": "checked", "Customer name": "Acme", "Same day": "0", "Tags": "Red, Blue",
        "Share": "12.5%", "Took": "1:30", "Stars": "3",
    }  # fmt: skip
    (utc,) = orders.all(formula="{Order number} = '1'", cell_format="string", time_zone="utc", user_locale="en")
    assert "2:30:00" in utc["fields"]["At"]
    for wrong in ({}, {"time_zone": "utc"}, {"time_zone": "Mars/Olympus", "user_locale": "en"}):
        assert refused(orders.first, cell_format="string", **wrong) == (422, "INVALID_REQUEST_UNKNOWN")


def test_texts_are_cast(client: pyairtable.Api, orders: pyairtable.Table) -> None:
    made = orders.create(
        {
            "Amount": "12.5", "Status": "Brand new", "Tags": ["Red", "Pink"], "Customer": "Acme", "Day": "2026-03-01",
            "Urgent": "true", "Same day": ["A", "B"],
        },
        typecast=True,
    )["fields"]  # fmt: skip
    (acme,) = client.table("shop", "customers").all()
    assert (made["Amount"], made["Status"], made["Tags"]) == (12.5, "Brand new", ["Red", "Pink"])
    assert (made["Customer"], made["Customer name"], made["Day"], made["Urgent"]) == (
        [acme["id"]], ["Acme"], "2026-03-01", True,
    )  # fmt: skip
    assert len(made["Same day"]) == 2
    wrong: list[Any] = [
        {"Amount": "12.5"}, {"Status": "Newer"}, {"Urgent": "yes"}, {"Customer": "Acme"}, {"Total": 1}
    ]  # fmt: skip
    assert [refused(orders.create, one)[0] for one in wrong] == [422] * 5


def test_errors_have_the_types_that_clients_know(client: pyairtable.Api, orders: pyairtable.Table) -> None:
    assert refused(client.table("shop", "nope").all) == (404, "TABLE_NOT_FOUND")
    assert refused(client.table("nope", "orders").all) == (404, "NOT_FOUND")
    assert refused(orders.get, "rec00000000000000") == (404, "MODEL_ID_NOT_FOUND")
    assert refused(orders.get, "x") == (404, "NOT_FOUND")
    assert refused(orders.create, {"Nope": 1}) == (422, "UNKNOWN_FIELD_NAME")
    assert refused(orders.create, {"Total": 1}) == (422, "INVALID_VALUE_FOR_COLUMN")
    assert refused(orders.create, {"Status": "Nope"}) == (422, "INVALID_MULTIPLE_CHOICE_OPTIONS")
    assert refused(orders.all, formula="{Nope} = 1") == (422, "INVALID_FILTER_BY_FORMULA")
    assert refused(orders.all, view="Nope") == (422, "VIEW_NAME_NOT_FOUND")
    assert refused(orders.all, sort=["Nope"]) == (422, "UNKNOWN_FIELD_NAME")
    assert refused(orders.all, offset="itrnope/rec") == (422, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE")
    assert refused(orders.batch_upsert, [{"fields": {"Total": 1}}], key_fields=["Total"])[0] == 422
    stranger = pyairtable.Api("fwk_nope", endpoint_url=client.endpoint_url)
    assert refused(stranger.table("shop", "orders").all) == (401, "AUTHENTICATION_REQUIRED")


def test_files_are_sent_and_read_back(orders: pyairtable.Table) -> None:
    made = orders.create({"Order number": "1"})
    sent = orders.upload_attachment(made["id"], "Papers", "notes.txt", b"first line\n" * 50, "text/plain")
    (held,) = sent["fields"]["papers"]
    assert (held["filename"], held["type"], held["size"]) == ("notes.txt", "text/plain", 550)
    assert requests.get(held["url"]).content == b"first line\n" * 50
    orders.upload_attachment(made["id"], "papers", "more.txt", "text", "text/plain")
    (record,) = orders.all()
    assert [one["filename"] for one in record["fields"]["Papers"]] == ["notes.txt", "more.txt"]
    one: Any = {"Papers": [{"id": held["id"]}]}
    kept = orders.update(made["id"], one)
    assert [one["id"] for one in kept["fields"]["Papers"]] == [held["id"]]
