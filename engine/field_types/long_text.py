"""Text of several lines."""

from __future__ import annotations

from typing import Any

from engine.field_types import FieldType, InvalidValue, Options, Value, clean_text
from engine.text import _

MAX_LENGTH = 100_000


class LongText(FieldType):
    label = _("Long text")
    icon = "align-left"
    can_be_unique = False  # too long for an index

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"type": "string", "maxLength": MAX_LENGTH}

    def accept(self, value: Value, options: Options) -> Value:
        if not isinstance(value, str):
            raise InvalidValue(_("must be a text"))
        text = clean_text(value.replace("\r\n", "\n"))
        if len(text) > MAX_LENGTH:
            raise InvalidValue(
                _(
                    "may have at most {longest} characters, not {count}",
                    longest=MAX_LENGTH,
                    count=len(text),
                )
            )
        return text
