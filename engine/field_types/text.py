"""One line of text."""

from __future__ import annotations

import re
from typing import Any

from engine.field_types import (
    FieldType,
    Input,
    InvalidValue,
    Options,
    Value,
    clean_text,
)
from engine.text import _

MAX_LENGTH = 10_000


class Text(FieldType):
    label = _("Text")
    icon = "letter-case"
    groups = True  # offices, series, industries are often typed, and few
    options = {
        "max_length": {"type": "integer", "minimum": 1, "maximum": MAX_LENGTH},
        "pattern": {"type": "string", "format": "regex", "maxLength": 200},
    }

    def value_schema(self, options: Options) -> dict[str, Any]:
        schema: dict[str, Any] = {
            "type": "string",
            "maxLength": options.get("max_length", MAX_LENGTH),
        }
        if "pattern" in options:
            schema["pattern"] = options["pattern"]
        return schema

    def accept(self, value: Value, options: Options) -> Value:
        if not isinstance(value, str):
            raise InvalidValue(_("must be a text"))
        text = clean_text(value)
        longest = options.get("max_length", MAX_LENGTH)
        if len(text) > longest:
            raise InvalidValue(
                _(
                    "may have at most {longest} characters, not {count}",
                    longest=longest,
                    count=len(text),
                )
            )
        if "pattern" in options and not re.search(options["pattern"], text):
            raise InvalidValue(_("does not have the form that is asked for"))
        return text

    def input(self, options: Options) -> Input:
        return Input("text", attributes={"maxlength": options.get("max_length", MAX_LENGTH)})
