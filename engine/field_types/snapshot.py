"""A value copied from a linked record when the link is chosen, and kept whatever becomes of that record."""

from __future__ import annotations

from typing import Any

from engine.field_types import FieldType, InvalidValue, Options, Value
from engine.text import _


class Snapshot(FieldType):
    label = _("Snapshot")
    icon = "camera"
    holds = "computed"
    over_link = True
    copied = True
    options = {
        "through": {"$ref": "#/$defs/way", "description": "The link to one record whose value is copied."},
        "field": {"$ref": "#/$defs/key", "description": "The field of the linked record."},
        "format": {"$ref": "#/$defs/format"},
    }
    required_options = ("through", "field")

    def repeats(self, options: Options) -> bool:
        return True

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"readOnly": True}

    def accept(self, value: Value, options: Options) -> Value:
        raise InvalidValue(_("is copied by itself and cannot be set"))
