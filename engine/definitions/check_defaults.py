"""Whether the default of a field is something that the field can hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from engine import formulas
from engine.definitions.check_conditions import expression_problems
from engine.definitions.language import Field
from engine.definitions.scope import RecordScope
from engine.definitions.types import Cycle, FieldTypes, Unknown
from engine.errors import Problem
from engine.field_types import InvalidValue
from engine.formulas import FormulaError
from engine.text import Text, _

# What an expression may give for the default of a field that holds this; anything can become a text.
_GIVES: Mapping[str, frozenset[str]] = {
    "number": frozenset({"number"}),
    "boolean": frozenset({"boolean"}),
    "date": frozenset({"date"}),
    "date_time": frozenset({"date_time"}),
    "select": frozenset({"select", "text"}),
    "selects": frozenset({"select", "text", "list"}),
    "user": frozenset({"user", "text"}),
    "users": frozenset({"user", "text", "list"}),
    "department": frozenset({"department", "text"}),
}


def default_problems(at: str, field: Field, types: FieldTypes) -> Iterator[Problem]:
    """What is wrong with the default of a field, a value or an expression."""
    if isinstance(field.default, str) and field.default.startswith("="):
        scope, wanted = types.scope(field.table), _GIVES.get(field.kind.holds)
        problems = list(expression_problems(at, field.default, scope, wanted, _not_held))
        yield from problems or _reading_problems(at, field.default, scope)
        return
    try:
        value = field.kind.accept(field.default, field.options)
    except InvalidValue as error:
        yield Problem(at, _("The default {problem}.", problem=error.says), "invalid_value", field.default)
        return
    if (refused := field.kind.refused(None, value, field.options)) is not None:
        yield Problem(at, _("The default {problem}.", problem=refused), "invalid_value", field.default)


def _reading_problems(at: str, default: str, scope: RecordScope) -> Iterator[Problem]:
    """A default is worked out before there is a record, so every field would be empty."""
    with suppress(FormulaError, Cycle, Unknown):  # told where that stands
        for path in sorted(formulas.check(default.removeprefix("="), scope).paths):
            if path[0] != "settings":
                says = _(
                    "A default is there before the record is, so it cannot read {field}. Make it a formula field.",
                    field="{" + ".".join(path) + "}",
                )
                yield Problem(at, says, "default", default)


def _not_held(gives: Text) -> Text:
    return _("The default gives {type}, which the field cannot hold.", type=gives)
