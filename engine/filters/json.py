"""JSON, tested by its text: that of a place is what it is called."""

from __future__ import annotations

import sqlalchemy as sa

from engine.filters import IS_EMPTY, IS_NOT_EMPTY, Held, Operator, contains_text
from engine.text import _


class Json(Held):
    operators = {
        "contains": Operator(_("contains"), _("{field} contains {value}"), "value", contains_text),
        "does_not_contain": Operator(
            _("does not contain"),
            _("{field} does not contain {value}"),
            "value",
            lambda c, v: sa.or_(c.is_(None), sa.not_(contains_text(c, v))),
        ),
        "is_empty": IS_EMPTY,
        "is_not_empty": IS_NOT_EMPTY,
    }
