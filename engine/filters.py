"""Operators of filters: each is one line, its SQL and the sentence that a person reads.

What a field holds decides which operators it has. Relative days ("this month") become days of the calendar
here, before the database sees them, so that an index serves them.
"""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from engine.text import Text, _

Test = ColumnElement[bool]
Takes = Literal["nothing", "value", "list", "pair", "day", "period", "flag"]
Day = datetime.date


@dataclass(frozen=True)
class Operator:
    """`test(column, value)` is its SQL; `takes` says what kind of value it needs."""

    label: Text
    sentence: Text
    takes: Takes
    test: Callable[[Any, Any], Test]


def contains_text(column: ColumnElement[Any], text: str) -> Test:
    """`column` contains `text`, upper or lower case alike; `%` and `_` are ordinary characters."""
    return _like(column, f"%{_escaped(text)}%")


def _like(column: ColumnElement[Any], pattern: str) -> Test:
    if pattern.isascii() or pattern.lower() == pattern.upper():
        return column.ilike(pattern, escape="\\")
    from engine.formulas.sql import lower

    return lower(column).like(pattern.lower(), escape="\\")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _empty_text(column: ColumnElement[Any]) -> Test:
    return sa.or_(column.is_(None), column == "")


_IS_EMPTY = Operator(_("is empty"), _("{field} is empty"), "nothing", lambda c, _v: c.is_(None))
_IS_NOT_EMPTY = Operator(_("is not empty"), _("{field} is not empty"), "nothing", lambda c, _v: c.is_not(None))

_TEXT: dict[str, Operator] = {
    "is": Operator(_("is"), _("{field} is {value}"), "value", lambda c, v: c == v),
    "is_not": Operator(_("is not"), _("{field} is not {value}"), "value", lambda c, v: c.is_distinct_from(v)),
    "contains": Operator(_("contains"), _("{field} contains {value}"), "value", contains_text),
    "does_not_contain": Operator(
        _("does not contain"),
        _("{field} does not contain {value}"),
        "value",
        lambda c, v: sa.or_(c.is_(None), sa.not_(contains_text(c, v))),
    ),
    "starts_with": Operator(
        _("starts with"), _("{field} starts with {value}"), "value", lambda c, v: _like(c, f"{_escaped(v)}%")
    ),
    "ends_with": Operator(
        _("ends with"), _("{field} ends with {value}"), "value", lambda c, v: _like(c, f"%{_escaped(v)}")
    ),
    "is_empty": Operator(_("is empty"), _("{field} is empty"), "nothing", lambda c, _v: _empty_text(c)),
    "is_not_empty": Operator(
        _("is not empty"), _("{field} is not empty"), "nothing", lambda c, _v: sa.not_(_empty_text(c))
    ),
}
_NUMBER: dict[str, Operator] = {
    "equals": Operator(_("="), _("{field} = {value}"), "value", lambda c, v: c == v),
    "not_equals": Operator(_("≠"), _("{field} ≠ {value}"), "value", lambda c, v: c.is_distinct_from(v)),
    "less": Operator(_("<"), _("{field} < {value}"), "value", lambda c, v: c < v),
    "at_most": Operator(_("≤"), _("{field} ≤ {value}"), "value", lambda c, v: c <= v),
    "greater": Operator(_(">"), _("{field} > {value}"), "value", lambda c, v: c > v),
    "at_least": Operator(_("≥"), _("{field} ≥ {value}"), "value", lambda c, v: c >= v),
    "between": Operator(
        _("is between"), _("{field} is between {value}"), "pair", lambda c, v: sa.and_(c >= v[0], c <= v[1])
    ),
    "is_empty": _IS_EMPTY,
    "is_not_empty": _IS_NOT_EMPTY,
}
_BOOLEAN: dict[str, Operator] = {
    "is": Operator(
        _("is"),
        _("{field} is {value}"),
        "flag",
        lambda c, v: c.is_(sa.true()) if v else sa.or_(c.is_(None), c.is_(sa.false())),
    ),
}
_ONE_OF: dict[str, Operator] = {
    "is": Operator(_("is"), _("{field} is {value}"), "value", lambda c, v: c == v),
    "is_not": Operator(_("is not"), _("{field} is not {value}"), "value", lambda c, v: c.is_distinct_from(v)),
    "is_any_of": Operator(_("is any of"), _("{field} is any of {value}"), "list", lambda c, v: c.in_(v)),
    "is_none_of": Operator(
        _("is none of"),
        _("{field} is none of {value}"),
        "list",
        lambda c, v: sa.or_(c.is_(None), c.not_in(v)),
    ),
    "is_empty": _IS_EMPTY,
    "is_not_empty": _IS_NOT_EMPTY,
}
_USER: dict[str, Operator] = {
    **_ONE_OF,
    "is_me": Operator(_("is me"), _("{field} is me"), "nothing", lambda c, _v: c == sa.bindparam("me", type_=sa.Text)),
}
# The test of a many link receives the SQL for "one of its records is in this list".
_RECORDS: dict[str, Operator] = {
    "contains": Operator(_("contains"), _("{field} contains {value}"), "list", lambda c, v: c.includes(v)),
    "does_not_contain": Operator(
        _("does not contain"), _("{field} does not contain {value}"), "list", lambda c, v: sa.not_(c.includes(v))
    ),
    "is_empty": Operator(_("is empty"), _("{field} is empty"), "nothing", lambda c, _v: sa.not_(c.includes(None))),
    "is_not_empty": Operator(_("is not empty"), _("{field} is not empty"), "nothing", lambda c, _v: c.includes(None)),
}
# The value of a test on days is a pair: the first day, and the day after the last.
_DATE: dict[str, Operator] = {
    "is": Operator(_("is"), _("{field} is {value}"), "day", lambda c, v: sa.and_(c >= v[0], c < v[1])),
    "is_not": Operator(
        _("is not"),
        _("{field} is not {value}"),
        "day",
        lambda c, v: sa.or_(c.is_(None), c < v[0], c >= v[1]),
    ),
    "is_before": Operator(_("is before"), _("{field} is before {value}"), "day", lambda c, v: c < v[0]),
    "is_on_or_before": Operator(
        _("is on or before"), _("{field} is on or before {value}"), "day", lambda c, v: c < v[1]
    ),
    "is_after": Operator(_("is after"), _("{field} is after {value}"), "day", lambda c, v: c >= v[1]),
    "is_on_or_after": Operator(_("is on or after"), _("{field} is on or after {value}"), "day", lambda c, v: c >= v[0]),
    "between": Operator(
        _("is between"), _("{field} is between {value}"), "pair", lambda c, v: sa.and_(c >= v[0], c < v[1])
    ),
    "within": Operator(
        _("is within"), _("{field} is within {value}"), "period", lambda c, v: sa.and_(c >= v[0], c < v[1])
    ),
    "is_empty": _IS_EMPTY,
    "is_not_empty": _IS_NOT_EMPTY,
}

