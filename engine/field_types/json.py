"""Any JSON: what another program keeps here. Kept as it was given; tested by its text."""

from __future__ import annotations

import json
from typing import Any

from engine.errors import Refused
from engine.field_types import FieldType, Input, InvalidValue, Options, Value
from engine.json_text import read_json
from engine.text import _

MAX_LENGTH = 100_000  # characters, written without spaces that nothing needs


class Json(FieldType):
    label = _("JSON")
    icon = "braces"
    holds = "json"
    reading = "text"
    can_be_unique = False

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {}

    def accept(self, value: Value, options: Options) -> Value:
        try:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False)
            text.encode()
        except (ValueError, TypeError, RecursionError) as error:  # NaN, half a character, too deep
            raise InvalidValue(_("must be JSON")) from error
        if len(text) > MAX_LENGTH:
            raise InvalidValue(
                _("may have at most {longest} characters, not {count}", longest=MAX_LENGTH, count=len(text))
            )
        return value

    def read(self, text: str, options: Options) -> Value:
        try:
            value = read_json(text)
        except Refused as refused:
            raise InvalidValue(_("must be JSON ({problem})", problem=refused.problems[0].says)) from None
        return self.accept(value, options)

    def typed(self, value: Value, options: Options) -> str:
        return json.dumps(value, ensure_ascii=False, indent=2)

    def display(self, value: Value, options: Options, language: str) -> str:
        return json.dumps(value, ensure_ascii=False)

    def in_file(self, value: Value, options: Options) -> str:
        return self.display(value, options, "en")  # a text with its quotation marks, else it would be read as JSON

    def in_words(self, value: Value, options: Options, language: str) -> str:
        return self.display(value, options, language)

    def input(self, options: Options) -> Input:
        return Input("json")
