"""Whether a condition or an expression makes sense for the records it is about."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from engine import formulas
from engine.definitions.conditions import expression, is_expression, single_tests
from engine.definitions.language import Condition, Field, Table
from engine.definitions.types import Cycle, Path, RecordScope, Unknown
from engine.errors import Problem
from engine.filters import OPERATORS, day_of, period_of
from engine.formulas import FormulaError
from engine.text import Text, _


def check_condition(condition: Condition, scope: RecordScope, at: str = "") -> list[Problem]:
    """Every problem of a condition about the records of `scope`."""
    problems: list[Problem] = []
    for place, test in single_tests(condition, at):
        if isinstance(test, str):
            problems += expression_problems(place, test, scope, {"boolean"})
        else:
            problems += _test_problems(place, test, scope)
    return problems


def expression_problems(at: str, text: str, scope: RecordScope, wanted: Collection[str] | None) -> Iterator[Problem]:
    """What is wrong with an expression; `wanted` names the types it may have (None: any)."""
    try:
        found = formulas.check(expression(text), scope).type
    except FormulaError as error:
        says = _("{problem} (character {position})", problem=error.says, position=error.start + 1)
        yield Problem(at, says, "formula", text)
        return
    except (Cycle, Unknown):
        return  # told where that field stands
    if wanted is not None and found.name not in wanted and found.name not in {"blank", "any"}:
        says = _("This must be yes or no, and it gives {type}.", type=found.name)
        yield Problem(at, says, "type", text)


def held_by(scope: RecordScope, path: Path) -> tuple[str, Field | None] | None:
    """Which operators the field at the end of `path` has, and the field; None when there is none."""
    table: Table | None = scope.table
    field: Field | None = None
    many = False
    for part in path:
        field = table.fields.get(part) if table else None
        if field is None:
            return None
        many = many or (field.many and part != path[-1])
        table = scope.types.apps.tables.get(field.target or "")
    if field is None:
        return None
    if field.many:
        return ("records" if len(path) == 1 else "text"), field
    if not field.kind.computed and not many:
        return field.kind.holds, field
    try:
        held = scope.type_of(path)
    except (FormulaError, Cycle, Unknown):
        return None
    if held is None:
        return None
    return ("text" if many or held.is_list or held.name not in OPERATORS else held.name), field


def _test_problems(at: str, test: Mapping[str, Any], scope: RecordScope) -> Iterator[Problem]:
    written = tuple(test["field"].split("."))
    path = scope.resolve(written) or written
    try:
        held = held_by(scope, path)
    except (FormulaError, Cycle, Unknown):
        return
    if held is None:
        table = scope.table.label if scope.table else ""
        says = _("{table} has no field `{field}`.", table=table, field=test["field"])
        yield Problem(f"{at}/field", says, "unknown_field", test["field"])
        return
    name, field = held
    operators = OPERATORS[name]
    if test["op"] not in operators:
        says = _(
            "`{operator}` does not go with this field. It can be: {operators}.",
            operator=test["op"],
            operators=", ".join(operators),
        )
        yield Problem(f"{at}/op", says, "operator", test["op"])
        return
    operator = operators[test["op"]]
    value = test.get("value")
    if operator.takes == "nothing":
        return
    if is_expression(value):
        yield from expression_problems(f"{at}/value", str(value), scope, None)
        return
    problem = _value_problem(operator.takes, name, value, field)
    if problem is not None:
        yield Problem(f"{at}/value", problem, "invalid_value", value)


def _value_problem(takes: str, held: str, value: Any, field: Field | None) -> Text | None:
    if value is None:
        return _("A value is missing.")
    listed = value if isinstance(value, list) else [value]
    if takes == "pair" and len(listed) != 2:
        return _("Two values are needed: from and to.")
    if held in {"date", "date_time"}:
        return _day_problem(takes, listed)
    if takes == "flag":
        return None if isinstance(value, bool) else _("This must be true or false.")
    if held == "number" and not all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in listed):
        return _("This must be a number.")
    if held != "number" and not all(isinstance(one, str) for one in listed):
        return _("This must be a text.")
    if held == "select" and field is not None and field.choices:
        unknown = [one for one in listed if one not in field.choices]
        if unknown:
            return _(
                "There is no choice `{choice}`. There are: {choices}.",
                choice=unknown[0],
                choices=", ".join(field.choices),
            )
    return None


def _day_problem(takes: str, values: list[Any]) -> Text | None:
    today = datetime.date(2000, 1, 1)
    try:
        for one in values:
            if takes == "period":
                period_of(one, today)
            else:
                day_of(one, today)
    except (ValueError, TypeError, OverflowError):
        if takes == "period":
            return _("This must be a period such as `this_month` or `last_days`.")
        return _("This must be a day such as `2026-03-31`, `today` or `days_ago`.")
    return None
