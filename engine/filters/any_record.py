"""A record of any of several tables. Tests are given its `column`, and can ask whether it is `in_table` one of some."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from engine.field_types import Options
from engine.filters import Held, Operator, of_column
from engine.filters.select import ONE_OF
from engine.text import Text, _


class AnyRecord(Held):
    operators = {
        **{key: of_column(operator) for key, operator in ONE_OF.items()},
        "is_in_table": Operator(_("is in the table"), _("{field} is in {value}"), "tables", lambda c, v: c.in_table(v)),
        "is_not_in_table": Operator(
            _("is not in the table"), _("{field} is not in {value}"), "tables", lambda c, v: sa.not_(c.in_table(v))
        ),
    }

    def problem(self, operator: Operator, value: Any, options: Options) -> Text | None:
        if operator.takes == "tables" and value not in options["to"]:
            return _(
                "There is no table `{table}` here. There are: {tables}.",
                table=str(value),
                tables=", ".join(options["to"]),
            )
        return super().problem(operator, value, options)
