"""Lookups, rollups and counts as SQL: what is worked out over the records behind a link."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from engine import formulas
from engine.definitions.language import Field
from engine.formulas import Compiled
from engine.formulas.aggregates import AGGREGATES
from engine.formulas.sql import join_items, json_list, text_constant
from engine.formulas.types import NAMED_ELSEWHERE, NUMBER, list_of
from engine.storage.conditions import condition_sql
from engine.storage.expressions import Records, sortable

if TYPE_CHECKING:
    from engine.formulas import Type

Order = list[ColumnElement[Any]]

_AGGREGATE: Mapping[str, Callable[[ColumnElement[Any]], ColumnElement[Any]]] = {
    **{name: AGGREGATES[name].sql for name in ("sum", "average", "min", "max", "earliest", "latest")},
    "count": AGGREGATES["filled"].sql,
    "counta": AGGREGATES["filled"].sql,
    "count_unique": AGGREGATES["unique"].sql,
    "any": lambda value: sa.func.coalesce(sa.func.max(sa.case((value.is_(sa.true()), 1), else_=0)), 0) == 1,
    "every": lambda value: sa.func.coalesce(sa.func.min(sa.case((value.is_(sa.true()), 1), else_=0)), 1) == 1,
}
# What an aggregate of SQL would answer differently on the two databases is a formula over the list of values.
_FORMULAS: Mapping[str, str] = {
    "sum": "SUM({values})",
    "average": "AVERAGE({values})",
    "min": "MIN({values})",
    "max": "MAX({values})",
    "median": "MEDIAN({values})",
    "stdev": "STDEV({values})",
    "unique": "ARRAYUNIQUE({values})",
}


def over_link(records: Records, field: Field) -> Compiled:
    """The SQL that works out a field over the records behind its link; `records` are those that have the field."""
    _part, through = records.layout.types.through(field)
    if through.kind.of_any_table:
        return Compiled(_number_of_any(records, through), None, NUMBER)
    linked, holds, natural = records.linked(through)
    wheres = [holds]
    if "where" in field.options:
        wheres.append(condition_sql(field.options["where"], linked))
    if "field" not in field.options or field.options.get("function") == "count_all":
        return Compiled(records.aggregated(sa.func.count(), wheres), None, NUMBER)
    inner = linked.value((field.options["field"],))
    held = records.layout.types.of(field)
    order = [*_sorted(linked, field.options.get("sort", ())), *natural]
    error = None if inner.error is None else records.first_error(inner.error, wheres, order)
    if "function" in field.options:
        value = _rolled_up(records, field.options["function"], inner, wheres, order)
        return Compiled(_unless(error, value), error, held)
    if through.many:
        return Compiled(_unless(error, _list(inner, wheres, order)), error, held)
    one = sa.select(inner.value).where(*wheres).correlate(records.rows).scalar_subquery()
    return Compiled(one, error, held)


def _number_of_any(records: Records, through: Field) -> ColumnElement[Any]:
    """How many records a link to any of several tables leads to: all that can be worked out over it as a whole."""
    if not through.many:
        return sa.case((records.field(through.key).value.is_(None), 0), else_=1)
    pairs, holds = records.linked_to_any(through)
    return records.aggregated(sa.func.count(pairs.c.linked_id), [holds])


def _unless(error: ColumnElement[Any] | None, value: ColumnElement[Any]) -> ColumnElement[Any]:
    """The value, NULL where it is an error."""
    return value if error is None else sa.case((error.is_(None), value), else_=sa.null())


def _rolled_up(
    records: Records, function: str, inner: Compiled, wheres: Sequence[Any], order: Order
) -> ColumnElement[Any]:
    value = inner.value
    if function in {"first", "last"}:
        ways = [_turned(one) for one in order] if function == "last" else order
        chosen = sa.select(value).where(*wheres, value.is_not(None)).order_by(*ways).limit(1)
        return chosen.correlate(records.rows).scalar_subquery()
    if function == "join" and (inner.type.item or inner.type) in NAMED_ELSEWHERE:
        return _formula(records, "ARRAYJOIN({values})", _list(inner, wheres, order), inner.type)
    if function == "join":
        return join_items(
            _list(inner, wheres, order), inner.type.item or inner.type, text_constant(", "), records.time_zone
        )
    if function in _FORMULAS and (inner.type.is_list or function not in _AGGREGATE):
        return _formula(records, _FORMULAS[function], _list(inner, wheres, order), inner.type)
    return records.aggregated(_AGGREGATE[function](value), wheres)


def _formula(records: Records, text: str, values: ColumnElement[Any], item: Type) -> ColumnElement[Any]:
    held = item if item.is_list else list_of(item)
    scope = records.layout.types.scope(records.table.address, {("values",): held})
    given = Records(
        records.layout, records.table, records.rows, records.clock, {("values",): Compiled(values, None, held)}
    )
    value: ColumnElement[Any] = formulas.compile(formulas.check(text, scope), given).value
    return value


def _list(inner: Compiled, wheres: Sequence[Any], order: Order) -> ColumnElement[Any]:
    items = sa.select(inner.value.label("item")).where(*wheres, inner.value.is_not(None)).order_by(*order)
    return json_list(items, flatten=inner.type.is_list)


def _sorted(linked: Records, sort: Sequence[str]) -> Order:
    return [
        way
        for key in sort
        for value in sortable(linked.table.fields[key.removeprefix("-")], linked)
        for way in (value.is_(None), sa.desc(value) if key.startswith("-") else value)  # what is empty comes last
    ]


def _turned(one: ColumnElement[Any]) -> ColumnElement[Any]:
    """The other way round."""
    modifier = getattr(one, "modifier", None)
    if modifier is sa.sql.operators.desc_op:
        inner: ColumnElement[Any] = one.element
        return inner
    if modifier is sa.sql.operators.nulls_last_op:
        first: ColumnElement[Any] = one.element.desc().nulls_first()
        return first
    return one.desc()
