"""A share: stored as a fraction (0.1), shown and typed in percent (10 %)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.field_types import FieldType, Input, Options, Value
from engine.numbers import accept_number, format_percent, in_percent, plain, read_number
from engine.text import _


class Percent(FieldType):
    label = _("Percent")
    icon = "percentage"
    holds = "number"
    reading = "percent"
    options = {"decimals": {"type": "integer", "minimum": 0, "maximum": 8}}

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"type": "number"}

    def accept(self, value: Value, options: Options) -> Value:
        return accept_number(value, 10)

    def read(self, text: str, options: Options) -> Value:
        number = read_number(text.strip().removesuffix("%").strip())
        return self.accept(plain(Decimal(str(number)) / 100), options)

    def typed(self, value: Value, options: Options) -> str:
        return in_percent(value)

    def display(self, value: Value, options: Options, language: str) -> str:
        return format_percent(value, options.get("decimals", 0), language)

    def in_words(self, value: Value, options: Options, language: str) -> str:
        return f"{in_percent(value)}%"

    def input(self, options: Options) -> Input:
        return Input("percent", attributes={"decimals": options.get("decimals", 0)})
