"""A value worked out from other fields of the record."""

from __future__ import annotations

from typing import Any

from engine.field_types import FieldType, InvalidValue, Options, Value
from engine.text import _


class Formula(FieldType):
    label = _("Formula")
    icon = "math-function"
    holds = "computed"
    computed = True
    options = {
        "formula": {"type": "string", "minLength": 1, "maxLength": 10_000},
        "format": {"$ref": "#/$defs/format"},
    }
    required_options = ("formula",)

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"readOnly": True}

    def accept(self, value: Value, options: Options) -> Value:
        raise InvalidValue(_("is worked out by itself and cannot be set"))
