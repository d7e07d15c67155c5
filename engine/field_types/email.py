"""An e-mail address."""

from __future__ import annotations

import re
from typing import Any

from engine.field_types import FieldType, InvalidValue, Options, Value, clean_text
from engine.text import _

# The address as people have it (RFC 5321 sizes), not every oddity that RFC 5322 allows.
_ADDRESS = re.compile(r"[^@\s<>\"(),:;]{1,64}@[^@\s<>\"(),:;.]+(\.[^@\s<>\"(),:;.]+)+")


class Email(FieldType):
    label = _("E-mail")
    icon = "mail"

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"type": "string", "format": "email", "maxLength": 254}

    def accept(self, value: Value, options: Options) -> Value:
        address = clean_text(value).strip() if isinstance(value, str) else ""
        if len(address) > 254 or not _ADDRESS.fullmatch(address):
            raise InvalidValue(_("must be an e-mail address such as name@example.com"))
        return address
