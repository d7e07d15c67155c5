"""A time of day as clocks on the wall show it, without a day and without a time zone."""

from __future__ import annotations

import datetime
import re
from typing import Any

from babel.dates import format_time

from engine.field_types import FieldType, Input, InvalidValue, Options, Value
from engine.text import _

_WRITTEN = re.compile(
    r"(?P<half>上午|下午)?\s*(?P<hour>\d{1,2})(?:[:.h时点](?P<minute>\d{2})?(?:[:.分](?P<second>\d{2})?秒?)?)?"
    r"\s*(?P<after>[ap]\.?m\.?)?",
    re.IGNORECASE,
)


class Time(FieldType):
    label = _("Time of day")
    icon = "clock-hour-4"
    holds = "time"
    options = {
        "seconds": {"type": "boolean", "description": "Whether seconds are shown and asked for; they are always kept."},
    }

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"}

    def accept(self, value: Value, options: Options) -> Value:
        if not isinstance(value, str):
            raise InvalidValue(_("must be a time such as 14:30"))
        return self.read(value, options)

    def read(self, text: str, options: Options) -> Value:
        found = _WRITTEN.fullmatch(text.strip())
        if found is None or not (found["minute"] or found["after"] or found["half"] or ":" in text):
            raise InvalidValue(_("must be a time such as 14:30"))
        hour, afternoon = int(found["hour"]), _afternoon(found)
        if afternoon is not None and not 1 <= hour <= 12:
            raise InvalidValue(_("is no time of the day"))
        if afternoon is not None:
            hour = hour % 12 + (12 if afternoon else 0)
        try:
            return datetime.time(hour, int(found["minute"] or 0), int(found["second"] or 0)).isoformat()
        except ValueError as error:
            raise InvalidValue(_("is no time of the day")) from error

    def typed(self, value: Value, options: Options) -> str:
        return str(value) if options.get("seconds") else str(value)[:5]

    def display(self, value: Value, options: Options, language: str) -> str:
        length = "medium" if options.get("seconds") else "short"
        shown = format_time(datetime.time.fromisoformat(value), length, locale=language.replace("-", "_"))
        return str(shown).replace("\u202f", "\u00a0")

    def input(self, options: Options) -> Input:
        return Input("time", attributes={"seconds": bool(options.get("seconds"))})


def _afternoon(found: re.Match[str]) -> bool | None:
    if found["half"]:
        return found["half"] == "下午"
    return found["after"].lower().startswith("p") if found["after"] else None
