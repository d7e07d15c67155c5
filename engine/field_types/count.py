"""How many records are linked."""

from __future__ import annotations

from typing import Any

from engine.field_types import FieldType, InvalidValue, Options, Value
from engine.text import _


class Count(FieldType):
    label = _("Count")
    icon = "tallymarks"
    holds = "computed"
    computed = True
    options = {
        "through": {"$ref": "#/$defs/key"},
        "where": {"$ref": "#/$defs/condition"},
    }
    required_options = ("through",)

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"readOnly": True}

    def accept(self, value: Value, options: Options) -> Value:
        raise InvalidValue(_("is worked out by itself and cannot be set"))
