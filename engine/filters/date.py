"""Days. A test is given a pair: the first day, and the day after the last."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from engine.days import COUNTED_WORDS, day_of, period_of
from engine.field_types import InvalidValue, Options
from engine.filters import IS_EMPTY, IS_NOT_EMPTY, Clock, Held, Operator
from engine.text import Text, _

COUNTED = ":"  # `days_ago:7`, as it is typed: a word for a day, and how many


class Date(Held):
    operators = {
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
        "is_on_or_after": Operator(
            _("is on or after"), _("{field} is on or after {value}"), "day", lambda c, v: c >= v[0]
        ),
        "between": Operator(
            _("is between"), _("{field} is between {value}"), "pair", lambda c, v: sa.and_(c >= v[0], c < v[1])
        ),
        "within": Operator(
            _("is within"), _("{field} is within {value}"), "period", lambda c, v: sa.and_(c >= v[0], c < v[1])
        ),
        "is_empty": IS_EMPTY,
        "is_not_empty": IS_NOT_EMPTY,
    }
    expressions = frozenset({"date", "date_time"})

    def problem(self, operator: Operator, value: Any, options: Options) -> Text | None:
        try:
            for today in (datetime.date(1900, 1, 1), datetime.date(2300, 1, 1)):
                if operator.takes == "period":
                    period_of(value, today)
                else:
                    day_of(value, today)
        except (ValueError, TypeError, OverflowError):
            if operator.takes == "period":
                example = '{"last_days": 7}'
                return _("This must be a period such as `this_month` or `{example}`.", example=example)
            example = '{"days_ago": 7}'
            return _("This must be a day such as `2026-03-31`, `today` or `{example}`.", example=example)
        return None

    def read(self, typed: str) -> Any:
        word, _colon, count = typed.partition(COUNTED)
        if word not in COUNTED_WORDS:
            return typed
        if not count.isdecimal():
            raise InvalidValue(_("must be a number of days, weeks, months or years"))
        return {word: int(count)}

    def compared(self, operator: Operator, value: Any, clock: Clock) -> Any:
        first, end = self._days(operator, value, clock.today)
        return self.starts(first, clock), self.starts(end, clock)

    def worked_out(
        self, operator: Operator, found: ColumnElement[Any], next_day: Callable[[], ColumnElement[Any]]
    ) -> Any:
        return found, next_day()

    def starts(self, day: datetime.date, clock: Clock) -> str:
        """The first value that belongs to the day."""
        return day.isoformat()

    def _days(self, operator: Operator, value: Any, today: datetime.date) -> tuple[datetime.date, datetime.date]:
        one = datetime.timedelta(days=1)
        if operator.takes == "period":
            return period_of(value, today)
        if operator.takes == "pair":
            return day_of(value[0], today), day_of(value[1], today) + one
        return day_of(value, today), day_of(value, today) + one
