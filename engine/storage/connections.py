"""Open connections to one file or server, handed out and taken back.

Idle ones are kept here and not in SQLAlchemy's pool, which looks at each for longer than a read takes.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError

from engine.errors import Unavailable
from engine.storage.prepared import settle
from engine.storage.turns import TookLong, is_lent, may_last
from engine.text import _

WAIT = 30.0  # seconds for somebody else's connection when there may be no more

Answer = TypeVar("Answer")


class Connections:
    """The connections of an engine that has no pool of its own."""

    def __init__(self, engine: Engine, keep: int, most: int = sys.maxsize) -> None:
        """`keep` stay open while nobody uses them; there are never more than `most`."""
        self.engine = engine
        self._keep = keep
        self._idle: list[Connection] = []
        self._free = threading.Semaphore(most)

    def take(self, ask: Callable[[Connection], Answer]) -> tuple[Connection, Answer]:
        """A connection, to be given back, and what it says to `ask`, which must do no harm if it is asked twice.

        Raises `Unavailable` when all are in use, and SQLAlchemy's `DBAPIError`.
        """
        if not self._one_more():
            raise Unavailable(_("The database does not answer. Try again in a moment."))
        try:
            return self._taken(ask)
        except BaseException:
            self._free.release()
            raise

    def give_back(self, connection: Connection) -> None:
        """Take back a connection whose transaction has ended."""
        if connection.invalidated or len(self._idle) >= self._keep:
            settle(connection)
            connection.close()
        else:
            self._idle.append(connection)
        self._free.release()

    def close_idle(self) -> None:
        """Close those that nobody uses."""
        while (connection := self._one_idle()) is not None:
            connection.close()

    def dispose(self) -> None:
        """Close all."""
        self.close_idle()
        self.engine.dispose()

    def _taken(self, ask: Callable[[Connection], Answer]) -> tuple[Connection, Answer]:
        while (connection := self._one_idle()) is not None:
            try:
                return connection, _asked(connection, ask)
            except OperationalError as error:
                # The server closed it while it was idle: the next may be good, and a new one is.
                if not error.connection_invalidated:
                    raise
        if is_lent():
            raise TookLong  # a server's first answer takes its time
        connection = self.engine.connect()
        return connection, _asked(connection, ask)

    def _one_more(self) -> bool:
        if self._free.acquire(blocking=False):
            return True
        may_last()
        return self._free.acquire(timeout=WAIT)

    def _one_idle(self) -> Connection | None:
        try:
            connection = self._idle.pop()
        except IndexError:
            return None
        settle(connection)
        return connection


def _asked(connection: Connection, ask: Callable[[Connection], Answer]) -> Answer:
    try:
        return ask(connection)
    except BaseException:
        connection.close()
        raise
