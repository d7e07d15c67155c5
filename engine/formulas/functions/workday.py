"""Working days and working hours, by the workspace's business calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from engine.formulas import dates, sql, working_days
from engine.formulas.conversions import read_date
from engine.formulas.functions import Arguments, Family, Parameter
from engine.formulas.functions.date import wall_of, walls_of
from engine.formulas.part import Part
from engine.formulas.rounding import round_half_away
from engine.formulas.syntax import FormulaError
from engine.formulas.typed import Constant
from engine.formulas.types import DATE, DATE_TIME, NUMBER, Type
from engine.text import _

if TYPE_CHECKING:
    from engine.formulas.calendar import Calendar
    from engine.formulas.compile import Compiling

family = Family(_("Working days"))

MOST_DAYS = 5_000  # working days to go, some twenty years
MOST_HOURS = 20_000  # working hours to go, some ten years
MOST_HOLIDAYS = 400
_DATE = Parameter("date", "date")
_OTHER = Parameter("other", "date")
_HOLIDAYS = Parameter("holidays", "text", optional=True, constant=True)


def _holidays(part: Part | Constant | None) -> list[str]:
    text = "" if part is None else str((part.value if isinstance(part, Constant) else part.constant) or "")
    return [one.strip() for one in text.split(",") if one.strip()]


def _calendar(c: Compiling, holidays: Part | None) -> Calendar:
    return c.environment.calendar.with_holidays(_holidays(holidays))


def _checked(arguments: Arguments, gives: Type) -> Type:
    given = arguments[2]
    if isinstance(given, Constant):
        days = _holidays(given)
        for one in days:
            found = read_date(one)
            if found is None or len(found) != 10:
                says = _('"{text}" is no date. Write holidays as "2026-01-01, 2026-05-01".', text=one)
                raise FormulaError(says, given.start, given.end)
        if len(days) > MOST_HOLIDAYS:
            raise FormulaError(_("At most {count} holidays.", count=MOST_HOLIDAYS), given.start, given.end)
    return gives


@family.function(
    "WORKDAY",
    _DATE,
    Parameter("count", "number"),
    _HOLIDAYS,
    gives=lambda arguments: _checked(arguments, DATE),
    about=_("The date so many working days later (or earlier), by the calendar and without further holidays."),
    example='WORKDAY({start}, 10, "2026-12-25, 2026-12-26")',
    blank=True,
    risky=True,
    asks="calendar",
)
def workday(c: Compiling, date: Part, count: Part, holidays: Part | None) -> sql.Element:
    start = c.once(dates.day(wall_of(c, date)))
    steps = c.once(c.number(count))
    c.fail_when(sql.absolute(steps) > sql.number(MOST_DAYS), "out_of_range")
    whole = c.whole(steps, -MOST_DAYS, MOST_DAYS)
    found = c.once(working_days.working_day(start, whole, _calendar(c, holidays)))
    return sa.case((dates.in_range(found), found), else_=sa.null())


@family.function(
    "WORKDAY_DIFF",
    _DATE,
    _OTHER,
    _HOLIDAYS,
    gives=lambda arguments: _checked(arguments, NUMBER),
    about=_("How many working days there are from the first date to the second, both counted."),
    example="WORKDAY_DIFF({start}, {end}) is 5 from a Monday to a Friday",
    blank=True,
    asks="calendar",
)
def workday_diff(c: Compiling, date: Part, other: Part, holidays: Part | None) -> sql.Element:
    one, two = (c.once(dates.day(wall)) for wall in walls_of(c, date, other))
    return working_days.working_days_between(one, two, _calendar(c, holidays))


@family.function(
    "BUSINESS_HOURS_ADD",
    _DATE,
    Parameter("hours", "number"),
    gives=DATE_TIME,
    about=_("The moment at which so many hours are worked since a date (or before it), by the calendar's hours."),
    example="BUSINESS_HOURS_ADD({at}, 8)",
    blank=True,
    risky=True,
    asks="calendar",
)
def business_hours_add(c: Compiling, date: Part, hours: Part) -> sql.Element:
    zone = date.type.zone or c.time_zone
    wall = c.once(wall_of(c, date))
    given = c.once(c.number(hours))
    c.fail_when(sql.absolute(given) > sql.number(MOST_HOURS), "out_of_range")
    seconds = c.once(sql.times(sql.within(given, -MOST_HOURS, MOST_HOURS), sql.number(3_600)))
    whole = c.once(round_half_away(seconds, sql.integer(0)))
    span = c.whole(whole, -MOST_HOURS * 3_600, MOST_HOURS * 3_600)
    later = working_days.worked_later(c.once(working_days.second_of(wall)), span, c.environment.calendar)
    moved = c.once(sa.case((span == sql.integer(0), wall), else_=working_days.wall_at(c.once(later))))
    return dates.instant(sa.case((dates.in_range(moved), moved), else_=sa.null()), zone)


@family.function(
    "BUSINESS_MINUTES",
    _DATE,
    _OTHER,
    gives=NUMBER,
    about=_("How many minutes are worked from the first date to the second, by the calendar's hours."),
    example="BUSINESS_MINUTES({start}, {end}) is 1920 from a Monday to a Friday",
    blank=True,
    asks="calendar",
)
def business_minutes(c: Compiling, date: Part, other: Part) -> sql.Element:
    one, two = (c.once(working_days.second_of(wall)) for wall in walls_of(c, date, other))
    worked = working_days.worked_between(one, two, c.environment.calendar)
    return sql.cut_quotient(worked, 60)
