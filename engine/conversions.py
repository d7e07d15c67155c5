"""A field that becomes another type: its values are read as text and given to the new type."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.definitions.language import Field
from engine.definitions.plan import Alteration, ConvertField
from engine.field_types import InvalidValue
from engine.storage import record_rows
from engine.storage.layout import Layout
from engine.storage.session import Session


@dataclass(frozen=True)
class Kept:
    """The texts of a field's values before its conversion, by record id."""

    table: str
    field: str
    texts: dict[str, str]


def count_lost(session: Session, alteration: ConvertField, after: Layout) -> int:
    """How many values the new type cannot hold."""
    kept = _read(session, alteration)
    field = after.table(kept.table).fields[kept.field]
    if field.kind.computed:
        return len(kept.texts)
    return sum(_converted(field, text) is None for text in kept.texts.values())


def read_before(session: Session, alterations: Iterable[Alteration]) -> list[Kept]:
    """The values of all fields that are about to be converted."""
    return [_read(session, one) for one in alterations if isinstance(one, ConvertField)]


def write_after(session: Session, kept: Iterable[Kept]) -> None:
    """Put what can be converted into the new fields."""
    for one in kept:
        table = session.layout.table(one.table)
        field = table.fields[one.field]
        if field.kind.computed or field.is_link:
            continue
        values = {record_id: _converted(field, text) for record_id, text in one.texts.items()}
        changed = {record_id: {field.key: value} for record_id, value in values.items() if value is not None}
        record_rows.update(session, table, changed)


def _read(session: Session, alteration: ConvertField) -> Kept:
    table = session.layout.table(f"{alteration.app}.{alteration.table}")
    field = table.fields[alteration.field]
    texts: dict[str, str] = {}
    if not field.many and session.layout.stored(field):
        sql = session.layout.sql(table)
        column = sql.c[field.key]
        for record_id, value in session.connection.execute(sa.select(sql.c.id, column).where(column.is_not(None))):
            texts[record_id] = _as_text(field, value)
    return Kept(table.address, field.key, texts)


def _as_text(field: Field, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, (int, float)):
        return str(value)
    as_shown = field.kind.names == "choices" or field.kind.listed or field.kind.holds == "json"
    return field.kind.display(value, field.options, "en") if as_shown else str(value)


def _converted(field: Field, text: str) -> Any:
    if field.is_link or not text:
        return None
    try:
        return field.kind.read(text, field.options)
    except InvalidValue:
        return None
