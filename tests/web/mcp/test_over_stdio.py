"""`formwork mcp` as an assistant's program starts it: a process of its own, with and without a server beside it."""

from __future__ import annotations

from typing import Any

import anyio
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from engine import accounts, api_tokens, apps
from engine.access.principals import person
from engine.access.scopes import WHOLE, Scope
from engine.opening import open_stores
from engine.settings import Settings
from tests.support.databases import Database
from tests.support.server import COMMAND, ROOT, Machine
from tests.web.mcp.conftest import shop

ORDERS = {"app": "shop", "table": "orders"}


def with_shop(machine: Machine) -> Machine:
    """The installation, with an owner and the shop in it."""
    stores = open_stores(Settings.from_environment(machine.environment({})))
    owner, membership = accounts.create_owner(
        stores, email="ada@example.com", name="Ada", password="four words in a row", workspace="Acme"
    )
    with stores.workspace(membership.id).write(person(owner.id, "owner")) as session:
        apps.apply(session, shop())
    stores.close()
    return machine


def token(machine: Machine, scope: Scope = WHOLE) -> str:
    words = ["token", "create", "assistant", *([] if scope.writes else ["--read-only"])]
    return machine.run(*words).out.strip()


def said(machine: Machine, secret: str, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
    """What the tools answer, one after the other."""

    async def held() -> list[Any]:
        program = StdioServerParameters(
            command=COMMAND[0],
            args=[*COMMAND[1:], "mcp"],
            env=machine.environment({"FORMWORK_TOKEN": secret}),
            cwd=ROOT,
        )
        async with Client(stdio_client(program)) as client:
            return [(await client.call_tool(name, arguments)).structured_content for name, arguments in calls]

    return anyio.run(held)


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("create_records", {**ORDERS, "records": [{"fields": {"Order number": "A-1", "Amount": 2}}]}),
    ("query_records", {**ORDERS, "fields": ["total"]}),
    ("query_records", {**ORDERS, "fields": ["gone"]}),
]


def test_an_assistant_on_the_same_machine(database_url: Database) -> None:
    anywhere = with_shop(Machine(database_url))
    made, found, refused = said(anywhere, token(anywhere), *CALLS)
    assert made["records"][0]["fields"]["Total"] == 2
    assert [one["fields"] for one in found["records"]] == [{"Total": 2}]
    assert refused["error"]["type"] == "UNKNOWN_FIELD_NAME"


def test_it_works_beside_a_server_and_leaves_the_folder_free(machine: Machine) -> None:
    with_shop(machine)
    secret = token(machine)
    server = machine.serve()
    _made, found, _refused = said(machine, secret, *CALLS)
    assert len(found["records"]) == 1
    assert server.stop() == 0
    (again,) = said(machine, secret, CALLS[1])
    assert again == found


def test_a_token_that_reads_or_counts_no_more(machine: Machine) -> None:
    with_shop(machine)
    (refused,) = said(machine, token(machine, Scope(writes=False)), CALLS[0])
    assert "only read" in refused["error"]["message"]
    made, secret = created(machine)
    machine.run("token", "revoke", made)
    (refused,) = said(machine, secret, CALLS[1])
    assert refused["error"]["type"] == "AUTHENTICATION_REQUIRED"


def created(machine: Machine) -> tuple[str, str]:
    stores = open_stores(Settings.from_environment(machine.environment({})))
    try:
        owner = accounts.person_by_email(stores, "ada@example.com")
        assert owner is not None
        (home,) = {one.workspace_id for one in api_tokens.belonging_to(stores, owner.id)}
        made, secret = api_tokens.create(stores, owner.id, home, "another")
        return made.id, secret
    finally:
        stores.close()


def test_without_a_token_it_says_what_to_do(machine: Machine) -> None:
    done = machine.run("mcp")
    assert (done.code, done.out) == (3, "")
    assert "FORMWORK_TOKEN" in done.err
