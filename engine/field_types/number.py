"""A number with a fixed number of decimals."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from engine.field_types import FieldType, Input, Options, Value
from engine.numbers import accept_number, format_number, in_digits, problems_of_limits, read_number
from engine.text import Text, _


class Number(FieldType):
    label = _("Number")
    icon = "hash"
    holds = "number"
    options = {
        "decimals": {"type": "integer", "minimum": 0, "maximum": 10},
        "separators": {
            "type": "boolean",
            "description": "Whether thousands stand apart (they do if not said); years and codes are better without.",
        },
        "prefix": {"type": "string", "maxLength": 10},
        "suffix": {"type": "string", "maxLength": 10},
        "min": {"type": "number"},
        "max": {"type": "number"},
    }

    def problems(self, options: Options, fields: Collection[str]) -> Iterator[tuple[str, Text]]:
        yield from problems_of_limits(options)

    def value_schema(self, options: Options) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "number" if options.get("decimals", 0) else "integer"}
        if "min" in options:
            schema["minimum"] = options["min"]
        if "max" in options:
            schema["maximum"] = options["max"]
        return schema

    def accept(self, value: Value, options: Options) -> Value:
        return accept_number(value, options.get("decimals", 0), options.get("min"), options.get("max"))

    def read(self, text: str, options: Options) -> Value:
        bare = text.strip().removeprefix(options.get("prefix", "")).removesuffix(options.get("suffix", ""))
        return self.accept(read_number(bare), options)

    def display(self, value: Value, options: Options, language: str) -> str:
        number = format_number(value, options.get("decimals", 0), language, options.get("separators", True))
        return f"{options.get('prefix', '')}{number}{options.get('suffix', '')}"

    def typed(self, value: Value, options: Options) -> str:
        return in_digits(value)

    def input(self, options: Options) -> Input:
        shown = {key: options[key] for key in ("prefix", "suffix") if key in options}
        return Input("number", attributes={"decimals": options.get("decimals", 0), **shown})
