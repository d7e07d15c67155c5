"""T-LIM-01 of the API: at each limit it passes, one more and it is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.api.conftest import Client
from web.api.answering import MAX_DEPTH, MAX_KEYS
from web.api.writing import MOST
from web.security import ADDRESS_BYTES, FORM_BYTES

ORDERS = "/shop/orders"


def nested(levels: int) -> Any:
    value: Any = {}
    for _level in range(levels - 1):
        value = {"more": value}
    return value


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # judged before the database is asked
def test_bodies_and_addresses(api: Client) -> None:
    list_ = f"{ORDERS}/listRecords"
    api.ask("POST", list_, nested(MAX_DEPTH))
    assert api.refused("POST", list_, nested(MAX_DEPTH + 1)) == "INVALID_REQUEST_UNKNOWN"
    assert api.refused("POST", list_, nested(900)) == "INVALID_REQUEST_UNKNOWN"
    api.ask("POST", list_, {f"{number}": 0 for number in range(MAX_KEYS // 2)})
    assert api.refused("POST", list_, {"a": [{"": 0}] * (MAX_KEYS)}) == "INVALID_REQUEST_UNKNOWN"

    room = ADDRESS_BYTES - len(f"/v0{ORDERS}") - len("search=")
    api.ask("GET", ORDERS, search="x" * room)
    assert api.refused("GET", ORDERS, status=414, search="x" * (room + 1)) == "REQUEST_URI_TOO_LONG"

    frame = len('{"search":""}')
    api.ask("POST", list_, {"search": "x" * (FORM_BYTES - frame)})
    assert api.refused("POST", list_, {"search": "x" * (FORM_BYTES - frame + 1)}, 413) == "REQUEST_ENTITY_TOO_LARGE"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_pages_and_records_at_once(api: Client) -> None:
    api.ask("GET", ORDERS, pageSize=100)
    assert api.refused("GET", ORDERS, pageSize=101) == "INVALID_REQUEST_UNKNOWN"
    assert len(api.create(*[{"number": "1"}] * MOST)) == MOST
    assert api.refused("POST", ORDERS, {"records": [{"fields": {"number": "1"}}] * (MOST + 1)}) == "INVALID_RECORDS"
    names = ["number", "amount", "quantity", "day", "at", "urgent"]
    api.ask("POST", f"{ORDERS}/listRecords", {"sort": [{"field": one} for one in names[:5]]})
    api.refused("POST", f"{ORDERS}/listRecords", {"sort": [{"field": one} for one in names]})
