"""The business calendar: which hours of the week are worked, and which days differ. Data of the workspace."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

Span = tuple[int, int]  # minutes of the day, from and until
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MINUTES_OF_DAY = 24 * 60
MOST_DAYS = 1_000  # days that differ
_SPAN = re.compile(r"(\d{1,2}):(\d\d)\s*[-–]\s*(\d{1,2}):(\d\d)")
_OFFICE: tuple[Span, ...] = ((9 * 60, 17 * 60),)


@dataclass(frozen=True)
class Calendar:
    """`hours` are the spans of each weekday, Monday first; `days` by ISO date those that differ (none: free)."""

    hours: tuple[tuple[Span, ...], ...] = (*([_OFFICE] * 5), (), ())
    days: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)

    @property
    def working(self) -> list[int]:
        """The weekdays that are worked, 1 for Monday."""
        return [number for number, spans in enumerate(self.hours, 1) if spans]

    @property
    def holidays(self) -> list[str]:
        """The days that would be worked, and are free."""
        return [day for day, spans in self.days.items() if not spans and self._weekday(day) in self.working]

    @property
    def extra(self) -> list[str]:
        """The days that would be free, and are worked."""
        return [day for day, spans in self.days.items() if spans and self._weekday(day) not in self.working]

    def with_holidays(self, days: list[str]) -> Calendar:
        """The same with more free days."""
        return Calendar(self.hours, {**self.days, **dict.fromkeys(days, ())}) if days else self

    def spans_of(self, day: str) -> tuple[Span, ...]:
        """When is worked on a day (`2026-12-31`)."""
        return self.days.get(day, self.hours[self._weekday(day) - 1])

    @staticmethod
    def _weekday(day: str) -> int:
        return datetime.date.fromisoformat(day).isoweekday()


ORDINARY = Calendar()


def read_spans(text: str) -> tuple[Span, ...] | None:
    """`09:00-12:00, 13:00-17:30` as spans in their order; None if it does not say that, or they overlap."""
    spans: list[Span] = []
    for part in [one.strip() for one in re.split("[,，;；]", text) if one.strip()]:
        match = _SPAN.fullmatch(part)
        if match is None:
            return None
        start, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
        in_order = (spans[-1][1] if spans else 0) <= start < end <= MINUTES_OF_DAY
        if not in_order or max(int(match[2]), int(match[4])) > 59:
            return None
        spans.append((start, end))
    return tuple(spans)


def shown_spans(spans: tuple[Span, ...]) -> str:
    """Spans as `read_spans` reads them."""
    return ", ".join(f"{a // 60:02d}:{a % 60:02d}-{b // 60:02d}:{b % 60:02d}" for a, b in spans)
