"""Several people of the workspace."""

from __future__ import annotations

from typing import Any

from engine.filters import Held, Operator, Test
from engine.filters.selects import LISTED
from engine.filters.user import ME
from engine.formulas import departments, lists
from engine.formulas.types import USER
from engine.text import _


def _has_colleague(column: Any, _value: Any) -> Test:
    return lists.has(column, "_u", lists.each("_u", USER).in_(departments.colleagues(ME)))


class Users(Held):
    names = "people"
    operators = {
        **LISTED,
        "is_me": Operator(
            _("includes me"),
            _("{field} includes me"),
            "nothing",
            lambda c, _v: lists.contains(c, ME, numbers=False),
            looks_further=True,
        ),
        "is_in_my_department": Operator(
            _("includes somebody in my department"),
            _("{field} includes somebody in my department"),
            "nothing",
            _has_colleague,
            looks_further=True,
        ),
    }
    listed = True
