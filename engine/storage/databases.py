"""Where stores live: one SQLite file each, or one PostgreSQL schema each.

SQLite runs in WAL mode with `synchronous=FULL`. Versions 3.7.0 to 3.51.2 can lose commits when two
connections checkpoint at once (fixed in 3.51.3, 3.50.7 and 3.44.6), so one connection alone writes and
checkpoints, under a lock, and one process alone opens the files (see `process_lock.py`).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool, StaticPool

from engine.errors import Misconfigured, Unavailable
from engine.text import _

BUSY_TIMEOUT_MS = 10_000
READERS = 8  # connections that read one SQLite file at the same time
LOCK_TIMEOUT = "5s"  # how long a change of tables waits for people's transactions on PostgreSQL

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA cell_size_check=ON",
    "PRAGMA cache_size=-65536",
)

SqliteSetup = Callable[[sqlite3.Connection], None]


class Database:
    """One store's tables: connections for reading and for writing, and the dialect's name."""

    def __init__(
        self,
        reader: Engine,
        writer: Engine,
        schema: str | None,
        write_lock: AbstractContextManager[Any],
    ) -> None:
        self.reader = reader
        self.writer = writer
        self.schema = schema
        self.write_lock = write_lock
        self.dialect: str = writer.dialect.name

    def connect(self, *, writing: bool) -> Connection:
        """A connection inside a fresh transaction.

        Raises `Unavailable` when the database does not answer, `Misconfigured` when its file is damaged.
        """
        try:
            connection = (self.writer if writing else self.reader).connect()
            connection.begin()
            if self.schema is not None:
                # LOCAL, each time: a pooled connection that kept another store's path would mix two organisations.
                connection.exec_driver_sql(f'SET LOCAL search_path TO "{self.schema}"')
        except OperationalError as error:
            raise Unavailable(_("The database does not answer. Try again in a moment.")) from error
        except DatabaseError as error:
            if not isinstance(error.orig, sqlite3.DatabaseError):
                raise
            says = _("The file {path} is damaged. Put a backup in its place.", path=str(self.writer.url.database))
            raise Misconfigured(says) from error
        return connection

    def dispose(self) -> None:
        """Close all connections; the writer last, since the last one to close checkpoints the WAL."""
        self.reader.dispose()
        self.writer.dispose()


def sqlite_database(path: Path, setup: SqliteSetup) -> Database:
    """The store in one SQLite file, made if absent. `setup` registers our SQL functions on each connection.

    Raises `Misconfigured` when the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(_("The folder {path} cannot be written.", path=str(path.parent))) from error
    writer = sa.create_engine(
        f"sqlite:///{path}",
        poolclass=StaticPool,
        connect_args={"check_same_thread": False},
    )
    reader = sa.create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=READERS,
        max_overflow=READERS,
        connect_args={"check_same_thread": False},
    )
    _listen_sqlite(writer, setup, begin="BEGIN IMMEDIATE", pragmas=SQLITE_PRAGMAS)
    read_only = (*SQLITE_PRAGMAS, "PRAGMA wal_autocheckpoint=0", "PRAGMA query_only=ON")
    _listen_sqlite(reader, setup, begin="BEGIN", pragmas=read_only)
    return Database(reader, writer, None, threading.Lock())


def _listen_sqlite(engine: Engine, setup: SqliteSetup, *, begin: str, pragmas: tuple[str, ...]) -> None:
    def connected(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        # The driver's own transactions would leave DDL outside; we say BEGIN ourselves.
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(pragma)
        setup(connection)

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    sa.event.listen(engine, "connect", connected)
    sa.event.listen(engine, "begin", begun)


def postgresql_engine(url: str) -> Engine:
    """The connections to a PostgreSQL server, shared by all stores on it."""
    # Custom plans: a generic plan of `ILIKE $1 ... ORDER BY ... LIMIT` was 300 times slower on a big table.
    options = f"-c timezone=UTC -c jit=off -c plan_cache_mode=force_custom_plan -c lock_timeout={LOCK_TIMEOUT}"
    return sa.create_engine(
        url,
        pool_size=READERS,
        max_overflow=READERS * 2,
        pool_pre_ping=True,
        connect_args={"options": options, "connect_timeout": 5},
    )


def postgresql_database(engine: Engine, schema: str) -> Database:
    """The store in one PostgreSQL schema, made if absent."""
    try:
        with engine.begin() as connection:
            connection.execute(sa.schema.CreateSchema(schema, if_not_exists=True))
    except OperationalError as error:
        raise Unavailable(_("The database does not answer. Try again in a moment.")) from error
    return Database(engine, engine, schema, nullcontext())
