"""The address of a page."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from engine.field_types import FieldType, InvalidValue, Options, Value, clean_text
from engine.text import _

_NAME_FIRST = re.compile(r"[\w-]+(\.[\w-]+)+([/:?#].*)?")


class Url(FieldType):
    label = _("URL")
    icon = "link"

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"type": "string", "format": "uri", "maxLength": 2048}

    def accept(self, value: Value, options: Options) -> Value:
        address = clean_text(value).strip() if isinstance(value, str) else ""
        if _NAME_FIRST.fullmatch(address):
            address = f"https://{address}"
        try:
            parts = urlsplit(address)
        except ValueError:
            parts = urlsplit("")
        # Only these schemes: a javascript: address would run in the reader's page.
        if parts.scheme not in {"http", "https"} or not parts.netloc or len(address) > 2048 or " " in address:
            raise InvalidValue(_("must be an address such as https://example.com"))
        return address
