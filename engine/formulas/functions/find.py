"""Finding records of another table by a condition, without a link."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import sqlalchemy as sa

from engine.formulas import lists, sql
from engine.formulas.compile import Inside
from engine.formulas.functions import Family, Function, Parameter, Takes
from engine.formulas.part import Part
from engine.formulas.scopes import about_records
from engine.formulas.syntax import Call
from engine.formulas.typed import Apply, Typed, Within
from engine.formulas.types import BLANK, DATE_TIME, NUMBER, Type, list_of
from engine.text import _

if TYPE_CHECKING:
    from engine.formulas.check import Checker
    from engine.formulas.compile import Compiling, Each

family = Family(_("Finding"))

_TABLE = Parameter("table", "text", constant=True)
_CONDITION = Parameter("condition", "boolean")
_FIELD = Parameter("field", "any")
_NUMBER = Parameter("number", "number")


def _finding(takes: Takes, gives: Callable[[Type], Type]) -> Callable[[Checker, Function, Call], Typed | None]:
    def types(checker: Checker, function: Function, call: Call) -> Typed | None:
        table, condition, *value = call.arguments
        found = about_records(checker, table, condition, value[0] if value else None, takes)
        return None if found is None else Apply(function, (found,), gives(found.type), call.start, call.end)

    return types


def _found(c: Compiling, within: Within) -> tuple[Each, sql.Element, Part | None]:
    """The records, whether the condition holds for one of them, and its value."""
    records = c.environment.each(within.table)
    inside = Inside(c.environment, within.name, lambda path: records.value(path or ("id",)))
    value = None if within.value is None else c.inside(within.value, inside)
    return records, c.holds(within.condition, inside), value


def _select(records: Each, holds: sql.Element, value: sql.Element) -> sa.Select[tuple[object]]:
    return sa.select(value.label("item")).select_from(records.rows).where(holds).correlate_except(records.rows)


def _first_error(c: Compiling, records: Each, holds: sql.Element, value: Part) -> sql.Element | None:
    """The error of the first record found whose value is one: it is the error of the result."""
    if value.error is None:
        return None
    failing = _select(records, holds, value.error).where(value.error.is_not(None)).order_by(records.rows.c.id)
    return c.once(failing.limit(1).scalar_subquery())


def _shown(part: Part) -> sql.Element:
    return sa.type_coerce(part.value, sa.DateTime(timezone=True)) if part.type == DATE_TIME else part.value


@family.function(
    "LOOKUP",
    _TABLE,
    _CONDITION,
    _FIELD,
    gives=BLANK,
    about=_("The field of the first record of the table for which the condition holds."),
    example='LOOKUP("prices", {prices.product} = {name}, {prices.amount})',
    types=_finding("any", lambda kind: kind),
    blank=True,
    risky=True,
)
def lookup(c: Compiling, within: Within) -> Part:
    records, holds, value = _found(c, within)
    if value is None:
        raise TypeError("LOOKUP has a field")

    def first(element: sql.Element) -> sql.Element:
        return _select(records, holds, element).order_by(records.rows.c.id).limit(1).scalar_subquery()

    error = None if value.error is None else c.once(first(value.error))
    # A step of its own: its condition may be as deep as SQLite can read.
    return Part(c.once(first(value.value)), value.type, error)


@family.function(
    "LOOKUP_ALL",
    _TABLE,
    _CONDITION,
    _FIELD,
    gives=list_of(BLANK),
    about=_("The field of every record of the table for which the condition holds, blanks left out."),
    example='LOOKUP_ALL("prices", {prices.product} = {name}, {prices.amount})',
    types=_finding("any", lambda kind: kind if kind.is_list else list_of(kind)),
    risky=True,
)
def lookup_all(c: Compiling, within: Within) -> Part:
    records, holds, value = _found(c, within)
    if value is None:
        raise TypeError("LOOKUP_ALL has a field")
    items = _select(records, holds, _shown(value)).where(value.value.is_not(None)).order_by(records.rows.c.id)
    kind = value.type if value.type.is_list else list_of(value.type)
    error = _first_error(c, records, holds, value)
    found = c.once(lists.json_list(items, flatten=value.type.is_list))
    return Part(found, kind, error, nullable=False)


@family.function(
    "SUM_IF",
    _TABLE,
    _CONDITION,
    _NUMBER,
    gives=NUMBER,
    about=_("The sum of a number over the records of the table for which the condition holds."),
    example='SUM_IF("prices", {prices.product} = {name}, {prices.amount})',
    types=_finding("number", lambda _kind: NUMBER),
    risky=True,
)
def sum_if(c: Compiling, within: Within) -> Part:
    records, holds, value = _found(c, within)
    if value is None:
        raise TypeError("SUM_IF has a number")
    rows = _select(records, holds, value.value).scalar_subquery()
    total = sql.dialects(
        f"(SELECT coalesce({sql.EXACT_SUM_SQLITE.replace('{0}', 's.item')}, 0) FROM {{0}} AS s)",
        "(SELECT coalesce(sum(CAST(s.item AS NUMERIC)), 0) FROM {0} AS s)",
        rows,
        type_=sql.NUMBER,
    )
    return Part(c.settled(total), NUMBER, _first_error(c, records, holds, value), nullable=False)


@family.function(
    "COUNT_IF",
    _TABLE,
    _CONDITION,
    gives=NUMBER,
    about=_("How many records of the table the condition holds for."),
    example='COUNT_IF("prices", {prices.product} = {name})',
    types=_finding("any", lambda _kind: NUMBER),
)
def count_if(c: Compiling, within: Within) -> Part:
    records, holds, _value = _found(c, within)
    counted = _select(records, holds, sql.numeric(sa.func.count())).scalar_subquery()
    return Part(c.once(counted), NUMBER, None, nullable=False)
