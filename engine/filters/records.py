"""Linked records. What the tests are given can be asked three things: `includes`, `number`, `having`."""

from __future__ import annotations

import sqlalchemy as sa

from engine.filters import Held, Operator
from engine.text import _

LINKED = {
    "contains": Operator(
        _("contains"),
        _("{field} contains {value}"),
        "list",
        lambda c, v: sa.and_(*(c.includes([one]) for one in v)),
    ),
    "is_any_of": Operator(_("has any of"), _("{field} has any of {value}"), "list", lambda c, v: c.includes(v)),
    "does_not_contain": Operator(
        _("does not contain"), _("{field} does not contain {value}"), "list", lambda c, v: sa.not_(c.includes(v))
    ),
    "count_equals": Operator(_("has exactly"), _("{field}: exactly {value}"), "count", lambda c, v: c.number() == v),
    "count_at_least": Operator(
        _("has at least"), _("{field}: at least {value}"), "count", lambda c, v: c.number() >= v
    ),
    "count_at_most": Operator(_("has at most"), _("{field}: at most {value}"), "count", lambda c, v: c.number() <= v),
    "is_empty": Operator(_("is empty"), _("{field} is empty"), "nothing", lambda c, _v: sa.not_(c.includes(None))),
    "is_not_empty": Operator(_("is not empty"), _("{field} is not empty"), "nothing", lambda c, _v: c.includes(None)),
}


class Records(Held):
    operators = {
        **LINKED,
        "has": Operator(_("has one with"), _("{field} has one where {value}"), "condition", lambda c, v: c.having(v)),
        "has_no": Operator(
            _("has none with"), _("{field} has none where {value}"), "condition", lambda c, v: sa.not_(c.having(v))
        ),
    }
