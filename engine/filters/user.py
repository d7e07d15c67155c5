"""A person of the workspace."""

from __future__ import annotations

import sqlalchemy as sa

from engine.filters import Held, Operator
from engine.filters.select import ONE_OF
from engine.text import _


class User(Held):
    operators = {
        **ONE_OF,
        "is_me": Operator(
            _("is me"), _("{field} is me"), "nothing", lambda c, _v: c == sa.bindparam("me", type_=sa.Text)
        ),
    }
