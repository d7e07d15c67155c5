"""A token counts as it is at each request. One may begin by whom it acted for before: its first question proves it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from engine import accounts, api_tokens, workspaces
from engine.accounts import Person
from engine.storage.control_tables import tokens, users
from tests.web.api.conftest import Client, Installation

ORDERS = "/shop/orders"


@pytest.fixture
def ben(installation: Installation) -> Person:
    """A member."""
    who = {"email": "ben@example.com", "name": "Ben", "password": "other four words here", "role": "member"}
    return accounts.add_person(installation.stores, installation.membership.id, **who)


def _delete(installation: Installation, ben: Person) -> None:
    (token,) = api_tokens.belonging_to(installation.stores, ben.id)
    api_tokens.delete(installation.stores, ben.id, token.id)


def _take_out(installation: Installation, ben: Person) -> None:
    workspaces.remove_person(installation.stores, installation.membership.id, ben.id)


def _disable(installation: Installation, ben: Person) -> None:
    _change(installation, sa.update(users).where(users.c.id == ben.id).values(disabled_at="2026-01-01T00:00:00.000Z"))


def _end(installation: Installation, ben: Person) -> None:
    _change(installation, sa.update(tokens).values(expires_at="2026-01-01T00:00:00.000Z"))


def _change(installation: Installation, statement: sa.Update) -> None:
    with installation.stores.control.write() as session:
        session.connection.execute(statement)


@pytest.mark.parametrize("take_back", [_delete, _take_out, _disable, _end])
@pytest.mark.parametrize("asked", [{}, {"pageSize": "many"}])
def test_what_is_taken_back_opens_no_next_read(
    installation: Installation, ben: Person, take_back: Callable[[Installation, Person], None], asked: dict[str, Any]
) -> None:
    client, (order,) = installation.client(ben), installation.client().create({"amount": 1})
    for _time in range(2):
        client.ask("GET", ORDERS)
        client.ask("GET", f"{ORDERS}/{order}")
    take_back(installation, ben)
    assert client.refused("GET", f"{ORDERS}/{order}", status=401) == "AUTHENTICATION_REQUIRED"
    assert client.refused("GET", ORDERS, status=401, **asked) == "AUTHENTICATION_REQUIRED"


@pytest.mark.parametrize("take_back", [_delete, _take_out, _disable, _end])
@pytest.mark.parametrize(
    "body",
    [
        {"fields": {"amount": 1}},
        {"fields": {"no_such": 1}},
        {"fields": "none"},  # told before there is any transaction
        {"fields": {"status": "Later"}, "typecast": True},  # which begins with one that reads
    ],
)
def test_what_is_taken_back_writes_nothing(
    installation: Installation, ben: Person, take_back: Callable[[Installation, Person], None], body: dict[str, Any]
) -> None:
    client, owner = installation.client(ben), installation.client()
    (order,) = client.create({"amount": 1})
    client.ask("PATCH", f"{ORDERS}/{order}", {"fields": {"amount": 2}})
    take_back(installation, ben)
    assert client.refused("POST", ORDERS, body, status=401) == "AUTHENTICATION_REQUIRED"
    assert client.refused("PATCH", f"{ORDERS}/{order}", body, status=401) == "AUTHENTICATION_REQUIRED"
    assert client.refused("DELETE", f"{ORDERS}/{order}", status=401) == "AUTHENTICATION_REQUIRED"
    if take_back is not _end:  # which ended the owner's, too
        assert [one["fields"]["Amount"] for one in owner.ask("GET", ORDERS)["records"]] == [2]


def test_another_role_counts_at_the_next_write(installation: Installation, ben: Person) -> None:
    client, home = installation.client(ben), installation.membership.id
    client.create({"amount": 1})
    workspaces.change_role(installation.stores, home, ben.id, "guest")
    assert client.refused("POST", ORDERS, {"fields": {"amount": 1}}, status=403)


def test_another_role_counts_at_the_next_read(installation: Installation, ben: Person) -> None:
    client, home = installation.client(ben), installation.membership.id
    client.ask("GET", ORDERS)
    workspaces.change_role(installation.stores, home, ben.id, "guest")
    assert client.ask("GET", ORDERS)["records"] == []
    assert api_tokens.holder_of(installation.stores, client.token).role == "guest"
    known = installation.app.state.site.tokens.get(client.token)
    assert known is None or known.holder.role == "guest"  # on SQLite nobody is remembered


def test_reads_note_that_a_token_is_used(installation: Installation, api: Client) -> None:
    api.ask("GET", ORDERS)
    long_ago = "2026-01-01T00:00:00.000Z"
    _change(installation, sa.update(tokens).values(last_used_at=long_ago))
    api.ask("GET", ORDERS)
    (token,) = api_tokens.belonging_to(installation.stores, installation.owner.id)
    assert token.last_used_at is not None
    assert token.last_used_at > long_ago
