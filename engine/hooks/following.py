"""What was worked out anew because a record's own values changed: no change of the log, and told all the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from engine.definitions.language import SYSTEM_FIELDS, Table
from engine.storage.answers import answer
from engine.storage.expressions import Records, clock_of, moment
from engine.storage.record_rows import among_listed, listed
from engine.storage.session import Change, Session
from engine.values import is_empty


def values(session: Session, table: Table, changes: Mapping[str, Change]) -> dict[str, dict[str, Any]]:
    """The stored computed fields of created records, and of changed ones those that follow from what was set."""
    stored = [
        one.key for one in table.fields.values()
        if one.kind.computed and one.key not in SYSTEM_FIELDS and session.layout.stored(one)
    ]  # fmt: skip
    ids = [record_id for record_id, change in changes.items() if change.kind != "deleted"]
    if not stored or not ids:
        return {}
    held = _read(session, table, stored, ids)
    found = {}
    for record_id, row in held.items():
        change = changes[record_id]
        if change.kind == "created":
            found[record_id] = {key: row[key] for key in stored if not is_empty(row[key])}
        else:
            keys = _following(session, table, stored, change.after)
            found[record_id] = {key: row[key] for key in stored if key in keys}
    return found


def _following(session: Session, table: Table, stored: list[str], changed: Collection[str]) -> set[str]:
    """The computed fields that read one of those that changed, or one another."""
    inputs = {
        key: {path[0].partition("@")[0] for path in session.layout.types.inputs(table.fields[key])} for key in stored
    }
    reached = set(changed)
    while more := {key for key in stored if key not in reached and inputs[key] & reached}:
        reached |= more
    return reached


def _read(session: Session, table: Table, keys: list[str], ids: list[str]) -> dict[str, dict[str, Any]]:
    records = Records(session.layout, table, session.layout.rows(table), clock_of(session))
    asked = answer(session, table, keys)

    def made() -> sa.Select[Any]:
        return sa.select(*asked.columns(records)).where(among_listed(session, records.rows.c.id))

    statement = session.prepared(("following", table.address), made)
    rows = session.rows(statement, {**moment(session), **listed(session, ids)})
    return dict(asked.read(session, rows))
