"""Links that come back with their table or field: what they led to may have been deleted meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from engine import history
from engine.definitions.language import Field
from engine.storage import record_rows
from engine.storage.session import Change, Session
from engine.written import Written


def take_off(session: Session, fields: Iterable[Field], written: Written) -> None:
    """Let these links lead to no record that is not there; `written` is told."""
    for link in fields:
        held = _held(session, link)
        wanted = {one for ids in held.values() for one in ids}
        lost = wanted - record_rows.existing_in(session, link.targets, wanted)
        before = {record_id: ids for record_id, ids in held.items() if not lost.isdisjoint(ids)}
        if not before:
            continue
        after = {record_id: [one for one in ids if one not in lost] for record_id, ids in before.items()}
        table = session.layout.table(link.table)
        record_rows.update(session, table, {one: {link.key: _value(link, ids)} for one, ids in after.items()})
        changes = [
            Change(link.table, one, "updated", {link.key: _value(link, ids)}, {link.key: _value(link, after[one])})
            for one, ids in before.items()
        ]
        history.log(session, changes)
        written.wrote(link.table, [link.key], before)


def _held(session: Session, link: Field) -> dict[str, list[str]]:
    """The records that the link of each record leads to."""
    sql = session.layout.sql(session.layout.table(link.table))
    if link.many:
        ids = session.connection.execute(sa.select(sql.c.id)).scalars().all()
        return record_rows.linked_ids(session, link, ids)
    column = sql.c[link.key]
    rows = session.connection.execute(sa.select(sql.c.id, column).where(column.is_not(None)))
    return {record_id: [linked] for record_id, linked in rows}


def _value(link: Field, ids: list[str]) -> Any:
    return ids if link.many else next(iter(ids), None)
