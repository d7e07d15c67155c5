"""Lists that lie in the record, such as several choices: no list at all, and one without items, are the same."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from engine.filters import Operator, Test
from engine.filters.select import Select
from engine.formulas import lists
from engine.text import _


def _has(column: Any, item: Any) -> Test:
    return lists.contains(column, sa.literal(item, sa.Text) if isinstance(item, str) else item, numbers=False)


LISTED = {
    "has_any_of": Operator(
        _("has any of"), _("{field} has any of {value}"), "list", lambda c, v: sa.or_(*(_has(c, one) for one in v))
    ),
    "has_all_of": Operator(
        _("has all of"), _("{field} has all of {value}"), "list", lambda c, v: sa.and_(*(_has(c, one) for one in v))
    ),
    "has_none_of": Operator(
        _("has none of"),
        _("{field} has none of {value}"),
        "list",
        lambda c, v: sa.not_(sa.or_(*(_has(c, one) for one in v))),
    ),
    "is_exactly": Operator(
        _("is exactly"),
        _("{field} is exactly {value}"),
        "list",
        lambda c, v: sa.and_(lists.length(c) == len(set(v)), *(_has(c, one) for one in v)),
    ),
    "is_empty": Operator(_("is empty"), _("{field} is empty"), "nothing", lambda c, _v: lists.length(c) == 0),
    "is_not_empty": Operator(
        _("is not empty"), _("{field} is not empty"), "nothing", lambda c, _v: lists.length(c) > 0
    ),
}


class Selects(Select):
    operators = LISTED
    listed = True
