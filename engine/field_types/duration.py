"""How long something takes: a number of seconds, typed and shown as hours, minutes and seconds."""

from __future__ import annotations

import re
from typing import Any

from engine.field_types import FieldType, Input, InvalidValue, Options, Value
from engine.numbers import accept_number, read_number
from engine.text import _

FORMATS = ("h:mm", "h:mm:ss")
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_COLONS = re.compile(r"(-?)(\d+):([0-5]?\d)(?::([0-5]?\d))?")
_UNIT = re.compile(
    r"(\d+(?:[.,]\d+)?)\s*(days?|d|天|hours?|hrs?|h|小时|minutes?|mins?|min|m|分钟?|seconds?|secs?|s|秒)", re.I
)
_MEANS = {"天": "d", "小": "h", "分": "m", "秒": "s"}


class Duration(FieldType):
    label = _("Duration")
    icon = "hourglass"
    holds = "number"
    reading = "text"
    options = {
        "format": {
            "enum": list(FORMATS),
            "description": "`h:mm` (if not said) or `h:mm:ss`. In formulas a duration is a number of seconds.",
        },
    }

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"type": "integer", "description": "seconds"}

    def accept(self, value: Value, options: Options) -> Value:
        return accept_number(value, 0)

    def read(self, text: str, options: Options) -> Value:
        bare = text.strip().replace("−", "-")
        colons = _COLONS.fullmatch(bare)
        if colons is not None:
            return self.accept(_of_colons(colons, options), options)
        if re.fullmatch(rf"-?\s*(?:{_UNIT.pattern}\s*)+", bare, re.I):
            total = sum(
                float(one[1].replace(",", ".")) * _SECONDS[_MEANS.get(one[2][0], one[2][0].lower())]
                for one in _UNIT.finditer(bare)
            )
            return self.accept(-total if bare.startswith("-") else total, options)
        try:
            number = read_number(bare)
        except InvalidValue as error:
            raise InvalidValue(_("must be a duration such as 1:30 or 2h 15m")) from error
        # A bare number counts the smallest unit that is shown.
        return self.accept(number * (1 if _shows_seconds(options) else 60), options)

    def typed(self, value: Value, options: Options) -> str:
        return spelled(value, options)

    def in_file(self, value: Value, options: Options) -> str:
        return spelled(value, options)

    def display(self, value: Value, options: Options, language: str) -> str:
        return spelled(value, options)

    def input(self, options: Options) -> Input:
        return Input("duration", attributes={"format": options.get("format", FORMATS[0])})


def spelled(value: float, options: Options) -> str:
    """`5400` (seconds) as `1:30` or `1:30:00`; seconds that the format does not show are shown where there are any."""
    seconds = abs(int(value))
    hours, rest = divmod(seconds, 3_600)
    text = f"{hours}:{rest // 60:02d}"
    if _shows_seconds(options) or rest % 60:
        text += f":{rest % 60:02d}"
    return f"-{text}" if value < 0 else text


def _of_colons(match: re.Match[str], options: Options) -> int:
    first, second, third = int(match[2]), int(match[3]), match[4]
    if third is not None:
        seconds = first * 3_600 + second * 60 + int(third)
    elif _shows_seconds(options):
        seconds = first * 60 + second
    else:
        seconds = first * 3_600 + second * 60
    return -seconds if match[1] else seconds


def _shows_seconds(options: Options) -> bool:
    return str(options.get("format", FORMATS[0])).endswith(":ss")
