"""Whether a condition or an expression makes sense for the records it is about."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from engine import formulas
from engine.definitions.conditions import MAX_NESTING, MAX_PARTS, MAX_TESTS, expression, is_expression, single_tests
from engine.definitions.language import Condition, Field, Table
from engine.definitions.scope import Path, RecordScope
from engine.definitions.types import Cycle, Unknown
from engine.errors import Problem
from engine.filters import HELD, Held, Operator, held_for, value_problem
from engine.formulas import FormulaError
from engine.text import Text, _


def check_condition(condition: Condition, scope: RecordScope, at: str = "") -> list[Problem]:
    """Every problem of a condition about the records of `scope`."""
    problems = list(_shape_problems(condition, at, MAX_NESTING))
    if problems:
        return problems
    tests = list(single_tests(condition, at))
    if len(tests) > MAX_TESTS:
        return [Problem(at, _("At most {most} conditions in all.", most=MAX_TESTS), "too_many")]
    for place, test in tests:
        if isinstance(test, str):
            problems += expression_problems(place, test, scope, {"boolean"})
        else:
            problems += _test_problems(place, test, scope)
    return problems


def _no_truth(gives: Text) -> Text:
    return _("This must be yes or no, and it gives {type}.", type=gives)


def _not_comparable(gives: Text) -> Text:
    return _("This gives {type}, which cannot be compared with the field.", type=gives)


def expression_problems(
    at: str,
    text: str,
    scope: RecordScope,
    wanted: Collection[str] | None,
    unfit: Callable[[Text], Text] = _no_truth,
) -> Iterator[Problem]:
    """What is wrong with an expression; `wanted` names the types it may have (None: any), `unfit` refuses another."""
    try:
        found = formulas.check(expression(text), scope).type
    except FormulaError as error:
        before = len(text) - len(expression(text))
        yield from (Problem(at, says, "formula", text) for says in error.told(before))
        return
    except (Cycle, Unknown):
        return  # told where that field stands
    if wanted is not None and found.name not in wanted and found.name not in {"blank", "any"}:
        yield Problem(at, unfit(found.label), "type", text)


def held_by(scope: RecordScope, path: Path) -> tuple[str, Field | None] | None:
    """Which operators the field at the end of `path` has, and the field; None when there is none.

    Raises `Cycle` and `Unknown` where the field itself is not right.
    """
    table: Table | None = scope.table
    field: Field | None = None
    many = False
    for number, part in enumerate(path, 1):
        field, table = scope.types.apps.step(table, part)
        if field is None:
            return None
        many = many or (field.many and number < len(path))
    if field is None:
        return None
    if field.many:
        return (field.kind.holds_many if len(path) == 1 else "text"), field
    if field.kind.holds != "computed" and not many:
        return field.kind.holds, field
    held = scope.type_of(path)
    return (held_for(held), field) if held is not None else None


def _test_problems(at: str, test: Mapping[str, Any], scope: RecordScope) -> Iterator[Problem]:
    written = tuple(test["field"].split("."))
    path = scope.resolve(written) or written
    try:
        held = held_by(scope, path)
    except (Cycle, Unknown):
        return  # told where that field stands
    if held is None:
        table = scope.table.label if scope.table else ""
        says = _("{table} has no field `{field}`.", table=table, field=test["field"])
        yield Problem(f"{at}/field", says, "unknown_field", test["field"])
        return
    name, field = held
    operators = HELD[name].operators
    if test["op"] not in operators:
        says = _(
            "`{operator}` does not go with this field. It can be: {operators}.",
            operator=test["op"],
            operators=", ".join(operators),
        )
        yield Problem(f"{at}/op", says, "operator", test["op"])
        return
    yield from _value_problems(f"{at}/value", operators[test["op"]], HELD[name], test.get("value"), field, scope)


def _value_problems(
    at: str, operator: Operator, held: Held, value: Any, field: Field | None, scope: RecordScope
) -> Iterator[Problem]:
    if operator.takes == "nothing":
        return
    if operator.takes == "condition":
        yield from check_condition(value, scope.types.scope(field.target or "") if field else scope, at)
    elif operator.may_be_worked_out and is_expression(value):
        yield from expression_problems(at, str(value), scope, held.expressions, _not_comparable)
    else:
        problem = value_problem(operator, held, value, field.options if field else {})
        if problem is not None:
            yield Problem(at, problem, "invalid_value", value)


def _shape_problems(condition: Any, at: str, levels: int) -> Iterator[Problem]:
    """Whether it is a condition at all: what comes by the API or the command line has met no schema."""
    if isinstance(condition, str):
        return
    groups = [word for word in ("all", "any") if isinstance(condition, Mapping) and word in condition]
    if groups:
        inner = condition[groups[0]]
        if len(condition) > 1 or not isinstance(inner, list) or len(inner) > MAX_PARTS:
            yield Problem(
                at,
                _("A group is `all` or `any` with a list of at most {most} conditions.", most=MAX_PARTS),
                "condition",
            )
        elif not levels:
            says = _("Groups may be nested to {levels} levels.", levels=MAX_NESTING)
            yield Problem(at, says, "condition")
        else:
            for number, part in enumerate(inner):
                yield from _shape_problems(part, f"{at}/{groups[0]}/{number}", levels - 1)
    elif not (
        isinstance(condition, Mapping)
        and isinstance(condition.get("field"), str)
        and isinstance(condition.get("op"), str)
        and condition.keys() <= {"field", "op", "value"}
    ):
        says = _("A condition has `field`, `op` and mostly `value`; or it is `all` or `any` of several.")
        yield Problem(at, says, "condition", condition)
