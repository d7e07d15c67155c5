"""How far something is: a share from 0 to 1, shown as a bar, typed in percent."""

from __future__ import annotations

from typing import Any

from engine.field_types import InvalidValue, Options, Value
from engine.field_types.percent import Percent
from engine.text import _


class Progress(Percent):
    label = _("Progress")
    icon = "progress"

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"type": "number", "minimum": 0, "maximum": 1}

    def accept(self, value: Value, options: Options) -> Value:
        share = super().accept(value, options)
        if not 0 <= share <= 1:
            raise InvalidValue(_("must be from 0 to 1, which is 0 % to 100 %"))
        return share
