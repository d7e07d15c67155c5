"""What working days and hours mean: a walk from day to day."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal

from engine.formulas.calendar import Calendar
from tests.engine.formulas.plain.dates import zone_of
from tests.engine.formulas.plain.meaning import Call, Failed, Unknown, instant_at, means, wall_of

FARTHEST = 6_000  # days that are walked
_DAY = datetime.timedelta(days=1)
Wall = datetime.datetime


def _calendar(call: Call) -> Calendar:
    days = [one.strip() for one in call.values[2].split(",")] if len(call.given) > 2 else []
    return call.world.calendar.with_holidays(days)


def _is_worked(calendar: Calendar, day: datetime.date) -> bool:
    return bool(calendar.spans_of(day.isoformat()))


def _days(call: Call) -> list[datetime.date]:
    return [wall_of(value, zone_of(call)).date() for value in call.values[:2]]


@means("WORKDAY")
def _workday(call: Call) -> datetime.date | None:
    date, count, *_holidays = call.values
    count = count or Decimal(0)
    if abs(count) > 5000:
        raise Failed
    if date is None:
        return None
    day, calendar = wall_of(date, zone_of(call)).date(), _calendar(call)
    for _time in range(abs(int(count))):
        day += _DAY if count > 0 else -_DAY
        while not _is_worked(calendar, day):
            day += _DAY if count > 0 else -_DAY
    return day


@means("WORKDAY_DIFF")
def _workdays(call: Call) -> Decimal | None:
    if None in call.values[:2]:
        return None
    one, other = _days(call)
    if abs((other - one).days) > FARTHEST:
        raise Unknown
    calendar, sign = _calendar(call), 1 if one <= other else -1
    days = [min(one, other) + number * _DAY for number in range(abs((other - one).days) + 1)]
    return Decimal(sign * sum(_is_worked(calendar, day) for day in days))


def _spans(calendar: Calendar, day: datetime.date) -> list[tuple[Wall, Wall]]:
    midnight = datetime.datetime.combine(day, datetime.time())
    return [
        (midnight + datetime.timedelta(minutes=start), midnight + datetime.timedelta(minutes=end))
        for start, end in calendar.spans_of(day.isoformat())
    ]


@means("BUSINESS_MINUTES")
def _minutes(call: Call) -> Decimal | None:
    if None in call.values[:2]:
        return None
    zone, days = zone_of(call), _days(call)
    if abs((days[0] - days[1]).days) > FARTHEST:
        raise Unknown
    one, other = (wall_of(value, zone).replace(microsecond=0) for value in call.values[:2])
    worked = datetime.timedelta()
    day = min(days)
    while day <= max(days):
        for start, end in _spans(call.world.calendar, day):
            worked += max(min(end, max(one, other)) - max(start, min(one, other)), datetime.timedelta())
        day += _DAY
    return Decimal((1 if one <= other else -1) * (worked // datetime.timedelta(minutes=1)))


@means("BUSINESS_HOURS_ADD")
def _hours(call: Call) -> Wall | None:
    date, hours = call.values
    hours = hours or Decimal(0)
    if abs(hours) > 20_000:
        raise Failed
    if date is None:
        return None
    wall = wall_of(date, zone_of(call))
    seconds = int((hours * 3600).to_integral_value("ROUND_HALF_UP"))
    if seconds:
        wall = _later(call.world.calendar, wall.replace(microsecond=0), datetime.timedelta(seconds=seconds))
    return instant_at(wall, zone_of(call))


def _later(calendar: Calendar, wall: Wall, span: datetime.timedelta) -> Wall:
    left = abs(span)
    for start, end in _ahead(calendar, wall) if span > datetime.timedelta() else _behind(calendar, wall):
        if left <= end - start:
            return start + left if span > datetime.timedelta() else end - left
        left -= end - start
    raise Unknown


def _ahead(calendar: Calendar, wall: Wall) -> Iterator[tuple[Wall, Wall]]:
    for number in range(FARTHEST):
        for start, end in _spans(calendar, wall.date() + number * _DAY):
            if end > wall:
                yield max(start, wall), end


def _behind(calendar: Calendar, wall: Wall) -> Iterator[tuple[Wall, Wall]]:
    for number in range(FARTHEST):
        for start, end in reversed(_spans(calendar, wall.date() - number * _DAY)):
            if start < wall:
                yield start, min(end, wall)
