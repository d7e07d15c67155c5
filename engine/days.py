"""Days and periods as filters name them: `today`, seven days ago, this quarter. Weeks start on Sunday."""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Mapping
from typing import Any

from engine.text import Text, _

Day = datetime.date
MAX_COUNT = 10_000  # of days, weeks, months or years

RELATIVE_DAYS: Mapping[str, Text] = {"today": _("today"), "yesterday": _("yesterday"), "tomorrow": _("tomorrow")}
COUNTED_DAYS: Mapping[str, tuple[str, int]] = {
    "days_ago": ("days", -1),
    "days_from_now": ("days", 1),
    "weeks_ago": ("weeks", -1),
    "weeks_from_now": ("weeks", 1),
    "months_ago": ("months", -1),
    "months_from_now": ("months", 1),
    "years_ago": ("years", -1),
    "years_from_now": ("years", 1),
}
PERIODS: Mapping[str, Text] = {
    "today": _("today"),
    "this_week": _("this week"),
    "last_week": _("last week"),
    "next_week": _("next week"),
    "this_month": _("this month"),
    "last_month": _("last month"),
    "next_month": _("next month"),
    "this_quarter": _("this quarter"),
    "last_quarter": _("last quarter"),
    "next_quarter": _("next quarter"),
    "this_year": _("this year"),
    "last_year": _("last year"),
    "next_year": _("next year"),
}
# So many days (weeks ...) up to today, or from today on; today is among them.
COUNTED_PERIODS: Mapping[str, tuple[str, int]] = {
    "last_days": ("days", -1),
    "next_days": ("days", 1),
    "last_weeks": ("weeks", -1),
    "next_weeks": ("weeks", 1),
    "last_months": ("months", -1),
    "next_months": ("months", 1),
    "last_years": ("years", -1),
    "next_years": ("years", 1),
}
COUNTED_WORDS: Mapping[str, Text] = {
    "days_ago": _("days ago"),
    "days_from_now": _("days from now"),
    "weeks_ago": _("weeks ago"),
    "weeks_from_now": _("weeks from now"),
    "months_ago": _("months ago"),
    "months_from_now": _("months from now"),
    "years_ago": _("years ago"),
    "years_from_now": _("years from now"),
    "last_days": _("last days"),
    "next_days": _("next days"),
    "last_weeks": _("last weeks"),
    "next_weeks": _("next weeks"),
    "last_months": _("last months"),
    "next_months": _("next months"),
    "last_years": _("last years"),
    "next_years": _("next years"),
}
_SENTENCES: Mapping[str, Text] = {
    "days_ago": _("{count} days ago"),
    "days_from_now": _("{count} days from now"),
    "weeks_ago": _("{count} weeks ago"),
    "weeks_from_now": _("{count} weeks from now"),
    "months_ago": _("{count} months ago"),
    "months_from_now": _("{count} months from now"),
    "years_ago": _("{count} years ago"),
    "years_from_now": _("{count} years from now"),
    "last_days": _("the last {count} days"),
    "next_days": _("the next {count} days"),
    "last_weeks": _("the last {count} weeks"),
    "next_weeks": _("the next {count} weeks"),
    "last_months": _("the last {count} months"),
    "next_months": _("the next {count} months"),
    "last_years": _("the last {count} years"),
    "next_years": _("the next {count} years"),
}
_MOVES = {"last": -1, "this": 0, "next": 1}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def is_relative(value: object) -> bool:
    """Whether the days that a value means move with the calendar."""
    if isinstance(value, list):
        return any(is_relative(one) for one in value)
    return isinstance(value, Mapping) or (isinstance(value, str) and (value in RELATIVE_DAYS or value in PERIODS))


def day_of(value: Any, today: Day) -> Day:
    """The day that a test's value means: an ISO date, a word, or a count from today. Raises `ValueError`."""
    if isinstance(value, str) and value in RELATIVE_DAYS:
        return today + datetime.timedelta(days=("yesterday", "today", "tomorrow").index(value) - 1)
    if isinstance(value, Mapping):
        unit, count = _counted(value, COUNTED_DAYS)
        return shifted(today, unit, count)
    if isinstance(value, str):
        return Day.fromisoformat(value[:10])
    raise ValueError(value)


def period_of(value: Any, today: Day) -> tuple[Day, Day]:
    """The first day of a period, and the day after its last. Raises `ValueError`."""
    tomorrow = today + datetime.timedelta(days=1)
    if isinstance(value, Mapping):
        unit, count = _counted(value, COUNTED_PERIODS)
        other = shifted(today, unit, count)
        return (other, tomorrow) if other < today else (today, other + datetime.timedelta(days=1))
    if value == "today":
        return today, tomorrow
    if not isinstance(value, str) or value not in PERIODS:
        raise ValueError(value)
    which, unit = value.split("_")
    move = _MOVES[which]
    if unit == "week":
        sunday = today - datetime.timedelta(days=(today.weekday() + 1) % 7) + datetime.timedelta(weeks=move)
        return sunday, sunday + datetime.timedelta(weeks=1)
    months = _MONTHS[unit]
    first_month = (today.month - 1) // months * months + 1
    start = shifted(Day(today.year, first_month, 1), "months", move * months)
    return start, shifted(start, "months", months)


def shifted(day: Day, unit: str, count: int) -> Day:
    """The day so many days, weeks, months or years later; of a shorter month its last. Raises `ValueError`."""
    if unit in {"days", "weeks"}:
        return day + datetime.timedelta(**{unit: count})
    months = day.year * 12 + day.month - 1 + count * (12 if unit == "years" else 1)
    year, month = divmod(months, 12)
    if not datetime.MINYEAR <= year <= datetime.MAXYEAR:
        raise ValueError(year)
    return Day(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def in_words(value: Any) -> Text | None:
    """A relative day or a period as a person reads it; None for anything else."""
    if isinstance(value, str):
        return RELATIVE_DAYS.get(value) or PERIODS.get(value)
    if isinstance(value, Mapping) and len(value) == 1:
        ((word, count),) = value.items()
        if word in _SENTENCES:
            return Text(_SENTENCES[word].message, {"count": count})
    return None


def _counted(value: Mapping[str, Any], units: Mapping[str, tuple[str, int]]) -> tuple[str, int]:
    if len(value) != 1:
        raise ValueError(value)
    ((word, count),) = value.items()
    if word not in units or isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MAX_COUNT:
        raise ValueError(value)
    unit, sign = units[word]
    return unit, sign * count
