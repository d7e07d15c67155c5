"""What the functions of dates and times mean."""

from __future__ import annotations

import calendar
import datetime
import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from engine.formulas.typed import Constant
from engine.formulas.types import DATE, DATE_TIME
from tests.engine.formulas.plain.logic import in_order
from tests.engine.formulas.plain.meaning import (
    Call,
    Failed,
    Unknown,
    converted,
    instant_at,
    means,
    wall_of,
)

Wall = datetime.datetime
_SECONDS = {"milliseconds": Decimal("0.001"), "seconds": Decimal(1), "minutes": Decimal(60), "hours": Decimal(3600)}
_DAYS = {"days": 1, "weeks": 7}
_MONTHS = {"months": 1, "quarters": 3, "years": 12}


def zone_of(call: Call) -> ZoneInfo:
    """Where the dates are shown: in the zone of the first that says one."""
    named = next((one.type.zone for one in call.given if one.type.zone), "")
    return ZoneInfo(named) if named else call.world.zone


def _of_wall(compute: Callable[..., Any]) -> Callable[[Call], Any]:
    """A function of what the clock shows, and of the constants behind it; blank stays blank."""

    def meaning(call: Call) -> Any:
        date, *more = call.values
        return None if date is None else compute(wall_of(date, zone_of(call)), *more)

    return meaning


def _starts(first_day: str = "") -> int:
    """How many days the week begins after Sunday."""
    return 1 if first_day.lower() == "monday" else 0


def _weekday(wall: Wall, first_day: str = "") -> Decimal:
    return Decimal((wall.isoweekday() - _starts(first_day)) % 7)


def _weeknum(wall: Wall, first_day: str = "") -> Decimal:
    """Counted day by day: a new week begins with each first day of the week."""
    week = 1
    day = datetime.date(wall.year, 1, 1)
    while day < wall.date():
        day += datetime.timedelta(days=1)
        week += day.isoweekday() % 7 == _starts(first_day)
    return Decimal(week)


for _name, _compute in {
    "YEAR": lambda wall: Decimal(wall.year),
    "MONTH": lambda wall: Decimal(wall.month),
    "DAY": lambda wall: Decimal(wall.day),
    "HOUR": lambda wall: Decimal(wall.hour),
    "MINUTE": lambda wall: Decimal(wall.minute),
    "SECOND": lambda wall: Decimal(wall.second),
    "QUARTER": lambda wall: Decimal((wall.month - 1) // 3 + 1),
    "WEEKDAY": _weekday,
    "WEEKNUM": _weeknum,
    "DATESTR": lambda wall: wall.date().isoformat(),
    "TIMESTR": lambda wall: f"{wall:%H:%M:%S}",
}.items():
    means(_name)(_of_wall(_compute))

means("SET_TIMEZONE")(lambda call: call.values[0])
means("SET_LOCALE")(lambda call: call.values[0])


def _months_later(wall: Wall, months: int) -> Wall | None:
    """So many months later, at most on the month's last day; None beyond the calendar."""
    year, month = divmod(wall.year * 12 + wall.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        return None
    return wall.replace(year=year, month=month + 1, day=min(wall.day, calendar.monthrange(year, month + 1)[1]))


def _days_later(wall: Wall, days: int) -> Wall | None:
    try:
        return wall + datetime.timedelta(days=days)
    except OverflowError:
        return None


@means("DATEADD")
def _dateadd(call: Call) -> Any:
    date, count, unit = call.values
    if date is None:
        return None
    count = count or Decimal(0)
    if unit in _SECONDS:
        start = converted(date, DATE, DATE_TIME, call.world) if call.given[0].type == DATE else date
        milliseconds = int((count * _SECONDS[unit] * 1000).to_integral_value("ROUND_HALF_UP"))
        try:
            return start + datetime.timedelta(milliseconds=milliseconds)
        except OverflowError:
            return _beyond(call)
    wall = wall_of(date, zone_of(call))
    steps = int(count * (_DAYS | _MONTHS)[unit])
    moved = _days_later(wall, steps) if unit in _DAYS else _months_later(wall, steps)
    if moved is None:
        return _beyond(call)
    return moved.date() if call.given[0].type == DATE else instant_at(moved, zone_of(call))


def _beyond(call: Call) -> None:
    """Beyond the calendar a date is blank, and an error if the count is worked out."""
    if not isinstance(call.given[1], Constant):
        raise Failed


@means("EOMONTH")
def _eomonth(call: Call) -> datetime.date | None:
    date, *months = call.values
    if date is None:
        return None
    moved = _months_later(wall_of(date, zone_of(call)), int(months[0] or 0) if months else 0)
    return None if moved is None else moved.date().replace(day=calendar.monthrange(moved.year, moved.month)[1])


@means("DATE")
def _date(call: Call) -> datetime.date:
    year, month, day = call.filled
    if not 1 <= year < 10_000:
        raise Failed
    first = _months_later(Wall(int(year), 1, 1), int(month) - 1)
    made = None if first is None else _days_later(first, int(day) - 1)
    if first is None and int(month) < 1:
        raise Unknown  # the days may lead back into the calendar
    if made is None:
        raise Failed
    return made.date()


@means("DATETIME_DIFF")
def _difference(call: Call) -> Decimal | None:
    one, other, *unit = call.values
    name = unit[0] if unit else "seconds"
    if one is None or other is None:
        return None
    if name in _SECONDS:
        moments = [
            value if isinstance(value, Wall) else converted(value, DATE, DATE_TIME, call.world)
            for value in (one, other)
        ]
        milliseconds = (moments[0] - moments[1]) // datetime.timedelta(milliseconds=1)
        return Decimal(int(milliseconds / (_SECONDS[name] * 1000)))
    left, right = (wall_of(value, zone_of(call)) for value in (one, other))
    if name in _DAYS:
        return Decimal(int(Decimal((left - right) // datetime.timedelta(milliseconds=1)) / (86_400_000 * _DAYS[name])))
    sign, early, late = (-1, left, right) if left < right else (1, right, left)
    months = (late.year - early.year) * 12 + late.month - early.month
    moved = _months_later(early, months)
    months -= moved is not None and moved > late
    return Decimal(sign * (months // _MONTHS[name]))


def _beginning(wall: Wall, unit: str) -> Any:
    """What two dates of the same year, month, day ... have in common."""
    if unit == "weeks":
        return wall.date().toordinal() - wall.isoweekday() % 7
    if unit == "quarters":
        return wall.year, (wall.month - 1) // 3
    parts = ("years", "months", "days", "hours", "minutes", "seconds", "milliseconds")
    return (*wall.timetuple()[:6], wall.microsecond)[: parts.index(unit) + 1]


def _comparing(holds: Callable[[Any, Any], bool]) -> Callable[[Call], bool]:
    def meaning(call: Call) -> bool:
        one, other, *unit = call.values
        if one is None or other is None:
            return False
        if not unit:
            return in_order(call.given[0], call.given[1], call.world, holds)
        return bool(holds(*(_beginning(wall_of(date, zone_of(call)), unit[0]) for date in (one, other))))

    return meaning


means("IS_BEFORE")(_comparing(operator.lt))
means("IS_AFTER")(_comparing(operator.gt))
means("IS_SAME")(_comparing(operator.eq))
