"""Dates and times: their parts, moving them, how far they lie apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

import sqlalchemy as sa

from engine.formulas import date_moves, dates, sql
from engine.formulas.comparing import ordered
from engine.formulas.functions import Arguments, Family, Parameter
from engine.formulas.part import Part
from engine.formulas.syntax import FormulaError
from engine.formulas.typed import Constant
from engine.formulas.types import BOOLEAN, DATE, DATE_TIME, NUMBER, Type
from engine.text import Text, _

if TYPE_CHECKING:
    from engine.formulas.compile import Compiling

family = Family(_("Dates and times"))

MOST_DAYS = 3_700_000  # ten thousand years
MOST_MONTHS = 120_000
_UNITS: Mapping[str, tuple[str, ...]] = {
    "milliseconds": ("millisecond", "ms"),
    "seconds": ("second", "s"),
    "minutes": ("minute", "m"),
    "hours": ("hour", "h"),
    "days": ("day", "d"),
    "weeks": ("week", "w"),
    "months": ("month",),
    "quarters": ("quarter", "q"),
    "years": ("year", "y"),
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in (unit, *words)}
_MILLISECONDS = {"milliseconds": 1, "seconds": 1_000, "minutes": 60_000, "hours": 3_600_000}
_DAYS = {"days": 1, "weeks": 7}
_MONTHS = {"months": 1, "quarters": 3, "years": 12}

_DATE = Parameter("date", "date")
_OTHER = Parameter("other", "date")
_UNIT = Parameter("unit", "text", constant=True, words=tuple(_UNIT_OF))
_UNIT_MAYBE = replace(_UNIT, optional=True)
_WEEK_START = Parameter("first day", "text", optional=True, constant=True, words=("sunday", "monday"))


def unit_named(word: object) -> str:
    """The unit that a word names, in the plural; "M" is months and "m" minutes."""
    return "months" if word == "M" else _UNIT_OF[str(word).lower()]


def unit_of(part: Part | None, otherwise: str = "") -> str:
    """The unit that a constant argument names."""
    return unit_named(part.constant) if part is not None else otherwise


def wall_of(c: Compiling, part: Part, zone: str = "") -> sql.Element:
    """What the clock shows in the zone; if none is said: in the date's own if it has one, else in the workspace's."""
    if part.type == DATE:
        return dates.wall_of_day(part.value)
    return dates.wall(part.value, zone or part.type.zone or c.time_zone)


def walls_of(c: Compiling, *parts: Part) -> list[sql.Element]:
    """What one clock shows at dates that are held against each other: in the zone of the first that has one."""
    zone = next((part.type.zone for part in parts if part.type.zone), c.time_zone)
    return [c.once(wall_of(c, part, zone)) for part in parts]


@family.function("TODAY", gives=DATE, about=_("The day of today."), example="TODAY()", asks="clock")
def today(c: Compiling) -> sql.Element:
    return dates.day(dates.wall(c.environment.now(), c.time_zone))


@family.function("NOW", gives=DATE_TIME, about=_("This moment."), example="NOW()", asks="clock")
def now(c: Compiling) -> sql.Element:
    return c.environment.now()


@family.function(
    "DATE",
    Parameter("year", "number"),
    Parameter("month", "number"),
    Parameter("day", "number"),
    gives=DATE,
    about=_("The date of a year, month and day."),
    example="DATE(2026, 12, 31)",
    risky=True,
)
def date(c: Compiling, year: Part, month: Part, day: Part) -> sql.Element:
    years = c.once(c.number(year))
    wrong = sa.or_(years < sql.number(1), years >= sql.number(10_000))
    months = c.whole(c.number(month), -MOST_MONTHS, MOST_MONTHS)
    days = c.whole(c.number(day), -MOST_DAYS, MOST_DAYS)
    made = c.once(date_moves.from_numbers(c.whole(years, 1, 9999), months, days))
    good = sa.and_(sa.not_(wrong), dates.in_range(made))
    c.fail_when(sql.is_not_true(good), "out_of_range")
    return sa.case((good, made), else_=sql.typed_null(DATE))


_PARTS: Mapping[str, tuple[str, Text, str]] = {
    "YEAR": ("%Y", _("The year."), "YEAR({due}) is 2026"),
    "MONTH": ("%m", _("The month, 1 to 12."), "MONTH({due}) is 11"),
    "DAY": ("%d", _("The day of the month."), "DAY({due}) is 21"),
    "HOUR": ("%H", _("The hour, 0 to 23."), "HOUR({at}) is 14"),
    "MINUTE": ("%M", _("The minute."), "MINUTE({at}) is 30"),
    "SECOND": ("%S", _("The second."), "SECOND({at}) is 0"),
}


def _part(code: str) -> Callable[[Compiling, Part], sql.Element]:
    return lambda c, date: dates.number_of(code, wall_of(c, date))


for _name, (_code, _about, _example) in _PARTS.items():
    family.function(_name, _DATE, gives=NUMBER, about=_about, example=_example, blank=True)(_part(_code))


@family.function(
    "QUARTER", _DATE, gives=NUMBER, about=_("The quarter, 1 to 4."), example="QUARTER({due}) is 4", blank=True
)
def quarter(c: Compiling, date: Part) -> sql.Element:
    return sql.floor(sql.alike("(({0} + 2) / 3)", dates.number_of("%m", wall_of(c, date)), type_=sql.NUMBER))


@family.function(
    "WEEKDAY",
    _DATE,
    _WEEK_START,
    gives=NUMBER,
    about=_("The day of the week, 0 for Sunday (or for Monday, if the week starts there)."),
    example='WEEKDAY({due}, "Monday") is 5',
    blank=True,
)
def weekday(c: Compiling, date: Part, first_day: Part | None) -> sql.Element:
    return dates.weekday(wall_of(c, date), _starts_monday(first_day))


@family.function(
    "WEEKNUM",
    _DATE,
    _WEEK_START,
    gives=NUMBER,
    about=_("The number of the week in its year; the first is the one with January 1."),
    example="WEEKNUM({due}) is 47",
    blank=True,
)
def weeknum(c: Compiling, date: Part, first_day: Part | None) -> sql.Element:
    return dates.week_number(c.once(wall_of(c, date)), _starts_monday(first_day))


def _starts_monday(first_day: Part | None) -> bool:
    return first_day is not None and str(first_day.constant).lower() == "monday"


def _moved(arguments: Arguments) -> Type:
    date, _count, unit = arguments
    held = DATE if date is None else date.type
    small = isinstance(unit, Constant) and unit_named(unit.value) in _MILLISECONDS
    return DATE_TIME if small and held == DATE else held


@family.function(
    "DATEADD",
    _DATE,
    Parameter("count", "number"),
    _UNIT,
    gives=_moved,
    about=_("So many days, months ... later (or earlier, if the count is negative)."),
    example='DATEADD({due}, 2, "weeks")',
    blank=True,
    risky=True,
)
def dateadd(c: Compiling, date: Part, count: Part, unit: Part) -> sql.Element:
    name = unit_of(unit)
    zone = date.type.zone or c.time_zone
    whole_day = date.type == DATE
    number = c.number(count)
    if name in _MILLISECONDS:
        span = c.once(date_moves.long(c.once(sql.times(number, sql.number(_MILLISECONDS[name])))))
        start = c.once(c.midnight(date.value) if whole_day else date.value)
        return _in_range(c, date, count, c.once(date_moves.milliseconds_later(start, span)), DATE_TIME)
    start = c.once(date.value if whole_day else dates.wall(date.value, zone))
    if name in _DAYS:
        steps = c.whole(sql.times(number, sql.number(_DAYS[name])), -MOST_DAYS, MOST_DAYS)
        moved = c.once(date_moves.days_later(start, steps, whole_day))
    else:
        months = c.whole(sql.times(number, sql.number(_MONTHS[name])), -MOST_MONTHS, MOST_MONTHS)
        moved = c.once(date_moves.months_later(start, months, whole_day))
    good = _in_range(c, date, count, moved, date.type)
    return good if whole_day else dates.instant(good, zone)


def _in_range(c: Compiling, date: Part, count: Part, moved: sql.Element, kind: Type) -> sql.Element:
    """The date that came out; blank beyond the years 1 to 9999, and an error if the count is not in the formula."""
    good = dates.in_range(moved)
    if count.known_number is None:
        c.fail_when(sa.and_(date.value.is_not(None), sql.is_not_true(good)), "out_of_range")
    return sa.case((good, moved), else_=sa.null())


@family.function(
    "EOMONTH",
    _DATE,
    Parameter("months", "number", optional=True),
    gives=DATE,
    about=_("The last day of the month, or of the one so many months later."),
    example="EOMONTH({due}, 1)",
    blank=True,
)
def eomonth(c: Compiling, date: Part, months: Part | None) -> sql.Element:
    count = sql.integer(0) if months is None else c.whole(c.number(months), -MOST_MONTHS, MOST_MONTHS)
    end = c.once(date_moves.month_end(c.once(wall_of(c, date)), count))
    return sa.case((dates.in_range(end), end), else_=sa.null())


@family.function(
    "DATETIME_DIFF",
    _DATE,
    _OTHER,
    _UNIT_MAYBE,
    gives=NUMBER,
    about=_("The first date less the second, in whole units (seconds, if none is said)."),
    example='DATETIME_DIFF({due}, {created_at}, "days") is 14',
    blank=True,
)
def datetime_diff(c: Compiling, date: Part, other: Part, unit: Part | None) -> sql.Element:
    name = unit_of(unit, "seconds")
    if name in _DAYS and date.type == other.type == DATE:
        return sql.cut_quotient(date_moves.days_between(date.value, other.value), _DAYS[name])
    if name in _MONTHS:
        one, two = walls_of(c, date, other)
        return sql.cut_quotient(date_moves.months_between(one, two), _MONTHS[name])
    if name in _DAYS:
        # As the calendar counts: a day with 23 hours is a day too.
        return sql.cut_quotient(
            date_moves.milliseconds_between(*walls_of(c, date, other)), _DAYS[name] * 24 * 3_600_000
        )
    return sql.cut_quotient(date_moves.milliseconds_between(*_instants(c, date, other)), _MILLISECONDS[name])


def _instants(c: Compiling, *parts: Part) -> list[sql.Element]:
    return [c.midnight(one.value) if one.type == DATE else one.value for one in parts]


def _cut(c: Compiling, date: Part, other: Part, unit: str) -> list[sql.Element]:
    """The beginnings of the days, months ... that the dates lie in, as wall times' texts."""
    return [dates.beginning(wall, unit) for wall in walls_of(c, date, other)]


