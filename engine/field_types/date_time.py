"""An instant: a day and a time, stored in UTC, shown in the workspace's time zone."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from babel.dates import format_datetime

from engine.field_types import FieldType, Input, InvalidValue, Options, Value
from engine.text import Text, _


class DateTime(FieldType):
    label = _("Date and time")
    icon = "clock"
    holds = "date_time"
    options = {
        "time_zone": {
            "type": "string",
            "maxLength": 40,
            "description": "Such as `Asia/Shanghai`: where its clock stands. The workspace's time zone if not said.",
        }
    }

    def problems(self, options: Options, fields: Collection[str]) -> Iterator[tuple[str, Text]]:
        if "time_zone" in options and options["time_zone"] not in available_timezones():
            yield "time_zone", _("There is no time zone {zone}.", zone=options["time_zone"])

    def input(self, options: Options) -> Input:
        return Input("date_time", attributes={key: options[key] for key in ("time_zone",) if key in options})

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}

    def accept(self, value: Value, options: Options) -> Value:
        if not isinstance(value, str):
            raise InvalidValue(_("must be a date and time such as 2026-03-31T14:30:00Z"))
        return self.read(value, options)

    def read(self, text: str, options: Options) -> Value:
        try:
            instant = datetime.datetime.fromisoformat(text.strip().replace("/", "-"))
        except ValueError as error:
            raise InvalidValue(_("must be a date and time such as 2026-03-31 14:30")) from error
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=ZoneInfo(options.get("time_zone", "UTC")))
        try:
            utc = instant.astimezone(datetime.UTC)
        except (OverflowError, ValueError) as error:
            raise InvalidValue(_("is no day of the calendar")) from error
        return utc.strftime("%Y-%m-%dT%H:%M:%S.").rjust(20, "0") + f"{utc.microsecond // 1000:03d}Z"

    def in_words(self, value: Value, options: Options, language: str) -> str:
        there = datetime.datetime.fromisoformat(value).astimezone(ZoneInfo(options.get("time_zone", "UTC")))
        return f"{there:%Y-%m-%d %H:%M:%S}".rjust(19, "0").removesuffix(":00")

    def display(self, value: Value, options: Options, language: str) -> str:
        instant = datetime.datetime.fromisoformat(value)
        zone = ZoneInfo(options.get("time_zone", "UTC"))
        return format_datetime(instant, "medium", tzinfo=zone, locale=language.replace("-", "_"))
