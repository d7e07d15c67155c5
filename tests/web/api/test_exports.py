"""All records of a list as one file, by the API, on both databases."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from httpx2 import Response

from engine import api_tokens
from engine.access.scopes import Scope
from tests.web.api.conftest import Client, Installation


def export(client: Client, table: str, **body: Any) -> Response:
    headers = {"Authorization": f"Bearer {client.token}"}
    return client.http.post(f"/v0/shop/{table}/exports", json=body, headers=headers)


def test_the_options_of_a_list_say_what_is_in_it(api: Client) -> None:
    (ann,) = api.create({"Name": "Ann"}, table="customers")
    api.create(
        {"number": "A-1", "amount": 5, "customer": [ann], "status": "paid"},
        {"number": "A-2", "amount": 7, "status": "open"},
        {"number": "A-3", "amount": 1},
    )
    fields = ["number", "customer", "Status", "total"]
    sort = [{"field": "amount", "direction": "desc"}]
    answer = export(api, "Orders%2FSales", fields=fields, sort=sort, filterByFormula="{Amount} > 2")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    found = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert found[0] == ["Order number", "Customer", "Status", "Total"]
    assert found[1:] == [["A-2", "", "Open", "7"], ["A-1", "Ann", "Paid up", "5"]]
    chosen = {"fields": ["number", "customer", "Status"], "view": "paid", "returnFieldsByFieldId": True}
    (one,) = json.loads(export(api, "orders", format="json", **chosen).text)
    assert (one["number"], one["customer"], one["status"]) == ("A-1", ann, "paid")


def test_mistakes_are_told_before_anything_comes(api: Client) -> None:
    assert export(api, "orders", format="pdf").status_code == 422
    assert export(api, "orders", fields=["nothing"]).json()["error"]["type"] == "UNKNOWN_FIELD_NAME"
    assert export(api, "nothing").status_code == 404
    assert api.http.post("/v0/shop/orders/exports", json={}).status_code == 401


def test_a_token_that_only_reads_takes_along_what_it_may_read(installation: Installation) -> None:
    home = installation.membership.id
    scope = Scope(False, ("shop.customers",))
    _token, secret = api_tokens.create(installation.stores, installation.owner.id, home, "scoped", scope=scope)
    client = Client(installation.client().http, secret)
    assert export(client, "customers").status_code == 200
    assert export(client, "orders").status_code in (403, 404)
