"""Requests that carry a name of their own (an idempotency key): sent again within a day, they do nothing a second time.

The name is taken in the transaction that does what is asked, so of two at once only one does it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from engine.storage.record_rows import among
from engine.storage.repeat_tables import repeats
from engine.storage.session import Session, timestamp

LIFE = timedelta(hours=24)
_c = repeats.c


@dataclass(frozen=True)
class Kept:
    """What was asked under a name, and what was answered; `status` None while it is not known."""

    request: str
    status: int | None
    body: str | None


def known(session: Session, name: str) -> Kept | None:
    """What is kept under a name; None where nothing is (any more)."""
    since = timestamp(session.now - LIFE)
    wanted = sa.select(_c.request, _c.status, _c.body).where(_c.name == name, _c.at > since)
    row = session.connection.execute(wanted).one_or_none()
    return None if row is None else Kept(*row)


def begin(session: Session, name: str, request: str) -> None:
    """Take a name in the transaction that does what is asked. Raises `Collided` where somebody else has it."""
    now = timestamp(session.now)
    old = sa.delete(repeats).where(_c.name == name, _c.at <= timestamp(session.now - LIFE))
    session.connection.execute(old)
    session.connection.execute(sa.insert(repeats).values(name=name, request=request, at=now))


def finish(session: Session, name: str, status: int, body: str) -> None:
    """Keep what was answered."""
    session.connection.execute(sa.update(repeats).where(_c.name == name).values(status=status, body=body))


def forget(session: Session, name: str) -> None:
    """Give a name back: what was asked was refused in the end."""
    session.connection.execute(sa.delete(repeats).where(_c.name == name))


def sweep(session: Session, most: int) -> int:
    """Forget at most `most` that are a day old; how many that were."""
    old = sa.select(_c.name).where(_c.at <= timestamp(session.now - LIFE)).limit(most)
    names = list(session.connection.execute(old).scalars())
    if names:
        session.connection.execute(sa.delete(repeats).where(among(session, _c.name, names)))
    return len(names)


def place_of(name: str) -> str:
    """What the answer that is kept under a name is sealed for."""
    return f"repeats/{name}/body"
