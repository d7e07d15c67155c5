"""When the record was last changed."""

from __future__ import annotations

from typing import Any

from engine.field_types import InvalidValue, Options, Value
from engine.field_types.date_time import DateTime
from engine.text import _


class UpdatedAt(DateTime):
    label = _("Updated at")
    icon = "calendar-time"
    system = True
    options = {}

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"type": "string", "format": "date-time", "readOnly": True}

    def accept(self, value: Value, options: Options) -> Value:
        raise InvalidValue(_("is kept by itself and cannot be set"))
