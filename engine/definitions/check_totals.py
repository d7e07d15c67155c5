"""Whether a total can be worked out from the field that it stands below."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from engine.definitions.check_names import no_field
from engine.definitions.language import Table
from engine.definitions.types import Cycle, FieldTypes, Unknown
from engine.errors import Problem
from engine.formulas import FormulaError
from engine.formulas.aggregates import AGGREGATES
from engine.text import _


def total_problems(at: str, function: str, key: str, table: Table, types: FieldTypes) -> Iterator[Problem]:
    """What is wrong with the total `function` of the field `key`."""
    field = table.fields.get(key)
    if field is None:
        yield no_field(at, key, table)
        return
    aggregate = AGGREGATES.get(function)
    if aggregate is None:
        close = get_close_matches(function, AGGREGATES, n=1, cutoff=0.6)
        says = (
            _("There is no total {function}. Did you mean {suggestion}?", function=function, suggestion=close[0])
            if (close)
            else _("There is no total {function}.", function=function)
        )
        yield Problem(at, says, "total", function)
        return
    try:
        held = types.of(field)
    except (FormulaError, Cycle, Unknown):
        return  # told where that field stands
    if not aggregate.goes_with(held):
        fitting = ", ".join(name for name, one in AGGREGATES.items() if one.goes_with(held))
        says = _("{field} has no {function}. It has {fitting}.", field=field.label, function=function, fitting=fitting)
        yield Problem(at, says, "total", function)
