"""One value worked out over linked records: a sum, a count, the latest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from engine.field_types import Options
from engine.field_types._computed import SORT, THROUGH, WHERE, OverLink
from engine.text import _


@dataclass(frozen=True)
class Function:
    """What a rollup may do. `takes` says which values it works on; `same` gives what the linked field holds."""

    takes: Literal["numbers", "days", "truths", "anything"]
    gives: Literal["number", "boolean", "text", "list", "same"]

    @property
    def repeats(self) -> bool:
        """Whether what it gives is shown as the linked field shows its values (a sum of money is money)."""
        return self.gives in {"same", "list"}


_NUMBER = Function("numbers", "same")
_DAY = Function("days", "same")
_ONE = Function("anything", "same")
_HOW_MANY = Function("anything", "number")
_TRUTH = Function("truths", "boolean")

FUNCTIONS: Mapping[str, Function] = {
    "sum": _NUMBER,
    "average": _NUMBER,
    "median": _NUMBER,
    "stdev": _NUMBER,
    "min": _ONE,
    "max": _ONE,
    "earliest": _DAY,
    "latest": _DAY,
    "count": _HOW_MANY,
    "counta": _HOW_MANY,
    "count_all": _HOW_MANY,
    "count_unique": _HOW_MANY,
    "unique": Function("anything", "list"),
    "join": Function("anything", "text"),
    "any": _TRUTH,
    "every": _TRUTH,
    "first": _ONE,
    "last": _ONE,
}


class Rollup(OverLink):
    label = _("Rollup")
    icon = "sum"
    options = {
        "through": THROUGH,
        "field": {"$ref": "#/$defs/key", "description": "The field of the linked records."},
        "function": {
            "enum": list(FUNCTIONS),
            "description": (
                "What to do with its values. Empty ones count only in `count_all`; `counta` is another word for"
                " `count`; `first`, `last`, `unique` and `join` go by `sort`; the average, median and deviation of"
                " nothing are empty."
            ),
        },
        "where": WHERE,
        "sort": SORT,
        "format": {"$ref": "#/$defs/format"},
    }
    required_options = ("through", "field", "function")

    def repeats(self, options: Options) -> bool:
        return FUNCTIONS[options["function"]].repeats
