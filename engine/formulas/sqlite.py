"""What SQLite lacks, as Python functions: Unicode case, numbers in texts, time zones, patterns.

They are called once per record, so expressions use them only where SQL itself has nothing.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from engine.formulas.conversions import read_date, read_number


def register(connection: Any) -> None:
    """Teach a `sqlite3.Connection` the functions that expressions use."""
    for name, function in _FUNCTIONS.items():
        connection.create_function(name, function.__code__.co_argcount, _blank_stays(function), deterministic=True)


def _blank_stays(function: Callable[..., Any]) -> Callable[..., Any]:
    def of_values(*values: Any) -> Any:
        return None if None in values else function(*values)

    return of_values


def floor(number: float) -> int:
    # SQLAlchemy gives every SQLite connection a `floor` of its own, which fails on NULL.
    return math.floor(number)


def unicode_upper(text: str) -> str:
    return str(text).upper()


def unicode_lower(text: str) -> str:
    return str(text).lower()


def proper_case(text: str) -> str:
    return re.sub(r"[^\W_]+", lambda word: word[0][0].upper() + word[0][1:].lower(), str(text))


def replace_once(text: str, old: str, new: str, which: int) -> str:
    at = -len(old)
    for _time in range(which):
        at = text.find(old, at + len(old)) if old else -1
        if at < 0:
            return text
    return text[:at] + new + text[at + len(old) :]


def url_component(text: str) -> str:
    return quote(str(text), safe="-_.!~*'()")


def text_number(text: str) -> float | int | None:
    number = read_number(str(text))
    if number is None:
        return None
    number = round(number, 10)
    return int(number) if number == number.to_integral_value() else float(number)


def iso_instant(text: str) -> str | None:
    found = read_date(str(text))
    return f"{found}T00:00:00.000Z" if found is not None and len(found) == 10 else found


_zone = lru_cache(maxsize=64)(ZoneInfo)


def wall_time(instant: str, zone: str) -> str | None:
    try:
        there = datetime.datetime.fromisoformat(instant).astimezone(_zone(zone))
    except (ValueError, OverflowError):
        return None
    return f"{there.year:04d}-{there:%m-%dT%H:%M:%S}.{there.microsecond // 1000:03d}"


def instant_at(wall: str, zone: str) -> str | None:
    try:
        there = datetime.datetime.fromisoformat(wall).replace(tzinfo=_zone(zone))
        # As PostgreSQL does: before the gap in spring, the second of the two hours in autumn.
        offset = min(there.replace(fold=fold).utcoffset() or datetime.timedelta() for fold in (0, 1))
        instant = there.replace(tzinfo=None) - offset
    except (ValueError, OverflowError):
        return None
    return f"{instant.year:04d}-{instant:%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03d}Z"


def floor(number: float) -> int:
    """SQLAlchemy puts `math.floor` in the place of SQLite's own, and that one fails on NULL."""
    return math.floor(number)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        floor,
        unicode_upper,
        unicode_lower,
        proper_case,
        replace_once,
        url_component,
        text_number,
        iso_instant,
        wall_time,
        instant_at,
        floor,
    )
}
