"""An amount of money in one currency."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from babel.numbers import is_currency

from engine.field_types import FieldType, Input, Options, Value
from engine.numbers import accept_number, format_money, in_digits, problems_of_limits, read_number
from engine.text import Text, _


class Currency(FieldType):
    label = _("Currency")
    icon = "coin"
    holds = "number"
    options = {
        "currency": {
            "type": "string",
            "pattern": "^[A-Z]{3}$",
            "description": "ISO 4217 code",
        },
        "decimals": {"type": "integer", "minimum": 0, "maximum": 10},
        "min": {"type": "number"},
        "max": {"type": "number"},
    }
    required_options = ("currency",)

    def problems(self, options: Options, fields: Collection[str]) -> Iterator[tuple[str, Text]]:
        yield from problems_of_limits(options)
        if not is_currency(options["currency"]):
            yield "currency", _("There is no currency {code}.", code=options["currency"])

    def value_schema(self, options: Options) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "number"}
        if "min" in options:
            schema["minimum"] = options["min"]
        if "max" in options:
            schema["maximum"] = options["max"]
        return schema

    def accept(self, value: Value, options: Options) -> Value:
        return accept_number(value, options.get("decimals", 2), options.get("min"), options.get("max"))

    def read(self, text: str, options: Options) -> Value:
        # People paste amounts with the sign or the code of the currency around them.
        bare = re.sub(r"^([\-−(]?)[^\d\-−.,(]+|[^\d.,)]+$", r"\1", text.strip())
        return self.accept(read_number(bare or text), options)

    def display(self, value: Value, options: Options, language: str) -> str:
        return format_money(value, options.get("currency", ""), options.get("decimals", 2), language)

    def typed(self, value: Value, options: Options) -> str:
        return in_digits(value)

    def in_words(self, value: Value, options: Options, language: str) -> str:
        return self.display(value, options, language)

    def input(self, options: Options) -> Input:
        return Input(
            "currency",
            attributes={
                "decimals": options.get("decimals", 2),
                "currency": options["currency"],
            },
        )
