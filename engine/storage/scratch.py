"""A workspace of which nothing stays: its tables are made in one transaction, which is never committed.

On PostgreSQL that is a schema beside the others, which nobody else ever sees; with SQLite a database in memory. So
nothing that is tried in it touches people's records, waits for their writes, or starts anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from engine.access.principals import ENGINE
from engine.formulas import sqlite
from engine.ids import new_id
from engine.storage import alterations, migrations
from engine.storage.databases import Database, sqlite_in_memory
from engine.storage.layout import Layout
from engine.storage.session import Session
from engine.storage.stores import Workspace
from engine.storage.time_limits import JOB, on_postgresql


class _Over(Exception):
    """The end of a transaction that nobody keeps."""


@contextmanager
def scratch(session: Session, layout: Layout) -> Iterator[Session]:
    """A session of an empty workspace with the tables of `layout`, at the instant of `session`."""
    like = session.workspace
    database = _beside(like.database)
    workspace = Workspace(like.id, database, like.files, like.time_zone, like.language)
    try:
        with workspace.write(ENGINE) as made:
            made.now = session.now
            migrations.make(made.connection, "workspace")
            made.use_layout(layout)
            alterations.make_tables(made, layout)
            yield made
            raise _Over
    except _Over:
        pass
    finally:
        if database.dialect == "sqlite":
            database.dispose()


def _beside(database: Database) -> Database:
    if database.dialect == "sqlite":
        return sqlite_in_memory(sqlite.register)
    name = new_id("scratch")
    begin = ["BEGIN", on_postgresql(JOB), f'CREATE SCHEMA "{name}"', f'SET LOCAL search_path TO "{name}"']
    return Database(database.readers, database.writers, name, (begin, begin), nullcontext())
