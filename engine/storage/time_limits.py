"""How long one statement may work before the database breaks it off, so that nobody else waits for it any longer.

SQLite asks now and then whether to go on (`Timed`); PostgreSQL looks at its own clock (`statement_timeout`). Time
counts from when a statement begins: no transaction is broken off for asking much, only for asking one thing too large.
"""

from __future__ import annotations

import math
import sqlite3
import time
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from engine.storage.turns import is_at_once, is_over

READING = 5.0  # seconds
JOB = 30.0  # for who writes, and for what goes through many records
WHOLE_TABLES = (
    0.0  # as long as it takes: what follows from a changed definition grows with the records, and is foreseen
)

STEPS_BETWEEN_LOOKS = 50_000  # of SQLite's virtual machine, a millisecond or so, until it asks whether to go on


class Timed(sqlite3.Connection):
    """Knows since when its statement works."""

    def __init__(self, *places: Any, **named: Any) -> None:
        super().__init__(*places, **named)
        self.statement = statement = _Statement()  # the connection itself would then never be let go
        self.set_progress_handler(lambda: is_over() or statement.is_over(), STEPS_BETWEEN_LOOKS)

    def cursor(self, *kind: Any) -> Any:
        """SQLAlchemy's way: a cursor for each statement."""
        self.statement.began = time.monotonic()
        return super().cursor(*kind)

    def execute(self, *statement: Any) -> sqlite3.Cursor:
        """Ours, in `prepared.py`."""
        self.statement.began = time.monotonic()
        return super().execute(*statement)

    def executemany(self, *statement: Any) -> sqlite3.Cursor:
        """The same for many sets of values."""
        self.statement.began = time.monotonic()
        return super().executemany(*statement)


class _Statement:
    __slots__ = ("began", "most")

    def __init__(self) -> None:
        self.began = 0.0
        self.most = math.inf  # outside of transactions: what opens a store, or brings it up to date

    def is_over(self) -> bool:
        return time.monotonic() > self.began + self.most


def allow(connection: Connection, seconds: float) -> None:
    """Let each statement of this transaction from here on work for so long (0: as long as it takes)."""
    driver: Any = connection.connection.driver_connection
    if isinstance(driver, Timed):
        driver.statement.most = seconds or math.inf
    else:
        connection.exec_driver_sql(on_postgresql(seconds))


def on_postgresql(seconds: float) -> str:
    """The same as SQL inside a transaction."""
    return f"SET LOCAL statement_timeout = {seconds * 1000:.0f}"


def was_broken_off(error: DBAPIError) -> bool:
    """Whether the statement took too long (not: too long for a turn in the event loop)."""
    if getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
        return not is_at_once()
    return getattr(error.orig, "sqlstate", None) == "57014"
