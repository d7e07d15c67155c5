"""The order of records, alike on both databases: what is empty comes last either way, and ids decide at the end.

A page begins after the last record of the page before, by that record's own values. So pages neither miss nor
repeat a record while others are written, and a page far down costs no more than the first.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from engine.definitions.language import Table
from engine.definitions.types import sort_paths
from engine.errors import Problem, Refused
from engine.json_text import read_token
from engine.storage.expressions import Records, sortable
from engine.storage.layout import Layout
from engine.text import _

Test = ColumnElement[bool]
Value = ColumnElement[Any]


@dataclass(frozen=True)
class Key:
    """One thing that records are ordered by."""

    value: ColumnElement[Any]
    down: bool = False
    filled: bool = False  # it is never NULL

    @property
    def clause(self) -> ColumnElement[Any]:
        """As ORDER BY has it."""
        if self.filled:
            return self.value.desc() if self.down else self.value.asc()
        return (self.value.desc() if self.down else self.value.asc()).nulls_last()

    def same(self, value: Value | None) -> Test:
        return self.value.is_(None) if value is None else self.value == value

    def beyond(self, value: Value) -> Test:
        """After records that have the value (never what is empty, which has its own place at the end)."""
        return self.value < value if self.down else self.value > value

    def from_on(self, value: Value) -> Test:
        """The same value or beyond it, so written that an index is entered there."""
        return self.value <= value if self.down else self.value >= value


def keys_of(records: Records, sort: Sequence[str]) -> list[Key]:
    """The keys for fields, descending with `-`; the id last."""
    fields = records.table.fields
    found = [
        Key(value, one.startswith("-")) for one in sort for value in sortable(fields[one.removeprefix("-")], records)
    ]
    return [*found, Key(records.field("id").value, filled=True)]


def count_of_keys(layout: Layout, table: Table, sort: Sequence[str]) -> int:
    """How many they are."""
    fields = [table.fields.get(one.removeprefix("-")) for one in sort]
    return 1 + sum(len(sort_paths(layout.apps, one)) if one else 1 for one in fields)


def count_of_parts(filled: Sequence[bool]) -> int:
    """How many parts there are after a record of which these keys are filled, the last of which always is."""
    return 2 if filled[0] and len(filled) > 1 else 1


def parts_after(keys: Sequence[Key], values: Sequence[Value | None]) -> list[tuple[Test, Sequence[Key]]]:
    """What comes after a record with these values of the keys (None: empty): parts that follow each other, each in its
    order.

    First those in which the first key is filled, then those in which it is empty; each can be read off an index.
    """
    first, value = keys[0], values[0]
    if value is None:
        return [(sa.and_(first.value.is_(None), _after(keys[1:], values[1:])), keys[1:])]
    there = sa.and_(first.from_on(value), _after(keys, values, filled=True)) if len(keys) > 1 else first.beyond(value)
    return [(there, keys)] if first.filled else [(there, keys), (first.value.is_(None), keys[1:])]


def _after(keys: Sequence[Key], values: Sequence[Value | None], *, filled: bool = False) -> Test:
    key, value = keys[0], values[0]
    tests: list[Test] = []
    if value is not None:
        tests.append(key.beyond(value))
        if not (filled or key.filled):
            tests.append(key.value.is_(None))
    if len(keys) > 1:
        tests.append(sa.and_(key.same(value), _after(keys[1:], values[1:])))
    return sa.or_(sa.false(), *tests)


def token(sort: Sequence[str], values: Sequence[Any]) -> str:
    """The place after the record with these values, as a text for addresses."""
    return base64.urlsafe_b64encode(json.dumps([list(sort), list(values)]).encode()).decode().rstrip("=")


def _is_value(one: Any) -> bool:
    return one is None or isinstance(one, str | float) or (isinstance(one, int) and abs(one) < 2**63)


def place(given: str, sort: Sequence[str], count: int) -> list[Any]:
    """The values in a token of so many keys. Raises `Refused` when it is not one, or is one of another order."""
    said = read_token(given)
    order, values = said if isinstance(said, list) and len(said) == 2 else ([], [])
    plain = isinstance(values, list) and all(map(_is_value, values))
    if order != list(sort) or not plain or len(values) != count:
        says = _("That page does not exist (any more). Begin at the first.")
        raise Refused([Problem("/offset", says, "offset", given)])
    return list(values)
