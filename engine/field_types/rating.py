"""How good something is: some of a few stars."""

from __future__ import annotations

from typing import Any

from engine.field_types import FieldType, Input, Options, Value
from engine.numbers import accept_number, read_number
from engine.text import _

MOST = 5  # stars where nobody said how many
ICONS = ("star", "heart", "thumb-up", "flag", "bell")


class Rating(FieldType):
    label = _("Rating")
    icon = "star"
    holds = "number"
    options = {
        "max": {
            "type": "integer",
            "minimum": 1,
            "maximum": 10,
            "description": "How many stars there are; 5 if not said.",
        },
        "icon": {"enum": list(ICONS), "description": "What is drawn instead of stars."},
    }

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"type": "integer", "minimum": 1, "maximum": options.get("max", MOST)}

    def accept(self, value: Value, options: Options) -> Value:
        return accept_number(value, 0, 1, options.get("max", MOST))

    def read(self, text: str, options: Options) -> Value:
        stars = text.strip().count("★")
        return self.accept(stars or read_number(text), options)

    def display(self, value: Value, options: Options, language: str) -> str:
        return str(value)

    def input(self, options: Options) -> Input:
        return Input("rating", attributes={"max": options.get("max", MOST), "icon": options.get("icon", ICONS[0])})
