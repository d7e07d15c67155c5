"""A number that counts up: the engine draws the next one when a record is made, and never the same again."""

from __future__ import annotations

from typing import Any

from engine.field_types import Options, Value
from engine.field_types._drawn import Drawn
from engine.numbers import accept_number, read_number
from engine.text import _


class Autonumber(Drawn):
    label = _("Autonumber")
    icon = "number-123"
    holds = "number"
    options = {
        "start": {
            "type": "integer",
            "minimum": 1,
            "maximum": 10**12,
            "description": "The first number; 1 if not said.",
        },
    }

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"type": "integer", "minimum": 1}

    def accept(self, value: Value, options: Options) -> Value:
        return accept_number(value, 0, 1)

    def read(self, text: str, options: Options) -> Value:
        return self.accept(read_number(text), options)
