"""Times of day: texts such as 14:30:00, whose order is that of the day."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from engine.field_types import InvalidValue, Options, field_types
from engine.filters import IS_EMPTY, IS_NOT_EMPTY, Clock, Held, Operator
from engine.text import Text, _


class Time(Held):
    operators = {
        "is": Operator(_("is"), _("{field} is {value}"), "value", lambda c, v: c == v),
        "is_not": Operator(_("is not"), _("{field} is not {value}"), "value", lambda c, v: c.is_distinct_from(v)),
        "is_before": Operator(_("is before"), _("{field} is before {value}"), "value", lambda c, v: c < v),
        "is_at_latest": Operator(
            _("is at the latest"), _("{field} is at the latest {value}"), "value", lambda c, v: c <= v
        ),
        "is_after": Operator(_("is after"), _("{field} is after {value}"), "value", lambda c, v: c > v),
        "is_at_earliest": Operator(
            _("is at the earliest"), _("{field} is at the earliest {value}"), "value", lambda c, v: c >= v
        ),
        "between": Operator(
            _("is between"), _("{field} is between {value}"), "pair", lambda c, v: sa.and_(c >= v[0], c <= v[1])
        ),
        "is_empty": IS_EMPTY,
        "is_not_empty": IS_NOT_EMPTY,
    }

    def problem(self, operator: Operator, value: Any, options: Options) -> Text | None:
        try:
            field_types["time"].accept(value, options)
        except InvalidValue:
            return _("This must be a time such as 14:30.")
        return None

    def read(self, typed: str) -> Any:
        return field_types["time"].read(typed, {})

    def compared(self, operator: Operator, value: Any, clock: Clock) -> Any:
        return [self.read(one) for one in value] if isinstance(value, list) else self.read(value)
