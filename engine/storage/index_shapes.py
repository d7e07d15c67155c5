"""Which index a question to a table needs, worked out from its SQL: so formulas and filters count alike.

First the fields that have one value each, then those that records are ordered by, then the id: the database then goes
to the first record of a page and reads on from there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList, Grouping, True_

from engine.definitions.language import Field
from engine.formulas.dialects import Dialects, alike, dialects
from engine.storage.expressions import Records, sortable
from engine.storage.layout import fitting, sql_name

PREFIX = "ax_"  # of indexes that appeared by themselves
MAX_FIELDS = 5
_AND = re.compile(r"\(\{\d+\}( AND \{\d+\})*\)")
_RANGE = re.compile(r"\(\{0\} (<|<=|>|>=) \{1\}\)")
_RANGES = frozenset({operators.lt, operators.le, operators.gt, operators.ge, operators.in_op})


@dataclass(frozen=True)
class Shape:
    """What an index holds: keys of fields with one value each, then the order (`-` for descending), then the id."""

    table: str
    equal: tuple[str, ...]
    sort: tuple[str, ...]

    @property
    def document(self) -> dict[str, Any]:
        """As it is stored."""
        return {"table": self.table, "equal": list(self.equal), "sort": list(self.sort)}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Shape:
        """From what is stored."""
        return cls(document["table"], tuple(document["equal"]), tuple(document["sort"]))

    @property
    def keys(self) -> list[str]:
        """The keys of its fields in order."""
        return [*self.equal, *(one.removeprefix("-") for one in self.sort)]

    def serves(self, other: Shape) -> bool:
        """Whether an index of this shape does for the other, too."""
        same = self.table == other.table and set(self.equal) == set(other.equal)
        return same and self.sort[: len(other.sort)] == other.sort


def shape_of(
    records: Records, wheres: Iterable[ColumnElement[Any]], sort: Sequence[str], one_value: Iterable[str] = ()
) -> Shape | None:
    """The shape that serves these tests and this order, and fields of one value each; None if no index helps."""
    equal: dict[str, None] = dict.fromkeys(one_value)
    ranges: dict[str, None] = {}
    for test in wheres:
        for key, is_one_value in _tested(test, records.rows):
            (equal if is_one_value else ranges).setdefault(key)
    order = [one for one in sort if one.removeprefix("-") not in equal]
    if not order and not equal and ranges:
        order = [next(iter(ranges))]  # the records of a range, wherever they stand
    fields = records.table.fields
    if not all(one in fields and not fields[one].many and records.layout.stored(fields[one]) for one in equal):
        return None
    sorted_by = [fields.get(one.removeprefix("-")) for one in order]
    if any(one is None or indexed(one, records) is None for one in sorted_by):
        order = []  # it has to be sorted anyway
    if (not equal and not order) or _has_one(fields, equal, order) or len(equal) + len(order) > MAX_FIELDS:
        return None
    return Shape(records.table.address, tuple(sorted(equal)), tuple(order))


def shape_of_groups(
    records: Records, wheres: Sequence[ColumnElement[Any]], by: str, totals: Iterable[str]
) -> Shape | None:
    """The shape from which the groups are read, with their totals, without the records themselves."""
    fields = records.table.fields
    tested = [list(_tested(test, records.rows)) for test in wheres]
    if not all(tested) or not all(is_one_value for found in tested for _key, is_one_value in found):
        return None
    equal = sorted({by, *(key for found in tested for key, _one in found)})
    held = [key for key in sorted(totals) if key not in equal]
    if len(equal) + len(held) > MAX_FIELDS or not all(key in fields for key in equal):
        return None
    whole = all(isinstance(indexed(fields[key], records), sa.Column) for key in held)
    stored = all(not fields[key].many and records.layout.stored(fields[key]) for key in equal)
    return Shape(records.table.address, tuple(equal), tuple(held)) if whole and stored else None


def indexed(field: Field, records: Records) -> ColumnElement[Any] | None:
    """What an index holds that the field's records are read from in order; None where there can be none."""
    if field.many or field.is_link or not records.layout.stored(field):
        return None
    (value,) = sortable(field, records)
    simple = not any(isinstance(one, (Dialects, sa.Select)) for one in visitors.iterate(value))
    return value if simple else None


def index_of(shape: Shape, records: Records) -> sa.Index:
    """The index as SQL has it; its name changes with what it is made of. Raises `KeyError` for what is no more."""
    # On a copy of the table, because SQLAlchemy would tie it to the layout's own.
    table = records.layout.sql(records.table).to_metadata(sa.MetaData())
    copy = Records(records.layout, records.table, table, records.clock)
    columns: list[ColumnElement[Any]] = [table.c[key] for key in shape.equal]
    spelled = str(shape)
    for one in shape.sort:
        value = indexed(records.table.fields[one.removeprefix("-")], copy)
        if value is None:
            raise KeyError(one)
        spelled += str(value.compile(compile_kwargs={"literal_binds": True}))
        columns.append(_directed(value, down=one.startswith("-")))
    columns.append(table.c.id)
    mark = hashlib.sha256(spelled.encode()).hexdigest()[:10]
    return sa.Index(fitting(f"{PREFIX}{sql_name(shape.table)}__{mark}"), *columns, postgresql_concurrently=True)


def _has_one(fields: Mapping[str, Field], equal: Iterable[str], order: Sequence[str]) -> bool:
    """Links and unique fields have an index of their own."""
    return not order and any(fields[key].is_link or fields[key].unique for key in equal)


def _tested(test: Any, rows: Any) -> Iterator[tuple[str, bool]]:
    """The fields that a test compares with a constant, and whether only one value is left."""
    if isinstance(test, Grouping):
        yield from _tested(test.element, rows)
    elif _is_and(test):
        for part in test.clauses:
            yield from _tested(part, rows)
    elif isinstance(test, Dialects) and _RANGE.fullmatch(test.sqlite):
        yield from ((one.name, False) for one in list(test.clauses)[:1] if _is_own(one, rows))
    elif isinstance(test, BinaryExpression) and _is_own(test.left, rows):
        constant = _is_constant(test.right) if test.operator is operators.eq else isinstance(test.right, True_)
        if test.operator in _RANGES:
            yield test.left.name, False
        elif test.operator in {operators.eq, operators.is_} and constant:
            yield test.left.name, True


def _is_and(test: Any) -> bool:
    if isinstance(test, Dialects):
        return _AND.fullmatch(test.sqlite) is not None
    return isinstance(test, BooleanClauseList) and test.operator is operators.and_


def _is_constant(element: Any) -> bool:
    """Whether it is the same for all records, as the person who asks is."""
    return not any(isinstance(one, (sa.Column, sa.Select)) for one in visitors.iterate(element))


def _is_own(element: Any, rows: Any) -> bool:
    return isinstance(element, sa.Column) and element.table is rows


def _directed(value: ColumnElement[Any], *, down: bool) -> ColumnElement[Any]:
    """As an index has it. What is empty comes last; on SQLite it does by itself, and there is no word for it here."""
    if isinstance(value, sa.Column):
        return dialects("{0} DESC", "{0} DESC NULLS LAST", value) if down else value
    return dialects("({0}) DESC", "({0}) DESC NULLS LAST", value) if down else alike("({0})", value)
