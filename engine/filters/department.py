"""A department of the workspace."""

from __future__ import annotations

from engine.filters import Held, Operator
from engine.filters.select import ONE_OF
from engine.filters.user import ME
from engine.formulas import departments
from engine.text import _


class Department(Held):
    names = "departments"
    operators = {
        **ONE_OF,
        "is_under": Operator(
            _("is or is under"),
            _("{field} is or is under {value}"),
            "list",
            lambda c, v: c.in_(departments.under(v)),
            looks_further=True,
        ),
        "is_mine": Operator(
            _("is mine"),
            _("{field} is mine"),
            "nothing",
            lambda c, _v: c.in_(departments.mine(ME)),
            looks_further=True,
        ),
    }
