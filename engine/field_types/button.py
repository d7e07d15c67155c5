"""A button that opens an address, which an expression makes of the record."""

from __future__ import annotations

from engine.field_types._computed import Computed
from engine.text import _


class Button(Computed):
    label = _("Button")
    icon = "hand-click"
    holds = "text"
    expressed_in = "url"
    options = {
        "url": {
            "type": "string",
            "minLength": 1,
            "maxLength": 32_768,
            "description": (
                'The address as an expression, such as `"https://example.com/?q=" & ENCODE_URL_COMPONENT({name})`.'
                " Where it gives no http, https, mailto or tel address there is no button."
            ),
        },
        "text": {"$ref": "#/$defs/label", "description": "What stands on the button; “Open” if not said."},
    }
    required_options = ("url",)
