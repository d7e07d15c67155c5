"""What asks PostgreSQL from the event loop keeps nobody waiting."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from engine.access.principals import Principal
from engine.storage.prepared import Prepared
from engine.storage.stores import Workspace
from engine.storage.turns import TookLong, lent

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

SLOW = Prepared(sa.select(sa.literal(1)).where(sa.func.pg_sleep(0.05).is_not(None)))


def test_others_have_the_event_loop_until_the_answer_is_there(workspace: Workspace, owner: Principal) -> None:
    done: list[str] = []

    def read() -> None:
        with workspace.read(owner) as session:
            done.append("asked")
            session.rows(SLOW, {})
            done.append("answered")

    async def both() -> None:
        async def other() -> None:
            done.append("other")

        await asyncio.gather(lent(read), other())

    read()  # so that a connection is open
    done.clear()
    asyncio.run(both())
    assert done == ["asked", "other", "answered"]


def test_what_waits_for_something_else_begins_anew_in_a_thread(workspace: Workspace, owner: Principal) -> None:
    def read() -> None:
        with workspace.read(owner) as session:
            session.rows(SLOW, {})

    def write() -> None:
        with workspace.write(owner):
            pass

    workspace.database.close_idle()
    for act in (read, write):
        with pytest.raises(TookLong):
            asyncio.run(lent(act))
