"""A day of the calendar, without a time."""

from __future__ import annotations

import datetime
import re
from typing import Any

from babel.dates import format_date

from engine.field_types import FieldType, InvalidValue, Options, Value
from engine.text import _

_ISO = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


class Date(FieldType):
    label = _("Date")
    icon = "calendar"
    holds = "date"

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"type": "string", "format": "date"}

    def accept(self, value: Value, options: Options) -> Value:
        if not isinstance(value, str) or len(value) != 10:
            raise InvalidValue(_("must be a date such as 2026-03-31"))
        return self.read(value, options)

    def read(self, text: str, options: Options) -> Value:
        found = _ISO.fullmatch(text.strip())
        if found is None:
            raise InvalidValue(_("must be a date such as 2026-03-31"))
        try:
            return datetime.date(int(found[1]), int(found[2]), int(found[3])).isoformat()
        except ValueError as error:
            raise InvalidValue(_("is no day of the calendar")) from error

    def display(self, value: Value, options: Options, language: str) -> str:
        return format_date(
            datetime.date.fromisoformat(value),
            "medium",
            locale=language.replace("-", "_"),
        )
