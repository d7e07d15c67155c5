"""A telephone number, kept as people write it."""

from __future__ import annotations

import re
from typing import Any

from engine.field_types import FieldType, InvalidValue, Options, Value, clean_text
from engine.text import _

_NUMBER = re.compile(r"\+?[\d\s().\-/]{3,30}(\s*(x|ext\.?|#)\s*\d{1,6})?", re.IGNORECASE)


class Phone(FieldType):
    label = _("Phone")
    icon = "phone"

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"type": "string", "maxLength": 40}

    def accept(self, value: Value, options: Options) -> Value:
        number = clean_text(value).strip() if isinstance(value, str) else ""
        if not _NUMBER.fullmatch(number) or sum(c.isdigit() for c in number) < 3:
            raise InvalidValue(_("must be a telephone number such as +49 30 1234567"))
        return number
