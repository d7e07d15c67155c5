"""A department of the workspace."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.field_types import FieldType, Holds, Input, InvalidValue, Options, Value
from engine.text import _


class Department(FieldType):
    label = _("Department")
    icon = "sitemap"
    holds: ClassVar[Holds] = "department"
    groups = True
    names = "departments"

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"type": "string", "pattern": "^dep[0-9A-Za-z]{14}$"}

    def accept(self, value: Value, options: Options) -> Value:
        if not isinstance(value, str) or not value.startswith("dep"):
            raise InvalidValue(_("must be a department of this workspace"))
        return value

    def input(self, options: Options) -> Input:
        return Input(self.name, offers=self.names)
