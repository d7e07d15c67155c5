"""Where a page begins is said by a text that we made; whatever else comes in its place begins no page (T-JSON-02)."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.web.api.conftest import Client

ORDERS = "/shop/orders"
NO_PAGE = "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"
DEEP = "[" * 3_000
TEXTS = [
    "5", "null", "{}", "[]", "[1]", "[1, 2, 3]", '"ab"', DEEP, '["x", NaN]', '["x", 1e999]', '["x", -1]',
    '["x", ' + "9" * 20 + "]", '["x", ' + "9" * 5_000 + "]", '["\\ud800", null]', '{"a": 1, "a": 2}', "\x00",
]  # fmt: skip


def spelled(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")


def answered(api: Client, path: str, **query: Any) -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {api.token}"}
    answer = api.http.get(f"/v0{path}", params=query, headers=headers)
    found = answer.json().get("error", "")
    return answer.status_code, found if isinstance(found, str) else found["type"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # judged before the database is asked
@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text[:20])
def test_what_is_no_offset_begins_no_page(api: Client, text: str) -> None:
    api.create({"number": "1"})
    inner = json.dumps([spelled(text), None])
    for offset in (f"itr{spelled(text)}/rec1", f"itr{spelled(inner)}/rec1", "itr=", "itr\u00e9", "itr" + "A" * 99):
        assert answered(api, ORDERS, offset=offset) == (422, NO_PAGE)
    assert answered(api, "/meta/trash", offset=spelled(text))[0] == 422


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_offset_with_other_values_is_none_of_ours(api: Client) -> None:
    """They would be compared with what stands in the table, whatever they are (T-ANC-15)."""
    api.create(*[{"number": str(number), "amount": number} for number in range(3)])
    sort: dict[str, Any] = {"sort[0][field]": "amount", "pageSize": 1}
    offset = api.ask("GET", ORDERS, **sort)["offset"]
    assert [one["fields"]["Amount"] for one in api.ask("GET", ORDERS, **sort, offset=offset)["records"]] == [1]
    payload, _dot, mark = offset.removeprefix("itr").partition(".")
    (after, left) = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    changed = spelled(json.dumps([after, 1]))
    for wrong in (f"itr{changed}.{mark}", f"itr{payload}./rec1", f"itr{payload}/rec1", f"itr{payload}.{mark[1:]}"):
        assert answered(api, ORDERS, offset=wrong, **sort) == (422, NO_PAGE)
    assert left is None
    for other in ({}, {"sort[0][field]": "number"}, {"sort[0][field]": "amount", "sort[0][direction]": "desc"}):
        assert answered(api, ORDERS, offset=offset, **other) == (422, NO_PAGE)
