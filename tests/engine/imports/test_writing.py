"""Lines that a check refuses are left out without writing the others one by one."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pytest

from engine import imports, record_writes
from engine.access.principals import Principal
from engine.definitions.language import Table
from engine.storage.session import Session
from engine.storage.stores import Workspace
from tests.support.workspaces import install

TABLES = {
    "orders": {
        "title": "number",
        "fields": {"number": {"type": "text", "unique": True}, "amount": {"type": "number"}},
        "checks": {
            "positive": {"holds": "{amount} >= 0", "message": "The amount cannot be negative."},
            "small": {"holds": "{amount} < 1000", "message": "The amount is too large."},
        },
    }
}


def test_refused_lines_cost_one_more_write_not_one_each(
    workspace: Workspace, owner: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(workspace, owner, TABLES)
    amounts = [(-1 if number % 3 == 0 else 5_000 if number % 3 == 1 else 1) for number in range(90)]
    text = "number,amount\n" + "".join(f"N{number},{amount}\n" for number, amount in enumerate(amounts))
    written: list[int] = []
    insert = record_writes.insert

    def counting(session: Session, table: Table, some: Sequence[Any]) -> None:
        written.append(len(some))
        insert(session, table, some)

    monkeypatch.setattr(record_writes, "insert", counting)
    with workspace.write(owner) as session:
        brought = imports.start(session, io.BytesIO(text.encode()), "orders.csv", "shop.orders")
        imports.choose(session, brought.id, imports.propose(session, brought.id).mapping)
    done = imports.carry_out(workspace, owner, brought.id)
    assert done.counts is not None
    assert (done.counts["new"], done.counts["refused"]) == (30, 60)
    assert written == [90, 30]
    with workspace.read(owner) as session:
        told = imports.lines(session, brought.id)
    assert [(one.line, str(one.says)) for one in told[:2]] == [
        (2, "The amount cannot be negative."),
        (3, "The amount is too large."),
    ]
