"""Records of any of several tables. Tests are given what can be asked `includes`, `number` and `in_table`."""

from __future__ import annotations

import sqlalchemy as sa

from engine.filters import Operator
from engine.filters.any_record import AnyRecord
from engine.filters.records import LINKED
from engine.text import _


class AnyRecords(AnyRecord):
    operators = {
        **LINKED,
        "is_in_table": Operator(
            _("has one in the table"), _("{field} has one in {value}"), "tables", lambda c, v: c.in_table(v)
        ),
        "is_not_in_table": Operator(
            _("has none in the table"), _("{field} has none in {value}"), "tables", lambda c, v: sa.not_(c.in_table(v))
        ),
    }
