"""What the field types have in common whose numbers the engine draws when a record is made."""

from __future__ import annotations

import datetime

from engine.field_types import FieldType, Options, Value


class Drawn(FieldType):
    drawn = True

    def period_of(self, options: Options, day: datetime.date) -> str:
        """The stretch of time in which numbers differ: a year, a month, or all time."""
        return ""

    def spelled(self, options: Options, number: int, day: datetime.date) -> Value:
        """The value that a number is on that day."""
        return number

    def parsed(self, options: Options, value: Value) -> tuple[str, int] | None:
        """The period and the number that a value is, None if it is another kind of value."""
        return "", int(value)
