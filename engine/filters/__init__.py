"""Operators of filters: one file is what a field can hold, and in it each operator is one line, its SQL and the
sentence that a person reads.

Relative days ("this month") become days of the calendar before the database sees them, so that an index serves them.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Protocol

from sqlalchemy import ColumnElement

from engine import patterns
from engine.field_types import Options
from engine.filters._texts import contains_text
from engine.formulas import Type
from engine.registry import Registry
from engine.text import Text, _

__all__ = ["HELD", "MAX_LISTED", "Held", "Operator", "Test", "contains_text", "held_for", "of_column"]

Test = ColumnElement[bool]
# What an operator is given: nothing; one value, some, a pair of them; a day or a period (each becomes a pair of days);
# yes or no; a whole number; a pattern; tables by the names that the field has for them; a condition on linked records.
Takes = Literal["nothing", "value", "list", "pair", "day", "period", "flag", "count", "pattern", "tables", "condition"]
LISTS = frozenset({"list", "tables"})
MAX_LISTED = 1_000  # values of one test
MAX_TEXT = 10_000  # characters of one value


class Clock(Protocol):
    """Which day it is, and when days begin."""

    @property
    def today(self) -> datetime.date: ...

    def midnight(self, day: datetime.date) -> str: ...


class Tested(Protocol):
    """`test(column, value)` is an operator's SQL; for links to many `column` is what can be asked of them."""

    def __call__(self, column: Any, value: Any, /) -> Test: ...


@dataclass(frozen=True)
class Operator:
    """`takes` says what kind of value it needs."""

    label: Text
    sentence: Text
    takes: Takes
    test: Tested
    looks_further: bool = False  # asks more than the field holds, such as who asks: the answer is never stored

    @property
    def may_be_worked_out(self) -> bool:
        """Whether an expression may stand for its value."""
        return self.takes in {"value", "list", "day", "flag", "count"}


def of_column(operator: Operator) -> Operator:
    """The operator for tests that are given more than a column, which is then their `column`."""

    def test(held: Any, value: Any, /) -> Test:
        return operator.test(held.column, value)

    return replace(operator, test=test)


class Held:
    """What fields of several types hold alike, and the operators that go with it."""

    name: str
    operators: ClassVar[Mapping[str, Operator]]
    listed: ClassVar[bool] = False  # what is tested is a list; else a list is tested as its items joined to a text
    names: ClassVar[str] = ""  # what its values are ids of, beside the records: `people`, `departments`
    choices: ClassVar[Mapping[str, Text]] = {}  # what a list is chosen from, where it is the same for every field
    expressions: ClassVar[frozenset[str]] = frozenset(
        {"text", "select", "user", "department", "record"}
    )  # what may stand for a value

    def problem(self, operator: Operator, value: Any, options: Options) -> Text | None:
        """What is wrong with one value of a test of a field with these options."""
        return None if isinstance(value, str) else _("This must be a text.")

    def read(self, typed: str) -> Any:
        """The value that a person typed; raises `InvalidValue`."""
        return typed

    def compared(self, operator: Operator, value: Any, clock: Clock) -> Any:
        """What the operator's test is given for the value of a condition."""
        return [value] if operator.takes in LISTS and not isinstance(value, list) else value

    def worked_out(
        self, operator: Operator, found: ColumnElement[Any], next_day: Callable[[], ColumnElement[Any]]
    ) -> Any:
        """The same where an expression gives the value; `next_day` is the SQL of the day after it."""
        return [found] if operator.takes == "list" else found


def value_problem(operator: Operator, held: Held, value: Any, options: Options) -> Text | None:
    """What is wrong with a test's value, None if nothing is. Conditions on linked records are checked elsewhere."""
    if value is None:
        return _("A value is missing.")
    if operator.takes == "flag":
        return None if isinstance(value, bool) else _("This must be true or false.")
    if operator.takes == "count":
        whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9
        return None if whole else _("This must be a whole number, 0 or greater.")
    if operator.takes == "pattern":
        return _pattern_problem(value)
    values = value if isinstance(value, list) and operator.takes in {*LISTS, "pair"} else [value]
    if operator.takes == "pair" and len(values) != 2:
        return _("Two values are needed: from and to.")
    if not values:
        return _("A value is missing.")
    if len(values) > MAX_LISTED or any(isinstance(one, str) and len(one) > MAX_TEXT for one in values):
        return _("This is too long.")
    return next((problem for one in values if (problem := held.problem(operator, one, options)) is not None), None)


def _pattern_problem(value: Any) -> Text | None:
    if not isinstance(value, str) or not value:
        return _("This must be a pattern such as ^[A-Z]+-[0-9]+$.")
    try:
        patterns.read(value)
    except patterns.BadPattern as error:
        return error.says
    return None


IS_EMPTY = Operator(_("is empty"), _("{field} is empty"), "nothing", lambda c, _v: c.is_(None))
IS_NOT_EMPTY = Operator(_("is not empty"), _("{field} is not empty"), "nothing", lambda c, _v: c.is_not(None))


def held_for(kind: Type) -> str:
    """What values of a type, such as those of a formula, are tested as: a name of `HELD`."""
    if kind.is_list:
        item = kind.item.name if kind.item else ""
        return f"{item}s" if item in {"select", "user", "department", "file"} else "text"
    return kind.name if kind.name in HELD else "text"


HELD: Registry[Held] = Registry("engine.filters", Held)
