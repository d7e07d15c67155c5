"""One linked record. Tests are given its `column`, and can ask whether it is one `having` what a condition says.

Conditions also name its fields: `account.type`.
"""

from __future__ import annotations

import sqlalchemy as sa

from engine.filters import Held, Operator, of_column
from engine.filters.select import ONE_OF
from engine.text import _


class Record(Held):
    operators = {
        **{key: of_column(operator) for key, operator in ONE_OF.items()},
        "has": Operator(_("is one with"), _("{field} is one where {value}"), "condition", lambda c, v: c.having(v)),
        "has_no": Operator(
            _("is not one with"), _("{field} is not one where {value}"), "condition", lambda c, v: sa.not_(c.having(v))
        ),
    }
