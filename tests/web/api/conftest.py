"""The API of a fresh installation with a small shop in it, on both databases, asked with the owner's token."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from engine import accounts, api_tokens, apps
from engine.access.principals import person
from engine.accounts import Person
from engine.opening import open_stores
from engine.settings import Settings
from engine.storage.stores import Stores
from engine.workspaces import Membership
from tests.support.databases import Database
from web.app import create_app

TABLES: dict[str, Any] = {
    "customers": {
        "label": {"en": "Customers", "zh": "客户"},
        "title": "name",
        "fields": {
            "name": {"type": "text", "label": {"en": "Name", "zh": "名称"}, "required": True},
            "code": {"type": "text", "label": "Code"},
            "spent": {"type": "rollup", "through": "orders", "field": "total", "function": "sum", "label": "Spent"},
        },
    },
    "orders": {
        "label": {"en": "Orders/Sales", "zh": "订单"},
        "title": "number",
        "fields": {
            "number": {"type": "text", "label": "Order number"},
            "customer": {"type": "link", "to": "customers", "inverse": {"key": "orders", "label": "Orders"}},
            "amount": {"type": "number", "decimals": 2, "label": "Amount"},
            "quantity": {"type": "number", "default": 1},
            "total": {"type": "formula", "formula": "{amount} * {quantity}"},
            "ratio": {"type": "formula", "formula": "{amount} / {quantity}"},
            "status": {
                "type": "select",
                "label": {"en": "Status", "zh": "状态"},
                "choices": {"open": {"label": {"en": "Open", "zh": "进行"}}, "paid": {"label": "Paid up"}},
            },
            "owner": {"type": "user"},
            "day": {"type": "date"},
            "at": {"type": "date_time"},
            "urgent": {"type": "checkbox"},
            "customer_name": {"type": "lookup", "through": "customer", "field": "name"},
            "statuses": {"type": "lookup", "through": "same_day", "field": "status"},
            "same_day": {"type": "link", "to": "orders", "many": True},
        },
        "checks": {"positive": {"holds": "{amount} >= 0", "message": "The amount cannot be negative."}},
        "views": {
            "all": {"type": "grid", "label": "All"},
            "paid": {
                "type": "grid",
                "label": {"en": "Paid ones", "zh": "已付"},
                "fields": ["number"],
                "filter": {"field": "status", "op": "is", "value": "paid"},
                "sort": ["-amount"],
            },
        },
    },
}
SHOP: dict[str, Any] = {"formwork": 1, "key": "shop", "label": "Shop", "version": "1.0.0", "tables": TABLES}


@dataclass
class Client:
    """An API client with a token; paths begin after `/v0`."""

    http: TestClient
    token: str

    def ask(self, method: str, path: str, body: Any = None, status: int = 200, **query: Any) -> Any:
        """The JSON of the answer, whose status must be `status`."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        answer = self.http.request(method, f"/v0{path}", json=body, params=query or None, headers=headers)
        assert answer.status_code == status, (answer.status_code, answer.text)
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        found = answer.json()
        assert isinstance(found, dict)
        return found

    def create(self, *records: dict[str, Any], table: str = "orders", **more: Any) -> list[str]:
        """New records; their ids."""
        body = {"records": [{"fields": one} for one in records], **more}
        return [one["id"] for one in self.ask("POST", f"/shop/{table}", body)["records"]]

    def refused(self, method: str, path: str, body: Any = None, status: int = 422, **query: Any) -> str:
        """The type of the error."""
        error = self.ask(method, path, body, status, **query)["error"]
        return str(error if isinstance(error, str) else error["type"])


@dataclass
class Installation:
    """The application and who is in it."""

    app: FastAPI
    stores: Stores
    owner: Person
    membership: Membership

    def client(self, user: Person | None = None) -> Client:
        """A client with a fresh token of `user`, else of the owner."""
        who = user or self.owner
        _token, secret = api_tokens.create(self.stores, who.id, self.membership.id, "test")
        return Client(TestClient(self.app, raise_server_exceptions=False), secret)


@pytest.fixture
def installation(database_url: Database) -> Iterator[Installation]:
    """A fresh installation with the shop in its only workspace."""
    environment = {
        "FORMWORK_DATA": str(database_url.folder),
        "FORMWORK_DATABASE_URL": database_url.url,
        "FORMWORK_API_RATE": "0",
    }
    settings = Settings.from_environment(environment)
    stores = open_stores(settings)
    owner, membership = accounts.create_owner(
        stores, email="ada@example.com", name="Ada", password="four words in a row", workspace="Acme"
    )
    with stores.workspace(membership.id).write(person(owner.id, "owner")) as session:
        apps.apply(session, SHOP)
    app = create_app(settings, stores)
    yield Installation(app, stores, owner, membership)
    app.state.site.background.close()
    stores.close()


@pytest.fixture
def api(installation: Installation) -> Client:
    """The owner's client."""
    return installation.client()
