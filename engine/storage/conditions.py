"""Conditions as SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from engine import formulas
from engine.definitions import any_links
from engine.definitions.conditions import expression, is_expression
from engine.definitions.language import Condition, Field, Table
from engine.definitions.scope import Path
from engine.filters import HELD, Held, Operator, contains_text, held_for
from engine.formulas import lists
from engine.formulas.sql import join_list
from engine.formulas.types import FILE
from engine.storage.expressions import Records
from engine.storage.file_tables import parts_of_files

Test = ColumnElement[bool]


def condition_sql(condition: Condition, records: Records) -> Test:
    """Whether a record of `records` satisfies the condition (which has been checked)."""
    if isinstance(condition, str):
        return _holds(expression(condition), records)
    if "all" in condition:
        return sa.and_(sa.true(), *(condition_sql(part, records) for part in condition["all"]))
    if "any" in condition:
        return sa.or_(sa.false(), *(condition_sql(part, records) for part in condition["any"]))
    return _test(condition, records)


def _holds(text: str, records: Records) -> Test:
    checked = formulas.check(text, records.layout.types.scope(records.table.address, _types_of(records)))
    value: Test = formulas.compile(checked, records).value
    # A comparison with true would hide what the formula compares from indexes; neither false nor NULL finds a record.
    return value if checked.type.name == "boolean" else value.is_(sa.true())


class ManyLink:
    """A link to many as the operators see it: whether one of its records is among some."""

    def __init__(self, records: Records, field: Field) -> None:
        self.records = records
        self.field = field

    def includes(self, ids: list[str] | None) -> Test:
        """One of the linked records is in `ids`; None: there is any."""
        linked, holds, _order = self.records.linked(self.field)
        wheres = [holds] if ids is None else [holds, linked.rows.c.id.in_(ids)]
        return sa.exists(sa.select(1).where(*wheres).correlate(self.records.rows))

    def having(self, condition: Condition) -> Test:
        """One of the linked records satisfies the condition."""
        linked, holds, _order = self.records.linked(self.field)
        return sa.exists(sa.select(1).where(holds, condition_sql(condition, linked)).correlate(self.records.rows))

    def number(self) -> ColumnElement[int]:
        """How many records are linked."""
        _linked, holds, _order = self.records.linked(self.field)
        return sa.select(sa.func.count()).where(holds).correlate(self.records.rows).scalar_subquery()


class ManyOfAny:
    """A link to many records of any of several tables, as the operators see it."""

    def __init__(self, records: Records, field: Field) -> None:
        self.records = records
        self.field = field
        self.pairs, self.holds = records.linked_to_any(field)

    def includes(self, ids: list[str] | None) -> Test:
        """One of the linked records is in `ids`; None: there is any."""
        return self._has([] if ids is None else [self.pairs.c.linked_id.in_(ids)])

    def in_table(self, names: list[str]) -> Test:
        """One of the linked records is of one of the tables that the field leads to by these names."""
        return self._has([_in_table(self.records, self.field, self.pairs.c.linked_id, names)])

    def number(self) -> ColumnElement[int]:
        """How many records are linked."""
        found = sa.select(sa.func.count()).select_from(self.pairs).where(self.holds)
        return found.correlate(self.records.rows).scalar_subquery()

    def _has(self, tests: list[Test]) -> Test:
        return sa.exists(sa.select(1).where(self.holds, *tests).correlate(self.records.rows))


class OneLink:
    """A link to one record, as the operators see it; the record that one lies under in a tree, too."""

    def __init__(self, records: Records, field: Field, column: ColumnElement[Any]) -> None:
        self.records = records
        self.field = field
        self.column = column

    def having(self, condition: Condition) -> Test:
        """The linked record satisfies the condition."""
        layout = self.records.layout
        table = layout.table(self.field.target or "")
        rows = layout.source(table)
        linked = Records(layout, table, rows, self.records.clock)
        return sa.exists(
            sa.select(1).where(rows.c.id == self.column, condition_sql(condition, linked)).correlate_except(rows)
        )

    def under(self, ids: Any) -> Test:
        """The record lies under one of `ids`, however deep."""
        layout = self.records.layout
        table = layout.table(self.field.table)
        above, below = layout.source(table), layout.source(table)
        top = sa.select(above.c.id).where(above.c.id.in_(ids)).cte(recursive=True)
        branch = top.union(sa.select(below.c.id).where(layout.leads(below, self.field) == top.c.id))
        return sa.and_(self.column.is_not(None), self.column.in_(sa.select(branch.c.id)))


class AnyRecord:
    """A link to any of several tables, as the operators see it."""

    def __init__(self, records: Records, field: Field, column: ColumnElement[Any]) -> None:
        self.records = records
        self.field = field
        self.column = column

    def in_table(self, names: list[str]) -> Test:
        """The record is of one of the tables that the field leads to by these names."""
        return _in_table(self.records, self.field, self.column, names)


def _in_table(records: Records, field: Field, column: ColumnElement[Any], names: list[str]) -> Test:
    layout = records.layout
    tables = [table for name, table in any_links.tables_of(layout.types, field) if name in names]
    sources = [layout.source(table) for table in tables]
    return sa.or_(sa.false(), *(sa.exists().where(one.c.id == column) for one in sources))


class HeldFiles:
    """A list of files as the operators see it."""

    def __init__(self, ids: ColumnElement[Any]) -> None:
        self.ids = ids

    def named(self, text: str) -> Test:
        """One of them has a name that contains `text`."""
        return contains_text(join_list(parts_of_files(self.ids, "filename"), "\n"), text)

    def of_kind(self, kinds: list[str]) -> Test:
        """One of them is of one of these kinds (keys of `KINDS`)."""
        found = parts_of_files(self.ids, "kind")
        return sa.or_(sa.false(), *(lists.contains(found, sa.literal(one, sa.Text), numbers=False) for one in kinds))

    def number(self) -> ColumnElement[int]:
        """How many they are."""
        return lists.length(self.ids)


def _test(test: Mapping[str, Any], records: Records) -> Test:
    path = tuple(test["field"].split("."))
    scope = records.layout.types.scope(records.table.address)
    path = scope.resolve(path) or path
    field = last_field(records, path)
    held = HELD[held_name(records, path)]
    operator = held.operators[test["op"]]
    column: Any
    if field is not None and field.many and len(path) == 1:
        column = (ManyOfAny if field.kind.of_any_table else ManyLink)(records, field)
    else:
        compiled = records.value(path)
        joined = compiled.type.is_list and not held.listed
        column = join_list(compiled.value, ", ") if joined else compiled.value
        if compiled.type.item == FILE:
            column = HeldFiles(compiled.value)
        if field is not None and field.is_link and not compiled.type.is_list:
            column = (AnyRecord if field.kind.of_any_table else OneLink)(records, field, compiled.value)
    return operator.test(column, _value(operator, test.get("value"), records, held))


def last_field(records: Records, path: Path) -> Field | None:
    """The field at the end of a path of keys."""
    table: Table | None = records.table
    field: Field | None = None
    for part in path:
        field, table = records.layout.apps.step(table, part)
        if field is None:
            return None
    return field


def held_name(records: Records, path: Path) -> str:
    """Which operators the field at the end of the path has."""
    field = last_field(records, path)
    if field is not None and field.many:
        return field.kind.holds_many if len(path) == 1 else "text"  # further away: a list, joined
    if (
        field is not None
        and field.kind.holds != "computed"
        and not any(one.many for one in _links_on(records, path[:-1]))
    ):
        return field.kind.holds
    held = records.layout.types.along(records.table, path)
    return "text" if held is None else held_for(held)


def _links_on(records: Records, path: Path) -> list[Field]:
    found = (last_field(records, path[: count + 1]) for count in range(len(path)))
    return [one for one in found if one is not None]


def _value(operator: Operator, value: Any, records: Records, held: Held) -> Any:
    if operator.takes == "nothing":
        return None
    if not operator.may_be_worked_out or not is_expression(value):
        return held.compared(operator, value, records.clock)
    text = expression(value)
    return held.worked_out(operator, _formula(text, records), lambda: _formula(f'DATEADD({text}, 1, "days")', records))


def _formula(text: str, records: Records) -> ColumnElement[Any]:
    checked = formulas.check(text, records.layout.types.scope(records.table.address, _types_of(records)))
    value: ColumnElement[Any] = formulas.compile(checked, records).value
    return value


def _types_of(records: Records) -> dict[Path, formulas.Type]:
    return {path: compiled.type for path, compiled in records.more.items()}
