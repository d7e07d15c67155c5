"""What all records of a table sum up behind their links: the linked records are read once and put into groups.

For a few records a subquery each is best. For a whole table it fetches every linked record from wherever it lies, and
on PostgreSQL each version that earlier changes left there: once the linked table had been written anew, 10,000 sums
of 200,000 records took 5.7 s, and in groups 0.3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, FromClause
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList

from engine.definitions.language import Table
from engine.formulas.dialects import dialects
from engine.storage.expressions import Clock, Records
from engine.storage.layout import Layout


class AllRecords(Records):
    """All records of a table as an expression sees them that is to be worked out by `update`."""

    def __init__(self, layout: Layout, table: Table, source: sa.Table, clock: Clock) -> None:
        super().__init__(layout, table, source, clock)
        self._sql = source
        self._groups: list[sa.Subquery] = []

    def aggregated(self, found: ColumnElement[Any], wheres: Sequence[ColumnElement[bool]]) -> ColumnElement[Any]:
        """A column of the groups, which has a row for each record, also for those without linked ones."""
        ties, rest = self._apart(wheres)
        if len(ties) != 1 or any(_names(self.rows, one) for one in (*ties, found, *rest)):
            return super().aggregated(found, wheres)
        tie = ties[0]
        # The plus keeps SQLite from going along the link's index, which fetches each record from wherever it lies, too.
        by = dialects("+{0}", "{0}", tie)
        full = sa.select(tie.label("of"), found.label("value")).where(*rest).group_by(by).subquery()
        of_none = sa.select(found).where(sa.false()).scalar_subquery()
        every = self._sql.alias()
        value = sa.case((full.c.of.is_not(None), full.c.value), else_=of_none)
        each = sa.select(every.c.id.label("of"), value.label("value"))
        group = each.select_from(every.outerjoin(full, full.c.of == every.c.id)).subquery()
        self._groups.append(group)
        return group.c.value

    def update(self, values: Mapping[str, Any]) -> sa.Update:
        """The statement that sets these columns of all records."""
        tied = (group.c.of == self._sql.c.id for group in self._groups)
        return sa.update(self._sql).values(values).where(*tied)

    def _apart(
        self, wheres: Sequence[ColumnElement[bool]]
    ) -> tuple[list[ColumnElement[Any]], list[ColumnElement[bool]]]:
        """The columns of linked records that hold the record's id, and the tests that remain."""
        parts = [part for test in wheres for part in (test.clauses if _is_and(test) else (test,))]
        ties = [one.left for one in parts if isinstance(one, BinaryExpression) and one.right is self._sql.c.id]
        return ties, [one for one in parts if getattr(one, "right", None) is not self._sql.c.id]


def _is_and(test: Any) -> bool:
    return isinstance(test, BooleanClauseList) and test.operator is operators.and_


def _names(rows: FromClause, element: Any) -> bool:
    return any(getattr(one, "table", None) is rows for one in visitors.iterate(element))
