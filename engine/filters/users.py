"""Several people of the workspace."""

from __future__ import annotations

import sqlalchemy as sa

from engine.filters import Held, Operator
from engine.filters.selects import LISTED
from engine.formulas import lists
from engine.text import _


class Users(Held):
    operators = {
        **LISTED,
        "is_me": Operator(
            _("includes me"),
            _("{field} includes me"),
            "nothing",
            lambda c, _v: lists.contains(c, sa.bindparam("me", type_=sa.Text), numbers=False),
        ),
    }
    listed = True
