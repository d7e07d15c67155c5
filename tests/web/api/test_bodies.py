"""Bodies that other readers would understand otherwise, or that name nothing to be done.

T-JSON-01, T-JSON-02, T-BULK-01.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.api.conftest import Client

ORDERS = "/shop/orders"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # judged before the database is asked


def sent(api: Client, content: bytes, method: str = "POST", path: str = ORDERS) -> int:
    headers = {"Authorization": f"Bearer {api.token}", "Content-Type": "application/json"}
    return api.http.request(method, f"/v0{path}", content=content, headers=headers).status_code


def numbers(api: Client) -> list[str]:
    return [one["fields"].get("number", "") for one in api.ask("GET", ORDERS, returnFieldsByFieldId="true")["records"]]


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"fields": {"number": "1", "number": "2"}}',
        b'{"fields": {"number": "1"}, "fields": {"number": "2"}}',
        b'{"fields": {"number": "1"}, "fields" : {}}',
        b'{"fields": {"amount": NaN}}',
        b'{"fields": {"amount": -Infinity}}',
        b'{"fields": {"amount": 1e999}}',
        b'{"fields": {"amount": ' + b"9" * 5000 + b"}}",
        b'{"fields": {"number": "\\ud800"}}',
        b'{"fields": {"number": "\xff\xfe"}}',
        b'\xef\xbb\xbf{"fields": {"number": "1"}}',
        b'{"fields": {"number": "1"}} {"fields": {}}',
        b'[{"fields": {"number": "1"}}]',
        b'"fields"',
        b"null",
        b"{'fields': 1}",
    ],
)
def test_what_is_read_in_two_ways_is_not_read(api: Client, content: bytes) -> None:
    assert sent(api, content) in (400, 422)
    assert numbers(api) == []


def test_a_colon_in_a_text_makes_no_key(api: Client) -> None:
    assert sent(api, b'{"fields": {"number": "\\"number\\": \\\\"}, "x": ["number" , "a\\":", "number"]}') == 200
    assert sent(api, b'{"fields": {"number": "\\"number\\": \\"number\\":"}}') == 200


@pytest.mark.parametrize("name", ["__proto__", "constructor", "prototype"])
def test_names_that_mean_something_elsewhere_mean_nothing_here(api: Client, name: str) -> None:
    assert sent(api, b'{"%s": {"typecast": true}, "fields": {"number": "1"}}' % name.encode()) == 200
    assert api.refused("POST", ORDERS, {"fields": {name: {"number": "2"}}}) == "UNKNOWN_FIELD_NAME"
    assert numbers(api) == ["1"]


@pytest.mark.parametrize("body", [{}, {"records": None}, {"records": []}, {"records": {}}, {"records": ""}])
def test_nothing_is_never_everything(api: Client, body: dict[str, Any]) -> None:
    api.create({"number": "1"}, {"number": "2"})
    for method in ("PATCH", "PUT"):
        api.refused(method, ORDERS, body)
    for query in ({}, {"records[]": ""}, {"records": "*"}, {"records[]": "*"}):
        answer = api.http.delete(f"/v0{ORDERS}", params=query, headers={"Authorization": f"Bearer {api.token}"})
        assert answer.status_code in (404, 422), query
    nothing: tuple[Any, ...] = ({}, None, [], {"nothing": 1})
    for fields in nothing:
        api.http.patch(
            f"/v0{ORDERS}",
            json={"records": [{"fields": fields}]},
            headers={"Authorization": f"Bearer {api.token}"},
        )
    assert sorted(numbers(api)) == ["1", "2"]
