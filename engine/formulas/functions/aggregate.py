"""One number from many: sums, averages, counts; of several values and of whole lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from engine.formulas import lists, sql
from engine.formulas.comparing import is_blank
from engine.formulas.functions import Arguments, Family, Parameter
from engine.formulas.part import Part
from engine.formulas.syntax import FormulaError
from engine.formulas.types import NUMBER, Type
from engine.text import _

if TYPE_CHECKING:
    from engine.formulas.compile import Compiling

family = Family(_("Many numbers"))

_NUMBERS = Parameter("number", "numbers", repeated=True)
_SIZES = Parameter("number or date", "sizes", repeated=True)
_VALUES = Parameter("value", "any", repeated=True)
_SUM = sql.EXACT_SUM_SQLITE.replace("{0}", "r.v")


def _over(c: Compiling, sqlite: str, postgresql: str, parts: Sequence[Part], *more: sql.Element) -> sql.Element:
    values = [one.value for one in parts]
    kind = parts[0].type.item or parts[0].type
    return lists.over_values(sqlite, postgresql, [one.type.is_list for one in parts], values, *more, kind=kind)


@family.function("SUM", _NUMBERS, gives=NUMBER, about=_("All numbers added up."), example="SUM(1, 2, 3) is 6")
def sum_(c: Compiling, *numbers: Part) -> sql.Element:
    if not any(one.type.is_list for one in numbers):
        values = [c.once(c.number(one)) for one in numbers]
        return c.settled(sql.plus(values), *values)
    return c.settled(_over(c, f"coalesce({_SUM}, 0)", "coalesce(sum(r.v), 0)", numbers))


@family.function(
    "AVERAGE",
    _NUMBERS,
    gives=NUMBER,
    about=_("The sum divided by how many there are; blanks do not count."),
    example="AVERAGE(2, 4, 6) is 4",
    risky=True,
)
def average(c: Compiling, *numbers: Part) -> sql.Element:
    total = c.once(_over(c, _SUM, "sum(r.v)", numbers))
    count = c.once(_over(c, "count(*)", "CAST(count(*) AS NUMERIC)", numbers))
    c.fail_when(count == sql.number(0), "no_values")
    return c.settled(sql.over(total, sa.func.nullif(count, sql.number(0), type_=sql.NUMBER)))


def _of_sizes(arguments: Arguments) -> Type:
    """The type of numbers, or of the dates that are compared; both together make no sense."""
    given = [one for one in arguments if one is not None]
    kinds = {one.type.item if one.type.item else one.type for one in given}
    if len(kinds) > 1 and any(kind.is_date for kind in kinds):
        says = _("These are not all of one kind: compare numbers, or dates, or dates with time.")
        raise FormulaError(says, given[0].start, given[-1].end)
    return kinds.pop() if any(kind.is_date for kind in kinds) else NUMBER


@family.function(
    "MAX",
    _SIZES,
    gives=_of_sizes,
    about=_("The greatest number, or the latest date; blanks do not count."),
    example="MAX(10, 100) is 100",
    blank=True,
)
def max_(c: Compiling, *sizes: Part) -> sql.Element:
    return _extreme(c, sizes, "max", "GREATEST")


@family.function(
    "MIN",
    _SIZES,
    gives=_of_sizes,
    about=_("The least number, or the earliest date; blanks do not count."),
    example="MIN(10, 100) is 10",
    blank=True,
)
def min_(c: Compiling, *sizes: Part) -> sql.Element:
    return _extreme(c, sizes, "min", "LEAST")


def _extreme(c: Compiling, sizes: Sequence[Part], sqlite: str, postgresql: str) -> sql.Element:
    kind = sizes[0].type.item or sizes[0].type
    if any(one.type.is_list for one in sizes):
        found = _over(c, f"{sqlite}(r.v)", f"{sqlite}(r.v)", sizes)
    else:
        found = sizes[0].value
    for one in sizes[1:] if not any(one.type.is_list for one in sizes) else ():
        # SQLite's max is NULL where one of them is, PostgreSQL's passes over it.
        left, right = c.once(found), c.once(one.value)
        found = sql.dialects(
            f"coalesce({sqlite}({{0}}, {{1}}), {{0}}, {{1}})",
            f"{postgresql}({{0}}, {{1}})",
            left,
            right,
            type_=sql.TEXT if kind.is_date else sql.NUMBER,
        )
    # Of nothing the greatest number is 0, as in every spreadsheet; there is no such date.
    return found if kind.is_date else sa.func.coalesce(found, sql.number(0), type_=sql.NUMBER)


@family.function(
    "MEDIAN", _NUMBERS, gives=NUMBER, about=_("The number in the middle."), example="MEDIAN(1, 2, 9) is 2", blank=True
)
def median(c: Compiling, *numbers: Part) -> sql.Element:
    return _percentile(c, numbers, sql.number(1), 2)


@family.function(
    "PERCENTILE",
    Parameter("list", "numbers"),
    Parameter("share", "number"),
    gives=NUMBER,
    about=_("The number below which that share (0 to 1) of the list lies."),
    example="PERCENTILE({amounts}, 0.9)",
    blank=True,
    risky=True,
)
def percentile(c: Compiling, numbers: Part, share: Part) -> sql.Element:
    part = c.once(c.number(share))
    c.fail_when(sa.or_(part < sql.number(0), part > sql.number(1)), "out_of_range")
    return _percentile(c, [numbers], sql.within(part, 0, 1), 1)


def _percentile(c: Compiling, parts: Sequence[Part], share: sql.Element, divisor: int) -> sql.Element:
    # Each number weighs by how near its place is to the wanted one; so two neighbours share it between them.
    place = f"(({{a}} / {divisor}.0) * (count(*) OVER () - 1))"
    inner = f"r.v AS v, row_number() OVER (ORDER BY r.v) - 1 - {place} AS away"
    weigh = "sum(x.v * (1.0 - abs(x.away)))"
    value = lists.over_values(
        inner,
        inner,
        [one.type.is_list for one in parts],
        [one.value for one in parts],
        share,
    )
    return c.settled(sql.alike(f"(SELECT {weigh} FROM {{0}} AS x WHERE abs(x.away) < 1)", value, type_=sql.NUMBER))


@family.function(
    "VAR", _NUMBERS, gives=NUMBER, about=_("The variance of a sample."), example="VAR(2, 4) is 2", risky=True
)
def var(c: Compiling, *numbers: Part) -> sql.Element:
    return c.settled(_variance(c, numbers))


@family.function(
    "STDEV",
    _NUMBERS,
    gives=NUMBER,
    about=_("The standard deviation of a sample."),
    example="STDEV(2, 4, 6) is 2",
    risky=True,
)
def stdev(c: Compiling, *numbers: Part) -> sql.Element:
    return c.settled(sql.double_function("sqrt", sql.at_least_zero(_variance(c, numbers))))


def _variance(c: Compiling, numbers: Sequence[Part]) -> sql.Element:
    rows = _over(c, "r.v AS v, avg(r.v) OVER () AS m", "r.v AS v, avg(r.v) OVER () AS m", numbers)
    value = c.once(
        sql.alike(
            "(SELECT sum((x.v - x.m) * (x.v - x.m)) * 1.0 / nullif(count(*) - 1, 0) FROM {0} AS x)",
            rows,
            type_=sql.NUMBER,
        )
    )
    c.fail_when(value.is_(None), "no_values")
    return value


@family.function(
    "COUNT", _VALUES, gives=NUMBER, about=_("How many numbers there are."), example='COUNT(1, "two", 3) is 2'
)
def count(c: Compiling, *values: Part) -> sql.Element:
    return sql.plus([_counted(c, one, numbers_only=True) for one in values])


@family.function(
    "COUNTA", _VALUES, gives=NUMBER, about=_("How many values are not blank."), example='COUNTA(1, "", "two") is 2'
)
def counta(c: Compiling, *values: Part) -> sql.Element:
    return sql.plus([_counted(c, one, numbers_only=False) for one in values])


def _counted(c: Compiling, part: Part, numbers_only: bool) -> sql.Element:
    if part.type.is_list:
        return lists.filled_count(part.value, numbers_only)
    if numbers_only and part.type != NUMBER:
        return sql.number(0)
    return sa.case((is_blank(c, part), sql.number(0)), else_=sql.number(1))


@family.function(
    "COUNTALL",
    _VALUES,
    gives=NUMBER,
    about=_("How many values there are, blank ones too."),
    example='COUNTALL(1, "", 3) is 3',
)
def countall(c: Compiling, *values: Part) -> sql.Element:
    return sql.plus([lists.length(one.value) if one.type.is_list else sql.number(1) for one in values])


@family.function(
    "RANK",
    Parameter("number", "number"),
    Parameter("list", "numbers"),
    gives=NUMBER,
    about=_("The place of the number in the list, the greatest being 1."),
    example="RANK({amount}, {amounts}) is 1",
)
def rank(c: Compiling, number: Part, numbers: Part) -> sql.Element:
    return lists.over_values(
        "1 + coalesce(sum(r.v > {a}), 0)",
        "CAST(1 + count(*) FILTER (WHERE r.v > {a}) AS NUMERIC)",
        [True],
        [numbers.value],
        c.once(c.number(number)),
    )
