"""Which records may satisfy a condition otherwise than before a transaction, by what it wrote."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from engine.affected import affected
from engine.definitions.language import Table
from engine.definitions.scope import Path
from engine.formulas.reading import Find
from engine.storage.expressions import Records, clock_of
from engine.storage.record_rows import among
from engine.storage.session import Session
from engine.written import Ids, Written, union


def candidates(session: Session, table: Table, paths: Iterable[Path], finds: Iterable[Find]) -> Ids:
    """The records of `table` about which a condition, that reads `paths` and looks through `finds`, is to be asked.

    None: all of them.
    """
    found = _touched(session, table.address)
    for path in paths:
        here = table
        links: list[str] = []
        for part in path:
            field, behind = session.layout.apps.step(here, part)
            if field is None or behind is None:
                break
            forward = (behind.address, field.inverse_of) if field.inverse_of else None
            found = union(found, _seeing(session, table, links, _relinked(session, *forward) if forward else set()))
            links.append(part)
            here = behind
            found = union(found, _seeing(session, table, links, _touched(session, here.address)))
    if finds := list(finds):
        found = union(found, affected(session, table, (), finds, Written.of(session.written)))
    return found


def _touched(session: Session, table: str) -> Ids:
    changed = {change.record_id for change in session.changes if change.table == table}
    return union(changed, session.touched.get(table, set()))


def _relinked(session: Session, table: str, key: str) -> set[str]:
    """The records that a link of `table` leads to, or led to before this transaction."""
    found: set[str] = set()
    for change in session.changes:
        if change.table == table:
            for value in (change.before.get(key), change.after.get(key)):
                found.update([value] if isinstance(value, str) else value or ())
    return found


def _seeing(session: Session, table: Table, links: list[str], ids: Ids) -> Ids:
    """The records of `table` from which `links` lead to one of `ids`."""
    if ids is None or not ids or not links:
        return ids
    sql = session.layout.sql(table)
    wanted = sa.select(sql.c.id).where(
        _leads(session, Records(session.layout, table, sql, clock_of(session)), links, ids)
    )
    return set(session.connection.execute(wanted).scalars())


def _leads(session: Session, records: Records, links: list[str], ids: set[str]) -> sa.ColumnElement[bool]:
    if not links:
        return among(session, records.field("id").value, ids)
    link, behind = session.layout.apps.step(records.table, links[0])
    if link is None:
        raise TypeError(f"{links[0]} is no link of {records.table.address}")
    inner, holds, _order = records.linked(link, behind)
    further = _leads(session, inner, links[1:], ids)
    return sa.exists(sa.select(inner.field("id").value).where(holds, further).correlate(records.source))
