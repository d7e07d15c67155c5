"""One value worked out over linked records: a sum, a count, the latest."""

from __future__ import annotations

from typing import Any

from engine.field_types import FieldType, InvalidValue, Options, Value
from engine.text import _

FUNCTIONS = (
    "sum",
    "average",
    "min",
    "max",
    "count",
    "count_unique",
    "join",
    "any",
    "every",
    "first",
    "last",
)


class Rollup(FieldType):
    label = _("Rollup")
    icon = "sum"
    holds = "computed"
    computed = True
    options = {
        "through": {"$ref": "#/$defs/key"},
        "field": {"$ref": "#/$defs/key"},
        "function": {"enum": list(FUNCTIONS)},
        "where": {"$ref": "#/$defs/condition"},
        "format": {"$ref": "#/$defs/format"},
    }
    required_options = ("through", "field", "function")

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"readOnly": True}

    def accept(self, value: Value, options: Options) -> Value:
        raise InvalidValue(_("is worked out by itself and cannot be set"))
