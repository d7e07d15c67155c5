"""How many SQL statements an import takes, and when what follows from its lines is worked out. On both databases."""

from __future__ import annotations

import io
from collections import Counter
from typing import Any

import pytest

from engine import imports, records, verifying
from engine.access.principals import Principal
from engine.imports import carrying
from engine.queries import Query
from engine.storage.stores import Workspace
from tests.support.statements import counted
from tests.support.workspaces import install

CUSTOMERS = {
    "title": "name",
    "fields": {
        "name": {"type": "text"},
        "spent": {"type": "rollup", "through": "orders", "field": "total", "function": "sum"},
        "is_big": {"type": "formula", "formula": "{spent} >= 1000"},
    },
}
ORDERS = {
    "title": "number",
    "fields": {
        "number": {"type": "text"},
        "customer": {"type": "link", "to": "customers", "inverse": "orders"},
        "amount": {"type": "number"},
        "qty": {"type": "number"},
        "total": {"type": "formula", "formula": "{amount} * {qty}"},
    },
}
PLAIN = {"customers": CUSTOMERS, "orders": ORDERS}
LIMIT = {"holds": "{spent} <= 100", "message": "That is more than the customer may spend."}


def _file(lines: int) -> bytes:
    rows = [f"N{number},Acme,{number % 7},2" for number in range(lines)]
    return "\n".join(["number,customer,amount,qty", *rows]).encode()


def _mapped(workspace: Workspace, owner: Principal, file: bytes, unknown: str = "create") -> str:
    with workspace.write(owner) as session:
        held = imports.start(session, io.BytesIO(file), "orders.csv", "shop.orders")
        mapping = imports.propose(session, held.id).mapping
        mapping["columns"]["customer"]["unknown"] = unknown
        imports.choose(session, held.id, mapping)
        return held.id


def _spent(workspace: Workspace, owner: Principal) -> dict[str, Any]:
    with workspace.read(owner) as session:
        found = records.find(session, Query("shop.customers")).records
        assert verifying.verify(session) == []
        return {str(one.values["name"]): one.values["spent"] for one in found}


def _statements(workspace: Workspace, owner: Principal, lines: int) -> list[str]:
    key = _mapped(workspace, owner, _file(lines))
    with counted(workspace) as said:
        imports.carry_out(workspace, owner, key)
    return said


def test_a_chunk_takes_as_many_statements_whatever_it_holds(
    workspace: Workspace, owner: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(workspace, owner, PLAIN)
    _statements(workspace, owner, 3)  # what follows from the definitions is made at the first time
    assert len(_statements(workspace, owner, 3)) == len(_statements(workspace, owner, 300))
    monkeypatch.setattr(carrying, "CHUNK", 10)
    one, two, three = (len(_statements(workspace, owner, lines)) for lines in (10, 20, 30))
    assert three - two == two - one <= 4  # a savepoint and its end, the records and the log


@pytest.mark.parametrize(
    ("kind", "cell"),
    [("text", "N'{number} \\ x"), ("number", "{number}"), ("date", "2026-{month:02}-{day:02}")],
)
def test_unique_and_matched_values_are_looked_for_at_once(
    workspace: Workspace, owner: Principal, kind: str, cell: str
) -> None:
    fields = {"key": {"type": kind, "unique": True}, "n": {"type": "number"}}
    install(workspace, owner, {"things": {"title": "key" if kind == "text" else "n", "fields": fields}})
    said: list[int] = []
    counts: dict[str, Any] = {}
    for lines in (3, 1, 300, 300):
        rows = [cell.format(number=number, month=number // 28 + 1, day=number % 28 + 1) for number in range(lines)]
        file = "\n".join(["key,n", *(f"{one},{len(said)}" for one in rows)]).encode()
        with workspace.write(owner) as session:
            held = imports.start(session, io.BytesIO(file), "things.csv", "shop.things")
            columns = {one: {"field": one, "reading": {"as": kind if one == "key" else "number"}} for one in fields}
            imports.choose(session, held.id, {"columns": columns, "match": ["key"]})
        with counted(workspace) as some:
            counts = imports.carry_out(workspace, owner, held.id).counts or {}
        said.append(len(some))
    assert (counts["new"], counts["changed"], counts["refused"]) == (0, 300, 0)
    assert said[3] == said[1]


def test_what_nothing_looks_at_is_worked_out_in_the_end(
    workspace: Workspace, owner: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(workspace, owner, PLAIN)
    monkeypatch.setattr(carrying, "CHUNK", 10)
    said = Counter(_statements(workspace, owner, 50))
    assert {count for sql, count in said.items() if sql.startswith("UPDATE shop__")} == {1}
    assert _spent(workspace, owner) == {"Acme": sum(number % 7 * 2 for number in range(50))}


def test_a_long_import_works_it_out_along_the_way(
    workspace: Workspace, owner: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(workspace, owner, PLAIN)
    monkeypatch.setattr(carrying, "CHUNK", 10)
    monkeypatch.setattr(carrying, "SETTLED", 20)
    said = Counter(_statements(workspace, owner, 50))
    assert {count for sql, count in said.items() if sql.startswith("UPDATE shop__customers")} == {3}
    assert _spent(workspace, owner) == {"Acme": sum(number % 7 * 2 for number in range(50))}


@pytest.mark.parametrize(
    ("tables", "refused"),
    [
        ({"customers": {**CUSTOMERS, "checks": {"limit": LIMIT}}, "orders": ORDERS}, 40),
        (
            {
                "customers": CUSTOMERS,
                "orders": {**ORDERS, "checks": {"limit": {**LIMIT, "holds": "{customer.spent} <= 100"}}},
            },
            40,
        ),
    ],
    ids=["of the other table", "through the link"],
)
def test_a_check_finds_what_it_looks_at_worked_out(
    workspace: Workspace,
    owner: Principal,
    monkeypatch: pytest.MonkeyPatch,
    tables: dict[str, Any],
    refused: int,
) -> None:
    """Ten lines of a hundred in all are taken; with the next ten it would be more than the customer may spend."""
    install(workspace, owner, tables)
    monkeypatch.setattr(carrying, "CHUNK", 10)
    rows = [f"N{number},Acme,5,2" for number in range(50)]
    key = _mapped(workspace, owner, "\n".join(["number,customer,amount,qty", *rows]).encode())
    done = imports.carry_out(workspace, owner, key)
    assert done.counts is not None
    assert (done.counts["new"], done.counts["refused"]) == (50 - refused, refused)
    assert _spent(workspace, owner) == {"Acme": 100}
