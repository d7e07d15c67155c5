"""The workload `sales`: 10,000 customers and 100,000 orders, the same numbers every time."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import xlsxwriter

STATUSES = ("new", "paid", "packed", "shipped", "closed")
WORDS = "lumen quartz sable topaz onyx amber delta grove willow maple umber juniper cedar yarrow opal flint".split()

MINE = "={created_by} = ME()"
COLUMNS = ("number", "customer", "status", "amount", "qty", "ordered_on", "note")  # of orders, as people fill them in

DEFINITION: dict[str, Any] = {
    "formwork": 1,
    "key": "sales",
    "label": "Sales",
    "version": "1.0.0",
    "tables": {
        "customers": {
            "label": "Customers",
            "title": "name",
            "fields": {
                "name": {"type": "text"},
                "spent": {"type": "rollup", "through": "orders", "field": "total", "function": "sum"},
                "orders_count": {"type": "count", "through": "orders"},
            },
        },
        "orders": {
            "label": "Orders",
            "title": "number",
            "fields": {
                "number": {"type": "text"},
                "customer": {"type": "link", "to": "customers", "inverse": "orders"},
                "status": {"type": "select", "choices": {key: {"label": key} for key in STATUSES}},
                "amount": {"type": "number", "decimals": 2},
                "qty": {"type": "number"},
                "ordered_on": {"type": "date"},
                "note": {"type": "long_text"},
                "total": {"type": "formula", "formula": "{amount} * {qty}", "released": True},
            },
            "views": {
                "paid": {
                    "type": "grid",
                    "filter": {"field": "status", "op": "is", "value": "paid"},
                    "sort": ["-ordered_on"],
                },
                "by_day": {"type": "grid", "sort": ["-ordered_on"]},
            },
        },
    },
    "roles": {  # all orders are the clerk's own, so that who has the role finds as much as the owner
        "clerk": {
            "label": "Clerk",
            "tables": {
                "orders": {"read": MINE, "update": MINE, "fields": {"qty": "hidden"}},
                "customers": {"read": True},
            },
        },
    },
}


def customers(count: int) -> list[dict[str, Any]]:
    """Customers by number."""
    return [{"name": f"Customer {number:05}"} for number in range(count)]


def orders(count: int, customer_ids: list[str], seed: int = 1) -> Iterator[dict[str, Any]]:
    """Orders with every kind of field; the seed decides all of them."""
    chance = random.Random(seed)
    for number in range(count):
        yield {
            "number": f"SO-{seed:02}{number:08}",
            "customer": chance.choice(customer_ids),
            "status": chance.choice(STATUSES),
            "amount": chance.randrange(1_000, 200_000) / 100,
            "qty": chance.randrange(1, 20),
            "ordered_on": f"20{chance.randrange(22, 27)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
            "note": " ".join(chance.choices(WORDS, k=12)),
        }


def total(order: Mapping[str, Any]) -> float:
    """What the formula of an order gives."""
    return float(round(order["amount"] * order["qty"], 10))


def file(count: int, customer_count: int) -> bytes:
    """A CSV file of orders, each with its customer's name."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_named(count, customer_count, seed=3))
    return text.getvalue().encode()


def sheet(count: int, customer_count: int) -> bytes:
    """As many other orders as XLSX, as a spreadsheet would keep them."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, COLUMNS)
        for row, one in enumerate(_named(count, customer_count, seed=5), 1):
            for column, key in enumerate(COLUMNS):
                if key == "ordered_on":
                    sheet.write_datetime(row, column, datetime.fromisoformat(one[key]), day)
                else:
                    sheet.write(row, column, one[key])
    return content.getvalue()


def _named(count: int, customer_count: int, seed: int) -> Iterator[dict[str, Any]]:
    return orders(count, [one["name"] for one in customers(customer_count)], seed)