OPERATORS: Mapping[str, Mapping[str, Operator]] = {
    "text": _TEXT,
    "number": _NUMBER,
    "boolean": _BOOLEAN,
    "select": _ONE_OF,
    "user": _USER,
    "record": _ONE_OF,
    "records": _RECORDS,
    "date": _DATE,
    "date_time": _DATE,
}

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
COUNTED_PERIODS = ("last_days", "next_days")


def is_relative_day(operator: str, value: object) -> bool:
    """Whether the meaning of a date test's value moves with the calendar."""
    if operator == "within":
        return True
    if isinstance(value, Mapping):
        return True
    if isinstance(value, list):
        return any(is_relative_day("is", one) for one in value)
    return isinstance(value, str) and value in RELATIVE_DAYS


def day_of(value: Any, today: Day) -> Day:
    """The day that a test's value means: an ISO date, a word, or a count from today. Raises `ValueError`."""
    if isinstance(value, str) and value in RELATIVE_DAYS:
        return today + datetime.timedelta(days=("yesterday", "today", "tomorrow").index(value) - 1)
    if isinstance(value, Mapping) and len(value) == 1:
        ((word, count),) = value.items()
        if word in COUNTED_DAYS and isinstance(count, int) and abs(count) <= 10_000:
            unit, sign = COUNTED_DAYS[word]
            return _shifted(today, unit, sign * count)
    if isinstance(value, str):
        return Day.fromisoformat(value[:10])
    raise ValueError(value)


def period_of(value: Any, today: Day) -> tuple[Day, Day]:
    """The first day of a period, and the day after its last. Weeks start on Sunday. Raises `ValueError`."""
    if isinstance(value, Mapping) and len(value) == 1:
        ((word, count),) = value.items()
        if word in COUNTED_PERIODS and isinstance(count, int) and 0 <= count <= 10_000:
            span = datetime.timedelta(days=count)
            one = datetime.timedelta(days=1)
            return (today - span, today + one) if word == "last_days" else (today, today + span + one)
    if value == "today":
        return today, today + datetime.timedelta(days=1)
    if not isinstance(value, str) or value not in PERIODS:
        raise ValueError(value)
    which, unit = value.split("_")
    move = {"last": -1, "this": 0, "next": 1}[which]
    if unit == "week":
        sunday = today - datetime.timedelta(days=(today.weekday() + 1) % 7) + datetime.timedelta(weeks=move)
        return sunday, sunday + datetime.timedelta(weeks=1)
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    first_month = (today.month - 1) // months * months + 1
    start = _shifted(Day(today.year, first_month, 1), "months", move * months)
    return start, _shifted(start, "months", months)


def value_in_words(operator: Operator, value: Any, show: Callable[[Any], str]) -> str:
    """The value as the sentence says it; `show` knows the field's way of showing one value."""
    if operator.takes == "period" and isinstance(value, str):
        return PERIODS.get(value, value)
    if isinstance(value, str) and value in RELATIVE_DAYS and operator.takes in {"day", "pair"}:
        return RELATIVE_DAYS[value]
    if isinstance(value, Mapping):
        ((word, count),) = value.items()
        return f"{count} {word.replace('_', ' ')}"
    if operator.takes == "flag":
        return _("ticked") if value else _("not ticked")
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(show(one) for one in value)
    return show(value)


def _shifted(day: Day, unit: str, count: int) -> Day:
    if unit in {"days", "weeks"}:
        return day + datetime.timedelta(**{unit: count})
    months = day.year * 12 + day.month - 1 + count * (12 if unit == "years" else 1)
    year, month = divmod(months, 12)
    return Day(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
