"""What a token may do of what its holder may: only read, only some tables; on both databases."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from engine import api_tokens
from engine.access.scopes import Scope
from engine.errors import Refused
from tests.web.api.conftest import Client, Installation


def _client(installation: Installation, scope: Scope) -> Client:
    home = installation.membership.id
    _token, secret = api_tokens.create(installation.stores, installation.owner.id, home, "scoped", scope=scope)
    return Client(TestClient(installation.app, raise_server_exceptions=False), secret)


@pytest.fixture
def order(installation: Installation) -> str:
    """A record to try it with."""
    return installation.client().create({"number": "A-1", "amount": 5})[0]


WRITES = [
    ("POST", "/shop/orders", {"fields": {"number": "B"}}),
    ("PATCH", "/shop/orders/{order}", {"fields": {"number": "B"}}),
    ("PUT", "/shop/orders/{order}", {"fields": {"number": "B"}}),
    ("PATCH", "/shop/orders", {"records": [{"id": "{order}", "fields": {"number": "B"}}]}),
    (
        "PATCH",
        "/shop/orders",
        {"performUpsert": {"fieldsToMergeOn": ["number"]}, "records": [{"fields": {"number": "B"}}]},
    ),
    ("DELETE", "/shop/orders/{order}", None),
]


def test_one_that_only_reads_changes_nothing(installation: Installation, order: str) -> None:
    reader = _client(installation, Scope(writes=False))
    for method, path, body in WRITES:
        path, body = path.replace("{order}", order), _filled(body, order)
        error = reader.ask(method, path, body, 403)["error"]
        assert "only read" in error["message"], (method, path)
    (found,) = reader.ask("GET", "/shop/orders")["records"]
    assert found["fields"]["Order number"] == "A-1"
    assert reader.ask("GET", f"/shop/orders/{order}")["id"] == order
    assert reader.ask("GET", "/meta/whoami")["scopes"] == [
        "data.records:read",
        "data.recordComments:read",
        "schema.bases:read",
    ]


def _filled(body: object, order: str) -> object:
    if isinstance(body, dict):
        return {key: _filled(value, order) for key, value in body.items()}
    if isinstance(body, list):
        return [_filled(one, order) for one in body]
    return order if body == "{order}" else body


def test_to_one_for_a_table_the_others_are_not_there(installation: Installation, order: str) -> None:
    """As for somebody whose role shows nothing of them: no table, no link that leads there, no sum over it."""
    everything = installation.client()
    customer = everything.create({"name": "Acme"}, table="customers")[0]
    everything.ask("PATCH", f"/shop/orders/{order}", {"fields": {"customer": [customer]}})
    scoped = _client(installation, Scope(within=("shop.customers",)))
    (found,) = scoped.ask("GET", "/shop/customers")["records"]
    assert set(found["fields"]) == {"Name"}
    scoped.ask("PATCH", f"/shop/customers/{customer}", {"fields": {"Code": "x"}})
    for method, path, body in [*WRITES, ("GET", "/shop/orders", None), ("GET", "/shop/orders/{order}", None)]:
        scoped.ask(method, path.replace("{order}", order), _filled(body, order), 404)
    assert [one["id"] for one in scoped.ask("GET", "/meta/bases/shop/tables")["tables"]] == ["customers"]
    assert [one["id"] for one in scoped.ask("GET", "/meta/bases")["bases"]] == ["shop"]
    scoped.ask("PATCH", f"/shop/customers/{customer}", {"fields": {"Orders": [order]}}, 422)
    scoped.ask("PATCH", f"/shop/customers/{customer}", {"fields": {"orders": [order]}}, 422)
    scoped.ask("GET", "/shop/customers", None, 422, filterByFormula="{Spent} > 0")
    scoped.ask("GET", "/shop/customers", None, 422, filterByFormula="{orders.number} = 'A-1'")


def test_one_for_an_app_takes_all_its_tables(installation: Installation, order: str) -> None:
    scoped = _client(installation, Scope(within=("shop",)))
    assert scoped.ask("GET", "/shop/orders")["records"]
    made = scoped.create({"name": "Acme"}, table="customers")
    scoped.ask("PATCH", f"/shop/orders/{order}", {"fields": {"customer": made}})
    assert scoped.ask("GET", "/shop/customers")["records"][0]["fields"]["Spent"] == 5


def test_one_with_less_than_everything_changes_no_app(installation: Installation) -> None:
    new_choice = {"fields": {"number": "B", "status": "Brand new"}, "typecast": True}
    for scope in (Scope(within=("shop",)), Scope(writes=False), Scope()):
        assert _client(installation, scope).ask("POST", "/shop/orders", new_choice, 403)
    assert _client(installation, Scope(builds=True)).ask("POST", "/shop/orders", new_choice)


def test_only_what_there_is_can_be_named(installation: Installation) -> None:
    for unknown in ("crm", "shop.people", "shop.orders.number", "wsp"):
        with pytest.raises(Refused) as refused:
            _client(installation, Scope(within=("shop.orders", unknown)))
        assert refused.value.problems[0].at == "/within"
