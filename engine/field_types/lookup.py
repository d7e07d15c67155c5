"""A field of the linked record, shown here."""

from __future__ import annotations

from typing import Any

from engine.field_types import FieldType, InvalidValue, Options, Value
from engine.text import _


class Lookup(FieldType):
    label = _("Lookup")
    icon = "eye-search"
    holds = "computed"
    computed = True
    options = {
        "through": {"$ref": "#/$defs/key"},
        "field": {"$ref": "#/$defs/key"},
        "format": {"$ref": "#/$defs/format"},
    }
    required_options = ("through", "field")

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"readOnly": True}

    def accept(self, value: Value, options: Options) -> Value:
        raise InvalidValue(_("is worked out by itself and cannot be set"))
