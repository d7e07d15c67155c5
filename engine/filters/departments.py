"""Several departments, as they are looked up through a link."""

from __future__ import annotations

from typing import Any

from engine.filters import Held, Operator, Test
from engine.filters.selects import LISTED
from engine.filters.user import ME
from engine.formulas import departments, lists
from engine.formulas.types import DEPARTMENT
from engine.text import _


def _has_mine(column: Any, _value: Any) -> Test:
    return lists.has(column, "_d", lists.each("_d", DEPARTMENT).in_(departments.mine(ME)))


class Departments(Held):
    names = "departments"
    operators = {
        **LISTED,
        "is_mine": Operator(
            _("includes one of mine"), _("{field} includes one of mine"), "nothing", _has_mine, looks_further=True
        ),
    }
    listed = True
