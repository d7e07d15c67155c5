"""A signature: drawn by hand, or the name that somebody typed instead.

The value is a text: the strokes as SVG path data in a box of 600 by 200, or the name. So it needs no file, stays sharp
at every size, and is kept by history and undo like any other value.
"""

from __future__ import annotations

import re
from typing import Any

from engine.field_types import FieldType, Input, InvalidValue, Options, Value, clean_text
from engine.text import _

WIDTH, HEIGHT = 600, 200
MAX_STROKES = 20_000  # characters of path data
MAX_NAME = 100
_STROKES = re.compile(r"(?:M\d{1,3} \d{1,3}(?:L\d{1,3} \d{1,3})+)+")
_POINT = re.compile(r"(\d+) (\d+)")


def is_drawn(value: object) -> bool:
    """Whether a signature was drawn and not typed."""
    if not isinstance(value, str) or len(value) > MAX_STROKES or not _STROKES.fullmatch(value):
        return False
    return all(int(x) <= WIDTH and int(y) <= HEIGHT for x, y in _POINT.findall(value))


class Signature(FieldType):
    label = _("Signature")
    icon = "signature"
    holds = "signature"
    can_be_unique = False

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"type": "string", "maxLength": MAX_STROKES}

    def accept(self, value: Value, options: Options) -> Value:
        if is_drawn(value):
            return value
        name = " ".join(clean_text(value).split()) if isinstance(value, str) else ""
        if not name or len(name) > MAX_NAME:
            raise InvalidValue(_("must be drawn, or a name of at most {most} characters", most=MAX_NAME))
        return name

    def display(self, value: Value, options: Options, language: str) -> str:
        return str(_("signed")) if is_drawn(value) else str(value)

    def input(self, options: Options) -> Input:
        return Input("signature", in_lines=False)
