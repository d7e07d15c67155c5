"""What runs in the event loop takes turns: it may neither work for long there nor wait.

A short read of a file runs there as it is, and is broken off when it lasts (`at_once`). One that asks a server runs
there as a greenlet and hands the loop to others until the answer is there (`lent`): what it calls knows nothing of it.
What would wait for something else, such as a lock, says `may_last` before; then the read begins anew in a thread.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy.exc import OperationalError
from sqlalchemy.util.concurrency import greenlet_spawn, in_greenlet

AT_ONCE = 0.01  # seconds that a read may keep others waiting
_turn = threading.local()  # `ends`: when what this thread reads is to be broken off

Answer = TypeVar("Answer")


class TookLong(Exception):
    """A read that was to be done at once was broken off: it is long."""


@contextmanager
def at_once(seconds: float = AT_ONCE) -> Iterator[None]:
    """Break off what this thread reads from SQLite inside, with `TookLong`, when it lasts longer than that."""
    _turn.ends = time.monotonic() + seconds
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
            raise TookLong from error
        raise
    finally:
        _turn.ends = None


async def lent(act: Callable[..., Answer], *arguments: Any) -> Answer:
    """What `act` gives, which asks PostgreSQL: others have the event loop until each answer is there.

    Raises `TookLong` when it is to begin anew in a thread.
    """
    return await greenlet_spawn(act, *arguments)


def is_lent() -> bool:
    """Whether we are inside of `lent`."""
    return in_greenlet()


def may_last() -> None:
    """Raises `TookLong` in the event loop: what follows waits for others, or works for long."""
    if is_at_once() or is_lent():
        raise TookLong


def is_at_once() -> bool:
    """Whether we are inside of `at_once`."""
    return getattr(_turn, "ends", None) is not None


def is_over() -> bool:
    """Whether what this thread reads at once has lasted."""
    ends = getattr(_turn, "ends", None)
    return ends is not None and time.monotonic() > ends
