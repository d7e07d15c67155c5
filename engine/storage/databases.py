"""Where stores live: one SQLite file each, or one PostgreSQL schema each.

SQLite runs in WAL mode with `synchronous=FULL`. Versions 3.7.0 to 3.51.2 can lose commits when two
connections checkpoint at once (fixed in 3.51.3, 3.50.7 and 3.44.6), so one connection alone writes and
checkpoints, under a lock, and one process alone opens the files (see `process_lock.py`).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, StaticPool

from engine.errors import Misconfigured, Unavailable
from engine.storage.connections import Answer, Connections
from engine.storage.prepared import Prepared, Row, ask_directly
from engine.storage.time_limits import JOB, READING, Timed, allow, on_postgresql
from engine.text import Text, _

BUSY_TIMEOUT_MS = 10_000
WRITER_CACHE_KB = 65_536
READER_CACHE_KB = 8_192  # for each of them; what they read again, the system's own cache has
READERS = 8  # connections that read one SQLite file at the same time
POOLED = 3 * READERS  # connections to a PostgreSQL server at most
# How long a change of tables waits for people's transactions on PostgreSQL, and they for it: less than a statement may
# take, so that who only waits is told to try again, and not to ask for less.
LOCK_TIMEOUT = "4s"

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA cell_size_check=ON",
    f"PRAGMA cache_size=-{WRITER_CACHE_KB}",
)

SqliteSetup = Callable[[sqlite3.Connection], None]


class Database:
    """One store's tables: connections for reading and for writing, and the dialect's name."""

    def __init__(
        self,
        readers: Connections,
        writers: Connections,
        schema: str | None,
        begin: tuple[Sequence[str], Sequence[str]],
        write_lock: AbstractContextManager[Any],
    ) -> None:
        """`begin` is the SQL that begins a transaction: one that reads, one that writes."""
        self.readers = readers
        self.writers = writers
        self.schema = schema
        self.write_lock = write_lock
        self.dialect: str = writers.engine.dialect.name
        self._begin = begin

    def begin(self, *, writing: bool, asking: Sequence[str] = ()) -> tuple[Connection, list[Row]]:
        """A connection inside a fresh transaction, which `release` takes back, and what `asking` answers there.

        These are texts without parameters; the answer is the last one's. PostgreSQL gets all in one message.
        Raises `Unavailable` when the database does not answer, `Misconfigured` when its file is damaged.
        """
        texts = (*self._begin[writing], *asking)
        return self._taken(writing, lambda connection: ask_directly(connection, *texts))

    def begin_with(
        self, texts: Sequence[str], statement: Prepared, values: Mapping[str, Any], *, writing: bool
    ) -> tuple[Connection, list[Row], Callable[[], list[Row]]]:
        """The same on PostgreSQL, in one message with a statement; last is what gives its rows."""
        begun = [*self._begin[writing], *texts]
        connection, (first, found) = self._taken(writing, lambda one: statement.rows_after(one, begun, values))
        return connection, first, found

    def answer(self, statement: Prepared, values: Mapping[str, Any]) -> list[Row]:
        """What one statement finds by itself, without a transaction around it. Raises as `begin` does."""
        connection, rows = self._taken(False, lambda connection: statement.rows(connection, values))
        self.release(connection, writing=False)
        return rows

    def release(self, connection: Connection, *, writing: bool) -> None:
        """Take back a connection whose transaction has ended."""
        self._of(writing).give_back(connection)

    def close_idle(self) -> None:
        """Close the connections that nobody uses."""
        self.readers.close_idle()
        self.writers.close_idle()

    def dispose(self) -> None:
        """Close all connections; the writer last, since the last one to close checkpoints the WAL."""
        self.readers.dispose()
        self.writers.dispose()

    def _of(self, writing: bool) -> Connections:
        return self.writers if writing else self.readers

    def _taken(self, writing: bool, ask: Callable[[Connection], Answer]) -> tuple[Connection, Answer]:
        def timed(connection: Connection) -> Answer:
            if self.dialect == "sqlite":  # for PostgreSQL it is part of how the transaction begins
                allow(connection, JOB if writing else READING)
            return ask(connection)

        try:
            return self._of(writing).take(timed)
        except OperationalError as error:
            if getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
                raise  # see `turns.at_once` and `time_limits.py`
            raise Unavailable(_("The database does not answer. Try again in a moment.")) from error
        except DatabaseError as error:
            if not isinstance(error.orig, sqlite3.DatabaseError):
                raise
            raise Misconfigured(_is_damaged(str(self.writers.engine.url.database))) from error


def sqlite_database(path: Path, setup: SqliteSetup) -> Database:
    """The store in one SQLite file, made if absent. `setup` registers our SQL functions on each connection.

    Raises `Misconfigured` when the folder cannot be written, or when the file was left open and is damaged.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(_("The folder {path} cannot be written.", path=str(path.parent))) from error
    was_left_open = path.with_name(f"{path.name}-wal").exists()
    writer = sa.create_engine(
        f"sqlite:///{path}",
        poolclass=StaticPool,
        hide_parameters=True,  # what people typed, and hashes of secrets, stay out of the log when a statement fails
        connect_args={"check_same_thread": False, "factory": Timed},
    )
    reader = sa.create_engine(
        f"sqlite:///{path}",
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "factory": Timed},
    )
    _listen_sqlite(writer, setup, SQLITE_PRAGMAS)
    small = f"PRAGMA cache_size=-{READER_CACHE_KB}"
    read_only = (*SQLITE_PRAGMAS, "PRAGMA wal_autocheckpoint=0", "PRAGMA query_only=ON", small)
    _listen_sqlite(reader, setup, read_only)
    begin = (["BEGIN"], ["BEGIN IMMEDIATE"])
    database = Database(Connections(reader, keep=READERS), Connections(writer, keep=1), None, begin, threading.Lock())
    if was_left_open:
        _check_whole(database, path)
    return database


