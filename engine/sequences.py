"""Numbers that the engine draws for new records: none twice, none left out but by deleting.

A counter is a row of the store, raised in the transaction that uses its numbers: who comes second waits, and a
transaction that fails gives its numbers back. Numbers that a record brings (an import, a restored record) are
kept, and the counter goes on after them.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from engine.access import door
from engine.definitions.language import Field, Table
from engine.errors import NotFound
from engine.field_types import Value
from engine.field_types._drawn import Drawn
from engine.storage import record_rows, workspace_tables
from engine.storage.expressions import clock_of, moment
from engine.storage.record_rows import Values
from engine.storage.session import Session
from engine.text import _

_counters = workspace_tables.counters
_INSERT: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True)
class Gap:
    """Numbers from `first` to `last` that no record has (any more)."""

    first: str
    last: str
    count: int


def draw(session: Session, table: Table, records: Sequence[tuple[str, Values]]) -> Sequence[tuple[str, Values]]:
    """The records, each with its numbers; numbers that a record brings stay."""
    for field in _drawn(table):
        keep_up(session, field, [values.get(field.key) for _id, values in records])
        lacking = {number for number, (_id, values) in enumerate(records) if not values.get(field.key)}
        if lacking:
            texts = iter(_next(session, field, len(lacking), clock_of(session).today))
            records = [
                (record_id, {**values, field.key: next(texts)} if number in lacking else values)
                for number, (record_id, values) in enumerate(records)
            ]
    return records


def keep_up(session: Session, field: Field, texts: Iterable[Value]) -> None:
    """Let counting go on after these numbers."""
    greatest: dict[str, int] = defaultdict(int)
    for text in texts:
        found = _kind(field).parsed(field.options, text) if text else None
        if found is not None:
            greatest[found[0]] = max(greatest[found[0]], found[1])
    for period, number in greatest.items():
        _raise(session, field, period, number)


def number_all(session: Session, fields: Iterable[Field]) -> None:
    """Give every record without a number one, oldest first; for fields that are new in tables that are not."""
    for field in fields:
        table = session.layout.table(field.table)
        sql = session.layout.sql(table)
        lacking = sa.select(sql.c.id, sql.c.created_at).where(sql.c[field.key].is_(None))
        zone = ZoneInfo(session.workspace.time_zone)
        by_day: dict[datetime.date, list[str]] = defaultdict(list)
        for record_id, at in session.connection.execute(lacking.order_by(sql.c.created_at, sql.c.id)):
            by_day[datetime.datetime.fromisoformat(at).astimezone(zone).date()].append(record_id)
        numbered = [
            pair for day, ids in by_day.items() for pair in zip(ids, _next(session, field, len(ids), day), strict=True)
        ]
        record_rows.set_texts(session, sql.c[field.key], [(one, str(number)) for one, number in numbered])


def gaps(session: Session, table: str, key: str) -> list[Gap]:
    """The numbers that were drawn and that no record has now, of a sequence. Raises `NotFound`."""
    of = session.layout.table(table)
    door.enter(session.principal, "read", of)
    field = of.fields.get(key)
    hidden = of.rights is not None and of.rights.read is not True  # each of their numbers would be a gap
    if field is None or not field.kind.drawn or hidden:
        raise NotFound(_("{table} has no sequence {field}.", table=of.label, field=key))
    c = _counters.c
    counted = sa.select(c.period, c.last).where(c.table_address == table, c.field == key).order_by(c.period)
    held: dict[str, list[tuple[int, str]]] = defaultdict(list)
    numbers = sa.select(session.layout.rows(of).c[key])
    for text in session.connection.execute(numbers, moment(session)).scalars():
        found = _kind(field).parsed(field.options, text) if text else None
        if found is not None:
            held[found[0]].append((found[1], text))
    missing: list[Gap] = []
    for period, last in session.connection.execute(counted):
        missing += _between(field, period, sorted(held[period]), last)
    return missing


def _between(field: Field, period: str, held: Sequence[tuple[int, str]], last: int) -> Iterable[Gap]:
    day = datetime.date.fromisoformat(f"{period or '2000'}-01-01"[:10])
    before = field.options.get("start", 1) - 1
    for number in [*(one for one, _text in held), last + 1]:
        if number > before + 1:
            first, end = (_kind(field).spelled(field.options, one, day) for one in (before + 1, number - 1))
            yield Gap(first, end, number - before - 1)
        before = max(before, number)


def _kind(field: Field) -> Drawn:
    if not isinstance(field.kind, Drawn):
        raise TypeError(f"{field.type} is not drawn")
    return field.kind


def _drawn(table: Table) -> list[Field]:
    return [field for field in table.fields.values() if field.kind.drawn]


def _next(session: Session, field: Field, count: int, day: datetime.date) -> list[Value]:
    period = _kind(field).period_of(field.options, day)
    c = _counters.c
    where = sa.and_(c.table_address == field.table, c.field == field.key, c.period == period)
    step = sa.update(_counters).where(where).values(last=c.last + count).returning(c.last)
    last = session.connection.execute(step).scalar()
    if last is None:
        _raise(session, field, period, _greatest(session, field, period))
        last = session.connection.execute(step).scalar_one()
    return [_kind(field).spelled(field.options, number, day) for number in range(last - count + 1, last + 1)]


def _raise(session: Session, field: Field, period: str, number: int) -> None:
    """The counter stands at `number` or beyond."""
    least = max(number, field.options.get("start", 1) - 1)
    row = {"table_address": field.table, "field": field.key, "period": period, "last": least}
    insert = _INSERT[session.dialect](_counters).values(row)
    keys = ["table_address", "field", "period"]
    higher = sa.case((_counters.c.last < insert.excluded.last, insert.excluded.last), else_=_counters.c.last)
    session.connection.execute(insert.on_conflict_do_update(index_elements=keys, set_={"last": higher}))


def _greatest(session: Session, field: Field, period: str) -> int:
    """The greatest number of a period that some record has already: it was a plain text before, or was brought."""
    column = session.layout.sql(session.layout.table(field.table)).c[field.key]
    texts = session.connection.execute(sa.select(column).where(column.is_not(None))).scalars()
    found = (_kind(field).parsed(field.options, text) for text in texts)
    return max((one[1] for one in found if one is not None and one[0] == period), default=0)
