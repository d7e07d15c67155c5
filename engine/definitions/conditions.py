"""Conditions as documents say them: walking them, and what they depend on. Their SQL is in `engine/storage/`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine import formulas
from engine.definitions.language import Condition
from engine.filters import is_relative_day

if TYPE_CHECKING:
    from engine.definitions.types import RecordScope

Path = tuple[str, ...]


def single_tests(condition: Condition, at: str = "") -> Iterator[tuple[str, Mapping[str, Any] | str]]:
    """Every single test in a condition (`{"field", "op", "value"}`, or an expression) with its JSON pointer."""
    if isinstance(condition, Mapping) and ("all" in condition or "any" in condition):
        for word in ("all", "any"):
            for number, part in enumerate(condition.get(word, ())):
                yield from single_tests(part, f"{at}/{word}/{number}")
    else:
        yield at, condition


def expression(text: str) -> str:
    """The expression in a value that begins with `=`."""
    return text.removeprefix("=")


def is_expression(value: object) -> bool:
    """Whether a value of a document is an expression."""
    return isinstance(value, str) and value.startswith("=") and len(value) > 1


def paths(condition: Condition, scope: RecordScope) -> set[Path]:
    """The fields, as paths of keys, that decide whether the condition holds."""
    found: set[Path] = set()
    for _at, test in single_tests(condition):
        if isinstance(test, str):
            found |= _paths_in(expression(test), scope)
            continue
        path = tuple(test["field"].split("."))
        found.add(scope.resolve(path) or path)
        if is_expression(test.get("value")):
            found |= _paths_in(expression(test["value"]), scope)
    return found


def uses_clock(condition: Condition, scope: RecordScope) -> bool:
    """Whether the condition may come true by the passing of time, or differs from reader to reader."""
    for _at, test in single_tests(condition):
        if isinstance(test, str):
            formula = formulas.check(expression(test), scope)
            if formula.uses_clock or formula.uses_me:
                return True
            continue
        if test["op"] == "is_me" or is_relative_day(test["op"], test.get("value")):
            return True
        if is_expression(test.get("value")):
            formula = formulas.check(expression(test["value"]), scope)
            if formula.uses_clock or formula.uses_me:
                return True
    return any(_field_uses_clock(path, scope) for path in paths(condition, scope))


def _field_uses_clock(path: Path, scope: RecordScope) -> bool:
    table = scope.table
    for part in path:
        field = table.fields.get(part) if table else None
        if field is None:
            return False
        if scope.types.uses_clock(field):
            return True
        table = scope.types.apps.tables.get(field.target or "")
    return False


def _paths_in(text: str, scope: RecordScope) -> set[Path]:
    return {scope.resolve(path) or path for path in formulas.check(text, scope).paths}
