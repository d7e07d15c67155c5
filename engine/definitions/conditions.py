"""Conditions as documents say them: walking them, and what they depend on. Their SQL is in `engine/storage/`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine import formulas
from engine.days import is_relative
from engine.definitions.any_links import opened
from engine.definitions.language import Condition, Field, Table
from engine.filters import HELD
from engine.formulas.reading import Find

if TYPE_CHECKING:
    from engine.definitions.scope import RecordScope

Path = tuple[str, ...]
MAX_NESTING = 5  # levels of all/any in a condition
MAX_PARTS = 50  # conditions of one such group
MAX_TESTS = 50  # single tests of a condition in all


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


def on_linked(test: Mapping[str, Any]) -> bool:
    """Whether the test's value is a condition on linked records."""
    return test["op"] in _ON_LINKED


_ON_LINKED = frozenset(
    key for held in HELD.values() for key, operator in held.operators.items() if operator.takes == "condition"
)


_LOOKING_FURTHER = frozenset(
    key for held in HELD.values() for key, operator in held.operators.items() if operator.looks_further
)


def paths(condition: Condition, scope: RecordScope) -> set[Path]:
    """The fields, as paths of keys, that decide whether the condition holds."""
    found: set[Path] = set()
    for _at, test in single_tests(condition):
        if isinstance(test, str):
            found |= _paths_in(expression(test), scope)
            continue
        written = tuple(test["field"].split("."))
        path = scope.resolve(written) or written
        found.add(path)
        if on_linked(test):
            found |= {(*path, *one) for one in paths(test["value"], scope.along(path))}
        elif is_expression(test.get("value")):
            found |= _paths_in(expression(test["value"]), scope)
    return found


def finds(condition: Condition, scope: RecordScope) -> list[Find]:
    """The tables that expressions in the condition look through without a link."""
    own = [find for formula in _formulas(condition, scope) for find in formula.finds]
    for _at, test in single_tests(condition):
        if not isinstance(test, str) and on_linked(test):
            written = tuple(test["field"].split("."))
            linked = finds(test["value"], scope.along(scope.resolve(written) or written))
            # What linked records look for: a change there may concern any record.
            own += [replace(find, key=None, against=None) for find in linked]
    return own


def uses_calendar(condition: Condition, scope: RecordScope) -> bool:
    """Whether an expression in the condition is worked out by the business calendar."""
    return any(formula.uses_calendar for formula in _formulas(condition, scope))


def _formulas(condition: Condition, scope: RecordScope) -> Iterator[formulas.Formula]:
    for _at, test in single_tests(condition):
        if isinstance(test, str):
            yield formulas.check(expression(test), scope)
        elif is_expression(test.get("value")):
            yield formulas.check(expression(test["value"]), scope)


def uses_clock(condition: Condition, scope: RecordScope) -> bool:
    """Whether the condition may come true by the passing of time, or differs from reader to reader."""
    return any(_test_uses_clock(test, scope) for _at, test in single_tests(condition)) or any(
        _field_uses_clock(path, scope) for path in paths(condition, scope)
    )


def _test_uses_clock(test: Mapping[str, Any] | str, scope: RecordScope) -> bool:
    if isinstance(test, str):
        return _reads_clock(expression(test), scope)
    if on_linked(test):
        written = tuple(test["field"].split("."))
        return uses_clock(test["value"], scope.along(scope.resolve(written) or written))
    if test["op"] in _LOOKING_FURTHER or is_relative(test.get("value")):
        return True
    return is_expression(test.get("value")) and _reads_clock(expression(test["value"]), scope)


def _reads_clock(text: str, scope: RecordScope) -> bool:
    formula = formulas.check(text, scope)
    return formula.uses_clock or formula.uses_me


def _field_uses_clock(path: Path, scope: RecordScope) -> bool:
    if scope.table is None:
        return False
    return any(
        scope.types.uses_clock(field)
        for way in opened(scope.types, scope.table, path)
        for field in _fields_on(way, scope)
    )


def _fields_on(path: Path, scope: RecordScope) -> Iterator[Field]:
    table: Table | None = scope.table
    for part in path:
        field, table = scope.types.apps.step(table, part)
        if field is None:
            return
        yield field


def _paths_in(text: str, scope: RecordScope) -> set[Path]:
    return {scope.resolve(path) or path for path in formulas.check(text, scope).paths}
