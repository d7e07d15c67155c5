"""The records of a table twice: as they are stored, and as the log of changes tells them."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa

from engine.storage import record_rows, workspace_tables
from engine.storage.session import Session


def stored(session: Session, address: str) -> dict[str, dict[str, Any]]:
    """What the records of a table hold, without what the engine keeps by itself."""
    table = session.layout.table(address)
    sql = session.layout.sql(table)
    ids = list(session.connection.execute(sa.select(sql.c.id)).scalars())
    return {key: _own(session, address, values) for key, values in record_rows.read(session, table, ids).items()}


def replayed(session: Session, address: str) -> dict[str, dict[str, Any]]:
    """What the log of changes, read from its beginning, says that they hold."""
    c = workspace_tables.changes.c
    wanted = sa.select(c.record_id, c.kind, c.before, c.after).where(c.table_address == address).order_by(c.id)
    held: dict[str, dict[str, Any]] = {}
    for record_id, kind, before, after in session.connection.execute(wanted):
        if kind == "deleted":
            held.pop(record_id)
        else:
            held[record_id] = {} if kind == "created" else held[record_id]
            changed = json.loads(before)
            assert _own(session, address, held[record_id] | changed) == _own(session, address, held[record_id])
            held[record_id] |= json.loads(after)
    return {record_id: _own(session, address, values) for record_id, values in held.items()}


def _own(session: Session, address: str, values: dict[str, Any]) -> dict[str, Any]:
    table = session.layout.table(address)
    fields = [*record_rows.stored_fields(session, table), *record_rows.many_links(table)]
    return {
        one.key: (values.get(one.key) or []) if one.many else values.get(one.key, one.kind.empty())
        for one in fields
        if not one.kind.system
    }
