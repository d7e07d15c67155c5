"""Who made the record."""

from __future__ import annotations

from typing import Any

from engine.field_types import InvalidValue, Options, Value
from engine.field_types.user import User
from engine.text import _


class CreatedBy(User):
    label = _("Created by")
    icon = "user-plus"
    system = True
    options = {}

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"type": "string", "readOnly": True}

    def accept(self, value: Value, options: Options) -> Value:
        raise InvalidValue(_("is kept by itself and cannot be set"))
