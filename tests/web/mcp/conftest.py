"""A shop with roles and an automation, spoken to by the official client of the protocol; on both databases."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import anyio
import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult

from engine import accounts, api_tokens, apps, records, roles
from engine.access.principals import person
from engine.access.scopes import WHOLE, Scope
from engine.accounts import Person
from engine.opening import open_stores
from engine.settings import Settings
from engine.storage.stores import Stores, Workspace
from engine.workspaces import Membership
from tests.support.databases import Database
from tests.web.api.conftest import SHOP
from web.app import create_app

HERE = "http://127.0.0.1:8000"
MINE = "={owner} = ME()"


def shop() -> dict[str, Any]:
    """The shop, whose clerks see their own orders without the amount."""
    made = copy.deepcopy(SHOP)
    made["tables"]["orders"]["views"]["paid"]["group"] = "customer"
    hidden = {"amount": "hidden", "owner": "read_only"}
    seen = {"where": MINE, "read": True, "create": True, "update": True, "fields": hidden}
    made["roles"] = {"clerk": {"label": "Clerk", "tables": {"orders": seen}}}
    made["automations"] = {
        "thank": {
            "label": "Thank for what is paid",
            "trigger": {
                "type": "record_matches",
                "table": "orders",
                "where": {"field": "status", "op": "is", "value": "paid"},
            },
            "steps": {"tell": {"action": "notify", "to": "={owner}", "message": "{{ {number} }} is paid"}},
        }
    }
    return made


@dataclass
class Place:
    """An installation with the shop, its owner, and a clerk who sees less."""

    app: FastAPI
    stores: Stores
    store: Workspace
    membership: Membership
    owner: Person
    clerk: Person

    def token(self, who: Person | None = None, scope: Scope = WHOLE) -> str:
        """A fresh token of somebody, else of the owner."""
        return api_tokens.create(self.stores, (who or self.owner).id, self.membership.id, "test", scope=scope)[1]

    def orders(self, *made: dict[str, Any]) -> list[str]:
        """New orders; their ids."""
        with self.store.write(person(self.owner.id, "owner")) as session:
            return records.create(session, "shop.orders", list(made))

    def speak(self, token: str, said: Callable[[Client], Awaitable[Any]]) -> Any:
        """What comes of a conversation over HTTP."""

        async def held() -> Any:
            headers = {"Authorization": f"Bearer {token}"}
            async with (
                AsyncClient(transport=ASGITransport(self.app), base_url=HERE, headers=headers) as http,
                Client(streamable_http_client(f"{HERE}/mcp", http_client=http)) as client,
            ):
                return await said(client)

        return anyio.run(held)

    def call(self, name: str, /, *, token: str = "", **arguments: Any) -> CallToolResult:
        """The answer of a tool; without a token as the owner."""

        async def said(client: Client) -> CallToolResult:
            answer = await client.call_tool(name, arguments)
            assert isinstance(answer, CallToolResult)
            return answer

        found: CallToolResult = self.speak(token or self.token(), said)
        return found

    def ask(self, name: str, /, *, token: str = "", **arguments: Any) -> Any:
        """What a tool gives."""
        answer = self.call(name, token=token, **arguments)
        assert not answer.is_error, answer.structured_content
        return answer.structured_content

    def refused(self, name: str, /, *, token: str = "", **arguments: Any) -> Any:
        """The error of a tool that is refused."""
        answer = self.call(name, token=token, **arguments)
        assert answer.is_error, answer.structured_content
        assert answer.structured_content is not None
        return answer.structured_content["error"]


@pytest.fixture
def place(database_url: Database) -> Iterator[Place]:
    settings = Settings.from_environment(
        {"FORMWORK_DATA": str(database_url.folder), "FORMWORK_DATABASE_URL": database_url.url, "FORMWORK_API_RATE": "0"}
    )
    stores = open_stores(settings)
    owner, membership = accounts.create_owner(
        stores, email="ada@example.com", name="Ada", password="four words in a row", workspace="Acme"
    )
    clerk = accounts.add_person(
        stores, membership.id, email="cleo@example.com", name="Cleo", password="four other words", role="member"
    )
    store = stores.workspace(membership.id)
    with store.write(person(owner.id, "owner")) as session:
        apps.apply(session, shop())
        roles.give(session, "shop.clerk", clerk.id)
    app = create_app(settings, stores)
    yield Place(app, stores, store, membership, owner, clerk)
    app.state.site.background.close()
    app.state.site.threads.shutdown()
    stores.close()
