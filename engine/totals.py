"""Records counted and summed up, as a whole and by the values of fields, by one statement each."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from engine import indexes
from engine.access import door
from engine.definitions.language import Table
from engine.errors import Problem, Refused
from engine.queries import Query, ask, records_of, tests_of
from engine.storage import sql_types
from engine.storage.aggregates import AGGREGATES, filled
from engine.storage.expressions import Records
from engine.storage.index_shapes import shape_of_groups
from engine.storage.session import Session
from engine.text import _

MAX_GROUPED = 5  # fields to group by
Wanted = Sequence[tuple[str, str]]  # (function of `storage/aggregates.py`, field key)


@dataclass(frozen=True)
class Group:
    """Records that share the values of the fields grouped by: how many, and their totals in the order asked."""

    values: tuple[Any, ...]
    count: int
    totals: tuple[Any, ...] = ()


def totals(session: Session, query: Query, wanted: Wanted) -> tuple[Any, ...]:
    """The totals over all records that the query finds. Raises `Refused` for what does not go with a field."""
    table = _entered(session, query, wanted)
    if not wanted:
        return ()

    def made(table: Table, records: Records) -> sa.Select[Any]:
        columns = [_total(records, key, function) for function, key in wanted]
        return sa.select(*columns).select_from(records.rows).where(*tests_of(session, table, records, query))

    (row,) = ask(session, query, ("totals", table.address, *wanted), made)
    return tuple(row)


def groups(session: Session, query: Query, by: Sequence[str], wanted: Wanted = ()) -> list[Group]:
    """The records that the query finds, counted and totalled by the values of fields (largest group first)."""
    table = _entered(session, query, wanted)
    for number, key in enumerate(by):
        if key not in table.fields or table.fields[key].many or number >= MAX_GROUPED:
            raise Refused([Problem("/by", _("Records cannot be grouped by {field}.", field=key), "unknown_field", key)])

    def made(table: Table, records: Records) -> sa.Select[Any]:
        keys, number = [records.field(key).value for key in by], sa.func.count()
        columns = [_total(records, key, function) for function, key in wanted]
        found = sa.select(*keys, number, *columns).select_from(records.rows)
        found = found.where(*tests_of(session, table, records, query))
        return found.group_by(*keys).order_by(number.desc(), *keys)

    begun = time.perf_counter()
    rows = ask(session, query, ("groups", tuple(by), *wanted), made)
    if len(by) == 1 and not query.where and not query.search.strip():
        shape = shape_of_groups(records_of(session, table), by[0], [key for _function, key in wanted])
        indexes.notice(session, shape, time.perf_counter() - begun)
    at = len(by)
    return [Group(tuple(row[:at]), row[at], tuple(row[at + 1 :])) for row in rows]


def _entered(session: Session, query: Query, wanted: Wanted) -> Table:
    table = session.layout.table(query.table)
    door.enter(session.principal, "read", table)
    problems = [
        Problem(f"/{key}", _("There is no {function} of {field}.", function=function, field=key), "total", function)
        for function, key in wanted
        if not goes_with(session, table, key, function)
    ]
    if problems:
        raise Refused(problems)
    return table


def goes_with(session: Session, table: Table, key: str, function: str) -> bool:
    """Whether the function can be worked out from the field."""
    field = table.fields.get(key)
    if field is None or field.many or function not in AGGREGATES:
        return False
    return AGGREGATES[function].goes_with(session.layout.types.of(field))


def _total(records: Records, key: str, function: str) -> ColumnElement[Any]:
    aggregate, compiled = AGGREGATES[function], records.field(key)
    total = aggregate.sql(filled(compiled.value, compiled.type))
    return total if aggregate.gives == "value" else sa.type_coerce(total, sql_types.NUMBER)
