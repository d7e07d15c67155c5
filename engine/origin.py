"""Where what happens comes from: one request of somebody, or one command. Only the audit log asks.

It is no argument of any verb, since no verb may do otherwise for it; it goes along with the thread that carries the
request out. What the engine does by itself comes from nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from engine.ids import secret_hash

T = TypeVar("T")
SESSION_SHOWN = 12  # characters of the hash of a session's token: enough to tell sessions apart, none of the token


@dataclass
class Origin:
    """`request` names the request or command, `address` is the network address, `session` the beginning of the hash of
    the token of the browser's session, which is known only once somebody has looked whether it counts.
    """

    request: str = ""
    address: str = ""
    session: str = ""

    def within(self, token: str) -> None:
        """It is this session's, by its token."""
        self.session = secret_hash(token)[:SESSION_SHOWN]


_origin: ContextVar[Origin | None] = ContextVar("origin", default=None)


def origin() -> Origin:
    """Where what is being done here comes from."""
    return _origin.get() or Origin()


@contextmanager
def coming_from(where: Origin) -> Iterator[None]:
    """What is done inside comes from there."""
    before = _origin.set(where)
    try:
        yield
    finally:
        _origin.reset(before)


def taken_along(act: Callable[..., T]) -> Callable[..., T]:
    """`act` for another thread, where it still comes from here."""
    return partial(copy_context().run, act)
