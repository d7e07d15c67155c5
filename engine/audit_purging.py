"""How the oldest entries of the audit log go, once they were kept for as long as the settings say.

They go from the beginning of the chain, and the log says so itself: an entry holds the number and the hash of the last
that went. So what is left proves itself from its first entry on, nobody can take entries away without its being
told, and the database refuses to delete any that the log does not name.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import takewhile

import sqlalchemy as sa

from engine import audit
from engine.storage.audit_tables import entries
from engine.storage.session import Session, timestamp
from engine.text import _

A_TIME = timedelta(days=1)  # what became old since: else each hour would add an entry for the few that it removes
_c = entries.c


def purge(session: Session, keep: timedelta, most: int) -> int:
    """Remove what is older than `keep` from the beginning of the chain, at most `most` entries; how many those were."""
    oldest = session.connection.execute(sa.select(_c.at).order_by(_c.number).limit(1)).scalar()
    if oldest is None or oldest >= timestamp(session.now - keep - A_TIME):
        return 0
    wanted = sa.select(_c.number, _c.hash, _c.at).order_by(_c.number).limit(most)
    old = timestamp(session.now - keep)
    going = list(takewhile(lambda row: row.at < old, session.connection.execute(wanted)))
    through, hash = going[-1].number, going[-1].hash
    says = _("removed entries of the audit log after {days} days: {count}", days=keep.days, count=len(going))
    audit.note(session, audit.PURGED, says, through=through, hash=hash)
    session.before_commit(lambda: _let_go(session, through))  # only once the log says so does the database let them go
    return len(going)


def _let_go(session: Session, through: int) -> None:
    session.connection.execute(sa.delete(entries).where(_c.number <= through))
