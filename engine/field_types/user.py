"""A person of the workspace."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.field_types import FieldType, Holds, Input, InvalidValue, Options, Value
from engine.text import _


class User(FieldType):
    label = _("Person")
    icon = "user"
    holds: ClassVar[Holds] = "user"
    groups = True
    names = "people"

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"type": "string", "pattern": "^usr[0-9A-Za-z]{14}$"}

    def accept(self, value: Value, options: Options) -> Value:
        if not isinstance(value, str) or not value.startswith("usr"):
            raise InvalidValue(_("must be a person of this workspace"))
        return value

    def input(self, options: Options) -> Input:
        return Input(self.name, offers=self.names)
