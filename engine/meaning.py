"""Stored computed fields follow what the engine means by them: a version that means something else works them out anew.

Once, when a workspace is opened, in one transaction: for as many records as there are, it takes what adding the fields
would take.
"""

from __future__ import annotations

import sqlalchemy as sa

from engine import apps, computed
from engine.storage import alterations, workspace_tables
from engine.storage.layout import Layout
from engine.storage.session import Session
from engine.storage.stores import Stores, Workspace
from engine.written import Written

# To be raised with every change by which a function, an operator or a rollup gives something else than it did.
# 1: an error in a record that counts is the error of the result; joined instants are local times.
# 2: a person is called by their name in a text; two dates are held against each other in one zone.
# 3: an error keeps the message that ERROR was given.
MEANING = 3
_layout = workspace_tables.layout


def attach(stores: Stores) -> None:
    """Let every workspace that is opened from now on follow. Call it before the first one is opened."""
    stores.on_open(follow)


def follow(workspace: Workspace) -> None:
    """Work out all stored computed fields anew if they were worked out by another meaning."""
    with workspace.read() as session:
        if _kept(session) == MEANING:
            return
    with workspace.write() as session:
        apps.lock(session)
        if _kept(session) != MEANING:  # else another process was first
            _work_out_all(session)


def _work_out_all(session: Session) -> None:
    old = session.layout
    new = Layout(old.apps, old.version + 1, old.calendar)
    fields = [
        field
        for table in new.apps.tables.values()
        for field in table.fields.values()
        if field.kind.computed and new.stored(field)
    ]
    alterations.complete(session, new, fields)
    session.connection.execute(sa.update(_layout).values(version=new.version, meaning=MEANING))
    session.use_layout(new)
    session.quiet = True  # nothing has happened that an automation waits for
    computed.refresh(session, Written(), {(field.table, field.key) for field in fields})


def _kept(session: Session) -> int:
    return int(session.connection.execute(sa.select(_layout.c.meaning)).scalar_one())
