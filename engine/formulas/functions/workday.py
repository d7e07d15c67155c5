"""Working days: Monday to Friday, without the holidays that the formula names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from engine.formulas import dates, sql, working_days
from engine.formulas.conversions import read_date
from engine.formulas.functions import Arguments, Family, Parameter
from engine.formulas.functions.date import wall_of
from engine.formulas.part import Part
from engine.formulas.syntax import FormulaError
from engine.formulas.typed import Constant
from engine.formulas.types import DATE, NUMBER, Type
from engine.text import _

if TYPE_CHECKING:
    from engine.formulas.compile import Compiling

family = Family(_("Working days"))

MOST_DAYS = 5_000  # working days to go, some twenty years
MOST_HOLIDAYS = 400
_HOLIDAYS = Parameter("holidays", "text", optional=True, constant=True)


def _holidays(part: Part | Constant | None) -> list[str]:
    text = "" if part is None else str((part.value if isinstance(part, Constant) else part.constant) or "")
    return [one.strip() for one in text.split(",") if one.strip()]


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
    Parameter("date", "date"),
    Parameter("count", "number"),
    _HOLIDAYS,
    gives=lambda arguments: _checked(arguments, DATE),
    about=_("The date so many working days later (or earlier)."),
    example='WORKDAY({start}, 10, "2026-12-25, 2026-12-26")',
    blank=True,
    risky=True,
)
def workday(c: Compiling, date: Part, count: Part, holidays: Part | None) -> sql.Element:
    start = c.once(dates.day(wall_of(c, date)))
    steps = c.once(c.number(count))
    c.fail_when(sql.absolute(steps) > sql.number(MOST_DAYS), "out_of_range")
    whole = c.whole(steps, -MOST_DAYS, MOST_DAYS)
    found = c.once(working_days.working_day(start, whole, _holidays(holidays)))
    return sa.case((dates.in_range(found), found), else_=sa.null())


@family.function(
    "WORKDAY_DIFF",
    Parameter("date", "date"),
    Parameter("other", "date"),
    _HOLIDAYS,
    gives=lambda arguments: _checked(arguments, NUMBER),
    about=_("How many working days there are from the first date to the second, both counted."),
    example="WORKDAY_DIFF({start}, {end}) is 5 from a Monday to a Friday",
    blank=True,
)
def workday_diff(c: Compiling, date: Part, other: Part, holidays: Part | None) -> sql.Element:
    one, two = (c.once(dates.day(wall_of(c, part))) for part in (date, other))
    return working_days.working_days_between(one, two, _holidays(holidays))