def sqlite_in_memory(setup: SqliteSetup) -> Database:
    """A store that lies in no file, on one connection that reads and writes; gone when it is disposed of."""
    engine = sa.create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False, "factory": Timed}
    )
    _listen_sqlite(engine, setup, ("PRAGMA foreign_keys=ON", "PRAGMA trusted_schema=OFF"))
    connections = Connections(engine, keep=1)
    return Database(connections, connections, None, (["BEGIN"], ["BEGIN"]), threading.Lock())


def _check_whole(database: Database, path: Path) -> None:
    """After a crash: raises `Misconfigured` when the file is no whole database."""
    try:
        with database.writers.engine.connect() as connection:
            said = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
    except DatabaseError as error:
        said = str(error.orig)
    if said != "ok":
        database.dispose()
        raise Misconfigured(_is_damaged(str(path)))


def _is_damaged(path: str) -> Text:
    return _("The file {path} is damaged. Put a backup in its place.", path=path)


def _listen_sqlite(engine: Engine, setup: SqliteSetup, pragmas: tuple[str, ...]) -> None:
    def connected(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        # The driver's own transactions would leave DDL outside; we say BEGIN ourselves (`Database.connect`).
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(pragma)
        setup(connection)

    sa.event.listen(engine, "connect", connected)
    _quote_also(engine, "nothing", "returning")


def _quote_also(engine: Engine, *words: str) -> None:
    """Words of the database that SQLAlchemy does not know for such; a field may be called so."""
    names = engine.dialect.identifier_preparer
    names.reserved_words = names.reserved_words | set(words)


def postgresql_server(url: str, path: str) -> Connections:
    """The connections to a PostgreSQL server, for all stores on it; outside of transactions `path` is the schema."""
    # Custom plans: a generic plan of `ILIKE $1 ... ORDER BY ... LIMIT` was 300 times slower on a big table.
    options = f"-c timezone=UTC -c jit=off -c plan_cache_mode=force_custom_plan -c lock_timeout={LOCK_TIMEOUT}"
    options += f" -c statement_timeout={READING * 1000:.0f}"
    engine = sa.create_engine(
        url,
        poolclass=NullPool,
        hide_parameters=True,
        # Ours to begin and to end: BEGIN goes to the server together with the store's path, in one message.
        isolation_level="AUTOCOMMIT",
        # No plan is kept by a connection: it would break off when the same text is about another store's tables, or
        # about tables that were changed meanwhile ("cached plan must not change result type").
        connect_args={
            "options": f"{options} -c search_path={path}",
            "connect_timeout": 5,
            "prepare_threshold": None,
        },
    )
    _quote_also(engine, "collation", "concurrently", "lateral", "system_user", "tablesample")
    sa.event.listen(engine, "do_connect", _connect)
    sa.event.listen(engine, "connect", take_plainly)
    return Connections(engine, keep=READERS, most=POOLED)


def _connect(_dialect: Any, _entry: Any, places: Sequence[Any], named: Mapping[str, Any]) -> Any:
    from engine.storage.messages import Connection

    return Connection.connect(*places, **named)


def take_plainly(connection: Any, _entry: ConnectionPoolEntry) -> None:
    """Numbers as doubles, days and instants as texts, all made by the driver's C.

    Objects that `sql_types.py` would take apart again took a third of the time of a page.
    """
    from psycopg.types.numeric import FloatLoader
    from psycopg.types.string import TextLoader

    for name, loader in {"numeric": FloatLoader, "date": TextLoader, "timestamptz": TextLoader}.items():
        connection.adapters.register_loader(name, loader)


def postgresql_database(server: Connections, schema: str) -> Database:
    """The store in one PostgreSQL schema, made if absent."""
    try:
        with server.engine.begin() as connection:
            connection.execute(sa.schema.CreateSchema(schema, if_not_exists=True))
    except OperationalError as error:
        raise Unavailable(_("The database does not answer. Try again in a moment.")) from error
    # LOCAL, each time: a connection that kept another store's path would mix two organisations.
    begin = ["BEGIN", f'SET LOCAL search_path TO "{schema}"']
    return Database(server, server, schema, (begin, [*begin, on_postgresql(JOB)]), nullcontext())
