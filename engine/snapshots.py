"""Values that records copy from what they link to: when the link is set, and again only when somebody asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from engine.definitions.language import Field, Table
from engine.storage.expressions import Records, clock_of, moment
from engine.storage.over_links import over_link
from engine.storage.record_rows import Values, among
from engine.storage.session import Session

Copies = Mapping[str, tuple[str, Mapping[str, Any]]]


def of_new(session: Session, table: Table, records: Sequence[tuple[str, Values]]) -> Sequence[tuple[str, Values]]:
    """New records with what they copy; what one brings stays."""
    copies = _copies(session, table, [values for _id, values in records])
    return [(record_id, {**_of(copies, values), **values}) for record_id, values in records] if copies else records


def of_changed(session: Session, table: Table, changed: Mapping[str, Values]) -> Mapping[str, Values]:
    """Changed values with what records copy whose link is among them."""
    copies = _copies(session, table, changed.values())
    return {one: {**_of(copies, values), **values} for one, values in changed.items()} if copies else changed


def current(session: Session, table: Table, ids: Sequence[str]) -> dict[str, Values]:
    """What the copies of these records would hold if they were made now."""
    fields = _fields(table)
    if not fields or not ids:
        return {}
    sql = session.layout.sql(table)
    records = Records(session.layout, table, sql, clock_of(session))
    columns = [sa.type_coerce(over_link(records, one).value, session.layout.column_type(one)) for one in fields]
    found = session.connection.execute(
        sa.select(sql.c.id, *columns).where(among(session, sql.c.id, ids)), moment(session)
    )
    return {row[0]: {one.key: value for one, value in zip(fields, row[1:], strict=True)} for row in found}


def copy_all(session: Session, fields: Iterable[Field]) -> None:
    """Fields that are new in tables that are not: every record copies what its link leads to now."""
    for field in fields:
        table = session.layout.table(field.table)
        sql = session.layout.sql(table)
        records = Records(session.layout, table, sql, clock_of(session))
        copied = over_link(records, field).value
        session.connection.execute(sa.update(sql).values({field.key: copied}), moment(session))


def _fields(table: Table) -> list[Field]:
    return [field for field in table.fields.values() if field.kind.copied]


def _copies(session: Session, table: Table, records: Iterable[Values]) -> Copies:
    """For each copying field whose link is among the values: the link, and what each linked record holds there."""
    given = list(records)
    copies: dict[str, tuple[str, dict[str, Any]]] = {}
    for field in _fields(table):
        _part, link = session.layout.types.through(field)
        if any(link.key in values for values in given):
            ids = {values[link.key] for values in given if values.get(link.key)}
            copies[field.key] = link.key, _held(session, link, field, ids)
    return copies


def _held(session: Session, link: Field, field: Field, ids: set[str]) -> dict[str, Any]:
    if not ids:
        return {}
    target = session.layout.table(link.target or "")
    sql = session.layout.sql(target)
    value = Records(session.layout, target, sql, clock_of(session)).field(field.options["field"]).value
    wanted = sa.select(sql.c.id, sa.type_coerce(value, session.layout.column_type(field)))
    found = session.connection.execute(wanted.where(among(session, sql.c.id, ids)), moment(session))
    return {row[0]: row[1] for row in found}


def _of(copies: Copies, values: Values) -> Values:
    return {key: held.get(values[link] or "") for key, (link, held) in copies.items() if link in values}
