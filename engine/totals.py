"""Records counted and summed up, as a whole and by the values of fields, by one statement each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from engine import indexes
from engine.access import door
from engine.definitions.language import Table
from engine.errors import Problem, Refused
from engine.formulas.aggregates import AGGREGATES, filled, share_within
from engine.queries import Query, ask, shape, tests_of
from engine.storage import sql_types
from engine.storage.expressions import Records
from engine.storage.index_shapes import Shape, shape_of_groups
from engine.storage.items import with_items
from engine.storage.session import Session
from engine.text import _
from engine.view_types import EACH, grouped_field

MAX_GROUPED = 5  # fields to group by
MAX_PORTIONS = 100  # values of one distribution, those that are there most often
Portion = dict[str, Any]  # value, count, share
Wanted = Sequence[tuple[str, str]]  # (function of `formulas/aggregates.py`, field key)


@dataclass(frozen=True)
class Group:
    """Records that share the values of the fields grouped by: how many, and their totals in the order asked."""

    values: tuple[Any, ...]
    count: int
    totals: tuple[Any, ...] = ()


def totals(session: Session, query: Query, wanted: Wanted) -> tuple[Any, ...]:
    """The totals over all records that the query finds, in the order asked.

    A distribution is a list of `{"value", "count", "share"}`, what is there most often first, empty as None.
    Raises `Refused` for what does not go with a field.
    """
    _entered(session, query, wanted)
    if not wanted:
        return ()
    numbers, portions = _apart(wanted)

    def made(table: Table, records: Records) -> sa.Select[Any]:
        columns = [_total(records, key, function) for function, key in numbers] or [sa.func.count()]
        return sa.select(*columns).select_from(records.rows).where(*tests_of(session, table, records, query))

    (row,) = ask(session, query, ("totals", query.table, *numbers), made)
    spread = {one: _distributions(session, query, (), one[1]) for one in portions}
    return _put_together(wanted, row, {one: found.get("[]", []) for one, found in spread.items()})


def groups(session: Session, query: Query, by: Sequence[str], wanted: Wanted = ()) -> list[Group]:
    """The records that the query finds, counted and totalled by the values of fields (largest group first).

    By `each:tags` a record counts in the group of each of its tags, and in that of None where it has none.
    """
    table = _entered(session, query, wanted)
    for number, key in enumerate(by):
        if number >= MAX_GROUPED or not _groups_by(table, key):
            raise Refused([Problem("/by", _("Records cannot be grouped by {field}.", field=key), "unknown_field", key)])
    numbers, portions = _apart(wanted)

    def made(table: Table, records: Records) -> sa.Select[Any]:
        (source, keys), number = with_items(session.dialect, records, by), sa.func.count()
        columns = [_total(records, key, function) for function, key in numbers]
        found = sa.select(*keys, number, *columns).select_from(source)
        found = found.where(*tests_of(session, table, records, query))
        return found.group_by(*keys).order_by(number.desc(), *keys)

    one_index_serves = len(by) == 1 and not by[0].startswith(EACH)
    with indexes.noticing(session, lambda: _shape(session, query, by[0], numbers) if one_index_serves else None):
        rows = ask(session, query, ("groups", tuple(by), *numbers), made)
    spread = {one: _distributions(session, query, by, one[1]) for one in portions}
    at = len(by)
    return [
        Group(
            tuple(row[:at]),
            row[at],
            _put_together(
                wanted, row[at + 1 :], {one: found.get(_named(row[:at]), []) for one, found in spread.items()}
            ),
        )
        for row in rows
    ]


def _groups_by(table: Table, name: str) -> bool:
    field = table.fields.get(grouped_field(name))
    return field is not None and not field.masked and (field.has_items if name.startswith(EACH) else not field.many)


def _shape(session: Session, query: Query, by: str, numbers: Wanted) -> Shape | None:
    """What an index for the groups would be of: in one place with what it is for pages."""
    totalled = [key for _function, key in numbers]
    return shape(
        session, query, ("groups", by, *totalled), lambda records, tests: shape_of_groups(records, tests, by, totalled)
    )


def _apart(wanted: Wanted) -> tuple[Wanted, Wanted]:
    """Totals that are one value each, which one statement answers, and distributions."""
    numbers = [one for one in wanted if AGGREGATES[one[0]].gives != "portions"]
    return numbers, [one for one in wanted if AGGREGATES[one[0]].gives == "portions"]


def _put_together(
    wanted: Wanted, numbers: Sequence[Any], portions: Mapping[tuple[str, str], list[Portion]]
) -> tuple[Any, ...]:
    rest = iter(numbers)
    return tuple(portions[one] if one in portions else next(rest) for one in wanted)


def _distributions(session: Session, query: Query, by: Sequence[str], key: str) -> dict[str, list[Portion]]:
    """For each group, named by `_named`, how often each value of the field is there."""

    def made(table: Table, records: Records) -> sa.Select[Any]:
        held = records.field(key)
        # Ticked and not are two values here, and no empty one.
        value = held.value if held.type.name == "boolean" else filled(held.value, held.type)
        source, values = with_items(session.dialect, records, by)
        keys = [one.label(f"by_{number}") for number, one in enumerate(values)]
        rows = sa.select(*keys, value.label("held")).select_from(source)
        c = rows.where(*tests_of(session, table, records, query)).subquery().c
        around = [c[one.name] for one in keys]
        number = AGGREGATES["distribution"].sql(c.held)
        order = [number.desc(), c.held.is_(None), c.held]
        place = sa.func.row_number().over(partition_by=around or None, order_by=order).label("place")
        share = sa.type_coerce(share_within(number, around), sql_types.NUMBER).label("share")
        each = sa.select(*around, c.held, number.label("number"), share, place).group_by(*around, c.held).subquery()
        shown = [column for column in each.c if column.key != "place"]
        return sa.select(*shown).where(each.c.place <= MAX_PORTIONS).order_by(each.c.place)

    found: dict[str, list[Portion]] = {}
    at = len(by)
    for row in ask(session, query, ("distribution", tuple(by), key), made):
        portion = {"value": row[at], "count": row[at + 1], "share": row[at + 2]}
        found.setdefault(_named(row[:at]), []).append(portion)
    return found


def _named(values: Sequence[Any]) -> str:
    """The values of a group, which may be lists, as a key."""
    return json.dumps(list(values))


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
    if field is None or field.masked or function not in AGGREGATES:
        return False
    return AGGREGATES[function].goes_with(session.layout.types.of(field))


def _total(records: Records, key: str, function: str) -> ColumnElement[Any]:
    aggregate, compiled = AGGREGATES[function], records.field(key)
    total = aggregate.sql(filled(compiled.value, compiled.type))
    return total if aggregate.gives == "value" else sa.type_coerce(total, sql_types.NUMBER)
