"""How far something is: a share from 0 to 1, shown as a bar, typed in percent."""

from __future__ import annotations

from typing import Any

from engine.field_types import Options, Value
from engine.field_types.percent import Percent
from engine.numbers import accept_number
from engine.text import _


class Progress(Percent):
    label = _("Progress")
    icon = "progress"

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"type": "number", "minimum": 0, "maximum": 1}

    def accept(self, value: Value, options: Options) -> Value:
        return accept_number(value, 10, 0, 1)