def _comparing(sign: str) -> Callable[..., sql.Element]:
    def compile(c: Compiling, date: Part, other: Part, unit: Part | None) -> sql.Element:
        if unit is None:
            return ordered(c, date, sign, other)
        one, two = _cut(c, date, other, unit_of(unit))
        return dates.compared(one, sign, two)

    return compile


for _name, _sign, _about in (
    ("IS_BEFORE", "<", _("Whether the first date is before the second.")),
    ("IS_AFTER", ">", _("Whether the first date is after the second.")),
):
    family.function(
        _name, _DATE, _OTHER, _UNIT_MAYBE, gives=BOOLEAN, about=_about, example=f"{_name}({{due}}, TODAY())"
    )(_comparing(_sign))


@family.function(
    "IS_SAME",
    _DATE,
    _OTHER,
    _UNIT_MAYBE,
    gives=BOOLEAN,
    about=_("Whether two dates are the same, or lie in the same month, year ..."),
    example='IS_SAME({due}, TODAY(), "month")',
)
def is_same(c: Compiling, date: Part, other: Part, unit: Part | None) -> sql.Element:
    if unit is None:
        first, second = _instants(c, date, other)
        return dates.compared(first, "=", second)
    one, two = _cut(c, date, other, unit_of(unit))
    return dates.compared(one, "=", two)


def _in_zone(arguments: Arguments) -> Type:
    date, zone = arguments
    held = DATE if date is None else date.type
    name = str(zone.value) if isinstance(zone, Constant) else ""
    if zone is not None and name not in available_timezones():
        says = _('There is no time zone "{zone}". Write one like "Asia/Ho_Chi_Minh" or "Europe/London".', zone=name)
        raise FormulaError(says, zone.start, zone.end)
    return held if held == DATE else replace(held, zone=name)


@family.function(
    "SET_TIMEZONE",
    _DATE,
    Parameter("time zone", "text", constant=True),
    gives=_in_zone,
    about=_("The same moment, shown as clocks in that time zone show it."),
    example='SET_TIMEZONE({at}, "Asia/Shanghai")',
    blank=True,
)
def set_timezone(c: Compiling, date: Part, zone: Part) -> sql.Element:
    return date.value
