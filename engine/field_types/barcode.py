"""A text that is also drawn as a code to be scanned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.field_types import FieldType, Input, InvalidValue, Options, Value, clean_text
from engine.text import _

MAX_LENGTH = 500  # characters: a code of more could hardly be scanned


class Barcode(FieldType):
    label = _("Barcode")
    icon = "qrcode"

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"type": "string", "maxLength": MAX_LENGTH}

    def accept(self, value: Value, options: Options) -> Value:
        if isinstance(value, Mapping):  # as clients of the API know a code
            value = value.get("text")
        if not isinstance(value, str):
            raise InvalidValue(_("must be a text"))
        text = clean_text(value).strip()
        if len(text) > MAX_LENGTH:
            raise InvalidValue(
                _("may have at most {longest} characters, not {count}", longest=MAX_LENGTH, count=len(text))
            )
        return text

    def input(self, options: Options) -> Input:
        return Input("barcode", attributes={"max_length": MAX_LENGTH})
