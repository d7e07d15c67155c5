"""What SQLite lacks, as Python functions: Unicode case, numbers in texts, time zones, patterns.

They are called once per record, so expressions use them only where SQL itself has nothing.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from engine.formulas import conversions, sqlite_aggregates
from engine.formulas.conversions import instant_text, read_date, read_number
from engine.formulas.date_parsing import read_time
from engine.formulas.numerals import cny_text


def register(connection: Any) -> None:
    """Teach a `sqlite3.Connection` the functions that expressions use."""
    for name, function in _FUNCTIONS.items():
        connection.create_function(name, function.__code__.co_argcount, _blank_stays(function), deterministic=True)
    sqlite_aggregates.register(connection)


def _blank_stays(function: Callable[..., Any]) -> Callable[..., Any]:
    def of_values(*values: Any) -> Any:
        return None if None in values else function(*values)

    return of_values


def unicode_upper(text: str) -> str:
    return str(text).upper()


def unicode_lower(text: str) -> str:
    return str(text).lower()


def proper_case(text: str) -> str:
    return re.sub(r"[^\W_]+", lambda word: _with_capital(word[0]), str(text))


def _with_capital(word: str) -> str:
    """Lowered as a whole, since a sigma at the end has a form of its own; and "ß" begins a word as "Ss", not "SS"."""
    return word[0].title() + word.lower()[len(word[0].lower()) :]


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


def iso_instant(text: str, zone: str) -> str | None:
    found = read_date(str(text), _zone(zone))
    if found is not None and len(found) == 10:
        return instant_at(f"{found}T00:00:00", zone)
    return found


_zone = lru_cache(maxsize=64)(ZoneInfo)


def wall_time(instant: str, zone: str) -> str | None:
    try:
        there = datetime.datetime.fromisoformat(instant).astimezone(_zone(zone))
    except (ValueError, OverflowError):
        return None
    return instant_text(there).removesuffix("Z")


def instant_at(wall: str, zone: str) -> str | None:
    try:
        return conversions.instant_at(datetime.datetime.fromisoformat(wall), _zone(zone))
    except (ValueError, OverflowError):
        return None


_pattern = lru_cache(maxsize=512)(lambda pattern: re.compile(pattern, re.ASCII))


def regex_match(text: str, pattern: str) -> bool:
    return _pattern(pattern).search(text) is not None


def regex_extract(text: str, pattern: str) -> str | None:
    found = _pattern(pattern).search(text)
    return found and found[0]


def regex_replace(text: str, pattern: str, template: str) -> str:
    return _pattern(pattern).sub(_template(template), text)


@lru_cache(maxsize=512)
def _template(template: str) -> str:
    return re.sub(r"\\(.)", lambda found: r"\g<0>" if found[1] == "&" else found[0], template)


def digits_text(number: float, digits: int, grouped: int, least: int, most: int) -> str:
    whole, _point, decimals = f"{Decimal(str(number)):.{most}f}".partition(".")
    whole = whole.lstrip("0").rjust(digits, "0")
    if grouped:
        whole = re.sub(r"(?<=.)(?=(...)+$)", ",", whole)
    decimals = decimals.rstrip("0").ljust(least, "0")
    return f"{whole}.{decimals}" if decimals else whole or "0"


def great_number_text(number: float) -> str:
    return format(Decimal(f"{number:.15g}"), "f")


def cny_capitals(number: float) -> str | None:
    return cny_text(number) if abs(number) < 1e13 else None


def parsed_time(text: str, plan: str, zone: str) -> str | None:
    return read_time(text, plan, zone)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        unicode_upper,
        unicode_lower,
        proper_case,
        replace_once,
        url_component,
        text_number,
        iso_instant,
        wall_time,
        instant_at,
        parsed_time,
        digits_text,
        great_number_text,
        cny_capitals,
        regex_match,
        regex_extract,
        regex_replace,
    )
}
