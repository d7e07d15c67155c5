"""Taking anew what records once copied from those that they link to."""

from __future__ import annotations

from collections.abc import Sequence

from engine import record_writes, snapshots
from engine.access import door, judging
from engine.errors import Refused
from engine.storage.session import Session


def refresh(session: Session, table: str, ids: Sequence[str]) -> list[str]:
    """Let records copy again what their snapshots show; the ids of those that changed."""
    of = session.layout.table(table)
    door.enter(session.principal, "update", of)
    before = record_writes.held(session, of, ids)
    with session.behind() as layout:
        of = layout.table(table)
        now = snapshots.current(session, of, list(before))
        changed = {
            record_id: differs
            for record_id, values in now.items()
            if (differs := {key: value for key, value in values.items() if before[record_id].get(key) != value})
        }
        against = judging.problems(session, table, "before", dict.fromkeys(changed, ()))
        if against:
            raise Refused(against)
        record_writes.write(session, of, changed, before)
    return list(changed)
