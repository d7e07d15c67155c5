"""The checked tree: every node knows its type, and every conversion between types is a node of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.formulas.types import Type

if TYPE_CHECKING:
    from engine.formulas.functions import Function

Value = str | Decimal | bool | None


@dataclass(frozen=True)
class Constant:
    """A value known when the expression is checked."""

    value: Value
    type: Type
    start: int
    end: int


@dataclass(frozen=True)
class Read:
    """A field, setting or whatever else the scope knows by this path."""

    path: tuple[str, ...]
    type: Type
    start: int
    end: int


@dataclass(frozen=True)
class Apply:
    """A function or operator; an argument left out is None."""

    function: Function
    arguments: tuple[Typed | None, ...]
    type: Type
    start: int
    end: int


@dataclass(frozen=True)
class Convert:
    """The operand as a value of another type."""

    operand: Typed
    type: Type
    start: int
    end: int

    @property
    def is_risky(self) -> bool:
        """Whether it may be an error: a text that is no number, or no date."""
        return self.operand.type.name == "text" and self.type.name in {"number", "date_time"}


@dataclass(frozen=True)
class Within:
    """A condition about each record of a table or each item of a list, and a value of those for which it holds.

    What stands at `name` inside is that record (`{prices.amount}`) or item (`{item}`); all else is the expression's
    own record. `table` is the address of the records' table, "" for plain items; `source` the path of the field
    whose items they are, empty if all records of the table are looked through.
    """

    name: tuple[str, ...]
    table: str
    source: tuple[str, ...]
    condition: Typed
    value: Typed | None
    type: Type
    start: int
    end: int


Typed = Constant | Read | Apply | Convert | Within


def walk(node: Typed) -> Iterator[Typed]:
    """The node and all below it."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        if isinstance(one, Convert):
            waiting.append(one.operand)
        elif isinstance(one, Within):
            waiting += [one.condition] if one.value is None else [one.condition, one.value]
        elif isinstance(one, Apply):
            waiting += [argument for argument in one.arguments if argument is not None]
