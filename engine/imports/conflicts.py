"""What was changed here since an import last wrote it: a line that would overwrite that is in conflict."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection

import sqlalchemy as sa

from engine.storage.record_rows import among
from engine.storage.session import Session
from engine.storage.workspace_tables import changes

_c = changes.c
_IMPORTED = _c.cause.startswith("import:", autoescape=True)


def changed_here(session: Session, table: str, ids: Collection[str]) -> dict[str, dict[str, str]]:
    """For records that an import has written: the fields that were set here since, and when that was last.

    What took an import back does not count, since it set nothing of its own.
    """
    if not ids:
        return {}
    mine = sa.and_(among(session, _c.record_id, ids), _c.table_address == table)
    last = sa.select(_c.record_id, sa.func.max(_c.id).label("id")).where(mine, _IMPORTED).group_by(_c.record_id)
    since = last.subquery()
    wanted = (
        sa.select(_c.record_id, _c.cause, _c.at, _c.after)
        .join(since, sa.and_(since.c.record_id == _c.record_id, _c.id > since.c.id))
        .where(mine, _c.kind == "updated")
        .order_by(_c.id)
    )
    later = session.connection.execute(wanted).all()
    causes = {row.cause.removeprefix("undo:") for row in later if row.cause and row.cause.startswith("undo:")}
    taken_back = _imports_among(session, causes)
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for record_id, cause, at, after in later:
        if (cause or "").removeprefix("undo:") not in taken_back:
            found[record_id].update(dict.fromkeys(json.loads(after), at))
    return found


def _imports_among(session: Session, transactions: Collection[str]) -> set[str]:
    """Those of the transactions that were imports."""
    if not transactions:
        return set()
    wanted = sa.select(_c.transaction_id).where(among(session, _c.transaction_id, transactions), _IMPORTED).distinct()
    return set(session.connection.execute(wanted).scalars())
