"""A version of the engine that means something else by a function works out what is stored anew, once."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from engine import meaning, records
from engine.access.principals import Principal
from engine.storage import workspace_tables
from engine.storage.stores import Workspace
from engine.verifying import verify
from tests.support.statements import counted
from tests.support.workspaces import install

TABLES: dict[str, Any] = {
    "parts": {
        "fields": {
            "name": {"type": "text"},
            "pieces": {"type": "number"},
            "share": {"type": "formula", "formula": "12 / {pieces}"},
        }
    }
}


def test_what_an_older_engine_left_is_mended_when_the_workspace_is_opened(
    workspace: Workspace, owner: Principal
) -> None:
    install(workspace, owner, TABLES)
    with workspace.write(owner) as session:
        (record,) = records.create(session, "shop.parts", [{"pieces": 4}])
        parts = session.layout.sql(session.layout.table("shop.parts"))
        session.connection.execute(sa.text(f"ALTER TABLE {parts.name} DROP COLUMN share__error"))
        session.connection.execute(sa.text(f"UPDATE {parts.name} SET share = 7"))
        session.connection.execute(sa.update(workspace_tables.layout).values(meaning=0))
    meaning.follow(workspace)
    with workspace.read(owner) as session:
        assert records.get(session, "shop.parts", record).values["share"] == 3
        assert verify(session) == []


def test_afterwards_opening_asks_once_and_changes_nothing(workspace: Workspace, owner: Principal) -> None:
    install(workspace, owner, TABLES)
    meaning.follow(workspace)
    with workspace.read(owner) as session:
        version = session.layout.version
    with counted(workspace) as asked:
        meaning.follow(workspace)
    assert len([one for one in asked if "meaning" in one]) == 1
    with workspace.read(owner) as session:
        assert session.layout.version == version
