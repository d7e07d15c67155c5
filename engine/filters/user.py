"""A person of the workspace."""

from __future__ import annotations

import sqlalchemy as sa

from engine.filters import Held, Operator
from engine.filters.select import ONE_OF
from engine.formulas import departments
from engine.text import _

ME = sa.bindparam("me", type_=sa.Text)


class User(Held):
    names = "people"
    operators = {
        **ONE_OF,
        "is_me": Operator(_("is me"), _("{field} is me"), "nothing", lambda c, _v: c == ME, looks_further=True),
        "is_in_my_department": Operator(
            _("is in my department"),
            _("{field} is in my department"),
            "nothing",
            lambda c, _v: c.in_(departments.colleagues(ME)),
            looks_further=True,
        ),
    }
