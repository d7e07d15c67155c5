"""Yes or no."""

from __future__ import annotations

from typing import Any

from engine.field_types import FieldType, InvalidValue, Options, Value
from engine.text import _

YES = {"1", "true", "yes", "y", "on", "x", "✓", "✔", "☑", "是", "有"}
NO = {"0", "false", "no", "n", "off", "-", "否", "无"}


class Checkbox(FieldType):
    label = _("Checkbox")
    icon = "checkbox"
    holds = "boolean"
    groups = True
    can_be_unique = False

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"type": "boolean"}

    def accept(self, value: Value, options: Options) -> Value:
        if not isinstance(value, bool):
            raise InvalidValue(_("must be ticked or not"))
        return value

    def read(self, text: str, options: Options) -> Value:
        word = text.strip().casefold()
        if word not in YES | NO:
            raise InvalidValue(_("must be yes or no"))
        return word in YES

    def display(self, value: Value, options: Options, language: str) -> str:
        return "✓" if value else ""

    def typed(self, value: Value, options: Options) -> str:
        return "yes" if value else "no"

    def empty(self) -> Value:
        return False
