"""An import goes on while somebody else deletes what its lines link to."""

from __future__ import annotations

import io
from typing import Any

import pytest

from engine import imports, records
from engine.access.principals import Principal
from engine.imports import carrying
from engine.storage.stores import Workspace
from engine.verifying import verify
from tests.support.workspaces import install

TABLES: dict[str, Any] = {
    "accounts": {"fields": {"name": {"type": "text"}}},
    "orders": {
        "fields": {
            "title": {"type": "text"},
            "account": {"type": "link", "to": "accounts"},
            "others": {"type": "link", "to": "accounts", "many": True},
        }
    },
}
LINES = b'title,account,others\nOne,Acme,\nTwo,Best,\nThree,,"Acme, Best"\nFour,Acme,\n'


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # on SQLite one writes at a time
def test_what_is_deleted_meanwhile_is_not_linked(
    workspace: Workspace, owner: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(workspace, owner, TABLES)
    with workspace.write(owner) as session:
        _acme, best = records.create(session, "shop.accounts", [{"name": "Acme"}, {"name": "Best"}])
        held = imports.start(session, io.BytesIO(LINES), "orders.csv", "shop.orders")
        imports.choose(session, held.id, imports.propose(session, held.id).mapping)

    def delete(line: int) -> None:
        if line == 2:  # the first of them is written, and all names have been looked up
            with workspace.write(owner) as session:
                records.delete(session, "shop.accounts", [best])

    monkeypatch.setattr(carrying, "CHUNK", 1)
    done = imports.carry_out(workspace, owner, held.id, delete)
    assert done.counts is not None
    assert (done.counts["new"], done.counts["refused"]) == (2, 2)
    with workspace.read(owner) as session:
        assert verify(session) == []
        told = [(one.line, str(one.says)) for one in imports.lines(session, held.id)]
    assert told == [
        (3, "Account leads to a record that does not exist."),
        (4, "Others leads to a record that does not exist."),
    ]
