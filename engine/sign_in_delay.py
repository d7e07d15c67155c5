"""How long the next try to sign in has to wait: nothing at first, then longer each time, never for ever.

Counted is what was tried (a name, whether or not anybody has it, or a network address), never an account: so a try
costs the same work for a name that nobody has.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from engine.errors import TooOften
from engine.ids import secret_hash
from engine.storage.control_tables import failed_tries
from engine.storage.session import Session, timestamp
from engine.text import _

FREE = 10  # failures that cost no delay
FREE_OF_ADDRESS = 50  # of one network address, behind which a whole office may sit
FIRST = timedelta(seconds=5)
LONGEST = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(minutes=15)

_INSERT: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def check(session: Session, *what: str, at: str = "", free: int = FREE) -> None:
    """Raises `TooOften` (at the place `at`) while any of `what` has to wait still."""
    hashes = [secret_hash(one) for one in what]
    waiting = sa.and_(failed_tries.c.what_hash.in_(hashes), failed_tries.c.wait_until > timestamp(session.now))
    until = session.connection.execute(sa.select(sa.func.max(failed_tries.c.wait_until)).where(waiting)).scalar()
    if until is not None:
        seconds = (datetime.fromisoformat(until) - session.now).total_seconds()
        raise TooOften(_("Too many tries. Wait a little, then try again."), free, seconds, at)


def count(session: Session, what: str, free: int = FREE) -> None:
    """One more failure of `what`."""
    now, before = timestamp(session.now), timestamp(session.now - FORGOTTEN_AFTER)
    old = sa.and_(failed_tries.c.last_at < before, failed_tries.c.wait_until < before)
    session.connection.execute(sa.delete(failed_tries).where(old))
    values = {"what_hash": secret_hash(what), "failures": 1, "wait_until": "", "last_at": now}
    counted = (
        _INSERT[session.dialect](failed_tries)
        .values(**values)
        .on_conflict_do_update(index_elements=["what_hash"], set_={"failures": failed_tries.c.failures + 1})
        .returning(failed_tries.c.failures)
    )
    failures = session.connection.execute(counted).scalar_one()
    delay = delay_after(failures, free)
    until = timestamp(session.now + delay) if delay else ""
    mine = failed_tries.c.what_hash == values["what_hash"]
    session.connection.execute(sa.update(failed_tries).where(mine).values(wait_until=until, last_at=now))


def forget(session: Session, what: str) -> int:
    """It went well: failures before count no more; how many those were."""
    mine = failed_tries.c.what_hash == secret_hash(what)
    gone = sa.delete(failed_tries).where(mine).returning(failed_tries.c.failures)
    return int(session.connection.execute(gone).scalar() or 0)


def delay_after(failures: int, free: int = FREE) -> timedelta:
    """How long to wait after so many failures."""
    over = failures - free
    return min(FIRST * 2 ** min(over - 1, 10), LONGEST) if over > 0 else timedelta(0)
