"""Yes or no; what was never ticked is not ticked."""

from __future__ import annotations

import sqlalchemy as sa

from engine.filters import Held, Operator
from engine.text import _


class Boolean(Held):
    operators = {
        "is": Operator(
            _("is"),
            _("{field} is {value}"),
            "flag",
            lambda c, v: c.is_(sa.true()) if v else sa.or_(c.is_(None), c.is_(sa.false())),
        ),
    }
    expressions = frozenset({"boolean"})
