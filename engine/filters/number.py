"""Numbers."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from engine.field_types import Options
from engine.filters import IS_EMPTY, IS_NOT_EMPTY, Held, Operator
from engine.numbers import read_number
from engine.text import Text, _


class Number(Held):
    operators = {
        "equals": Operator(_("="), _("{field} = {value}"), "value", lambda c, v: c == v),
        "not_equals": Operator(_("≠"), _("{field} ≠ {value}"), "value", lambda c, v: c.is_distinct_from(v)),
        "less": Operator(_("<"), _("{field} < {value}"), "value", lambda c, v: c < v),
        "at_most": Operator(_("≤"), _("{field} ≤ {value}"), "value", lambda c, v: c <= v),
        "greater": Operator(_(">"), _("{field} > {value}"), "value", lambda c, v: c > v),
        "at_least": Operator(_("≥"), _("{field} ≥ {value}"), "value", lambda c, v: c >= v),
        "between": Operator(
            _("is between"), _("{field} is between {value}"), "pair", lambda c, v: sa.and_(c >= v[0], c <= v[1])
        ),
        "is_whole": Operator(
            _("is whole"), _("{field} is a whole number"), "nothing", lambda c, _v: c == sa.func.round(c)
        ),
        "is_empty": IS_EMPTY,
        "is_not_empty": IS_NOT_EMPTY,
    }

    expressions = frozenset({"number"})

    def problem(self, operator: Operator, value: Any, options: Options) -> Text | None:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e300:
            return _("This must be a number.")
        return None

    def read(self, typed: str) -> Any:
        return read_number(typed)
