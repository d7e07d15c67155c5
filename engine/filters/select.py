"""One of several choices, by their keys."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from engine.field_types import Options
from engine.filters import IS_EMPTY, IS_NOT_EMPTY, Held, Operator
from engine.text import Text, _

ONE_OF = {
    "is": Operator(_("is"), _("{field} is {value}"), "value", lambda c, v: c == v),
    "is_not": Operator(_("is not"), _("{field} is not {value}"), "value", lambda c, v: c.is_distinct_from(v)),
    "is_any_of": Operator(_("is any of"), _("{field} is any of {value}"), "list", lambda c, v: c.in_(v)),
    "is_none_of": Operator(
        _("is none of"),
        _("{field} is none of {value}"),
        "list",
        lambda c, v: sa.or_(c.is_(None), c.not_in(v)),
    ),
    "is_empty": IS_EMPTY,
    "is_not_empty": IS_NOT_EMPTY,
}


class Select(Held):
    operators = ONE_OF

    def problem(self, operator: Operator, value: Any, options: Options) -> Text | None:
        choices = options.get("choices") or options.get("format", {}).get("choices", {})
        if isinstance(value, str) and choices and value not in choices:
            return _("There is no choice `{choice}`. There are: {choices}.", choice=value, choices=", ".join(choices))
        return super().problem(operator, value, options)
