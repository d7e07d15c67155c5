"""Values as the reader writes them: numbers, money, dates, spans of time, sizes, initials."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_interval, format_skeleton, format_timedelta
from babel.numbers import get_currency_symbol

from engine.field_types import field_types
from engine.numbers import format_money, format_number, format_percent
from web.reader import reader

COLORS = ("blue", "azure", "indigo", "purple", "pink", "red", "orange", "yellow", "green", "teal")

MOST_DECIMALS = 4  # shown where nobody said how many

# Formatting costs 20-60 microseconds and a grid shows the same values again and again.
_number = lru_cache(maxsize=20_000)(format_number)
_money = lru_cache(maxsize=20_000)(format_money)
_percent = lru_cache(maxsize=5_000)(format_percent)


def number(value: float, decimals: int | None = None, separators: bool = True) -> str:
    """`1,234.50`; without `decimals` as many as the value has, without `separators` `1234.50`."""
    if decimals is None:
        value = round(value, MOST_DECIMALS)
        decimals = 0 if value == int(value) else len(f"{Decimal(repr(value)):f}".partition(".")[2])
    return _number(value, decimals, reader().language, separators)


def money(value: float, currency: str, decimals: int = 2) -> str:
    """`$1,234.50`."""
    return _money(value, currency, decimals, reader().language)


def percent(value: float, decimals: int = 0) -> str:
    """`12.5%` for 0.125."""
    return _percent(value, decimals, reader().language)


@lru_cache(maxsize=500)
def _symbol(currency: str, language: str) -> str:
    return str(get_currency_symbol(currency, locale=language))


def currency_symbol(currency: str) -> str:
    """`$` for USD, the code where there is no sign."""
    return _symbol(currency, reader().language)


def day(value: str) -> str:
    """`2026-11-21` as `Nov 21, 2026`."""
    return _day(value, reader().language)


@lru_cache(maxsize=20_000)
def _day(value: str, language: str) -> str:
    return str(format_date(date.fromisoformat(value), "medium", locale=language))


def day_name(value: str) -> str:
    """`2026-11-21` as `Saturday, November 21, 2026`."""
    return str(format_date(date.fromisoformat(value), "full", locale=reader().language))


def weekday(value: str) -> str:
    """`2026-11-21` as `Sat`."""
    return str(format_date(date.fromisoformat(value), "ccc", locale=reader().language))


def month_name(value: str) -> str:
    """`2026-11-21` as `November 2026`."""
    return str(format_skeleton("yMMMM", date.fromisoformat(value), locale=reader().language))


def day_to_day(first: str, last: str) -> str:
    """`2026-11-15` to `2026-11-21` as `Nov 15 – 21, 2026`."""
    ends = date.fromisoformat(first), date.fromisoformat(last)
    return str(format_interval(*ends, skeleton="yMMMd", locale=reader().language))


def day_time(value: str, seconds: bool = False) -> str:
    """`14:30:00` as `2:30 PM`."""
    return field_types["time"].display(value, {"seconds": seconds}, reader().language)


def moment(value: str, time_zone: str | None = None) -> str:
    """`2026-11-21T09:30:00.000Z` as `Nov 21, 2026, 9:30 AM` in the time zone, or in the workspace's."""
    return _moment(value, time_zone or reader().time_zone, reader().language)


@lru_cache(maxsize=20_000)
def _moment(value: str, time_zone: str, language: str) -> str:
    local = datetime.fromisoformat(value).astimezone(ZoneInfo(time_zone))
    shown = format_datetime(local, _without_seconds(language), locale=language)
    return str(shown).replace("\u202f", "\u00a0")


@lru_cache(maxsize=50)
def _without_seconds(language: str) -> str:
    locale = Locale.parse(language)
    joined = str(locale.datetime_formats["medium"])
    return joined.replace("{1}", locale.date_formats["medium"].pattern).replace(
        "{0}", locale.time_formats["short"].pattern
    )


def local_input(value: str, time_zone: str | None = None) -> str:
    """A stored moment as `<input type=datetime-local>` wants it, in the time zone, or in the workspace's."""
    local = datetime.fromisoformat(value).astimezone(ZoneInfo(time_zone or reader().time_zone))
    return local.strftime("%Y-%m-%dT%H:%M")


def ago(value: str, now: datetime | None = None) -> str:
    """A day or a moment as `in 3 days`, `2 hours ago`."""
    now = now or datetime.now(UTC)
    language = reader().language
    if len(value) == 10:
        today = now.astimezone(ZoneInfo(reader().time_zone)).date()
        days = (date.fromisoformat(value) - today).days
        return str(format_timedelta(timedelta(days=days), granularity="day", add_direction=True, locale=language))
    span = datetime.fromisoformat(value) - now
    return str(format_timedelta(span, add_direction=True, locale=language))


def size(count: int) -> str:
    """`1.4 MB` for so many bytes."""
    for limit, unit in ((1_000, "B"), (1_000_000, "kB"), (1_000_000_000, "MB")):
        if count < limit:
            return f"{number(round(count * 1000 / limit, 1) if unit != 'B' else count)}\u00a0{unit}"
    return f"{number(round(count / 1_000_000_000, 1))}\u00a0GB"


def took(milliseconds: int) -> str:
    """`84 ms`, `1.2 s`, `3 min`: how long something took."""
    if milliseconds < 1_000:
        return f"{number(milliseconds)}\u00a0ms"
    if milliseconds < 60_000:
        return f"{number(round(milliseconds / 1000, 1))}\u00a0s"
    return f"{number(round(milliseconds / 60_000))}\u00a0min"


def pretty(value: Any) -> str:
    """A JSON value over several lines."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def initials(name: str) -> str:
    """`AK` for Anna Karenina, `王` for 王小明."""
    words = name.replace(".", " ").split()
    if not words:
        return "?"
    if not words[0][0].isascii() and words[0][0].isalpha() and words[0][0].lower() == words[0][0].upper():
        return words[0][0]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


@lru_cache(maxsize=5_000)
def color_for(text: str) -> str:
    """One of the ten colours, always the same for the same text."""
    return COLORS[hashlib.sha256(text.encode()).digest()[0] % len(COLORS)]


_BROWSERS = (("Firefox/", "Firefox"), ("Edg/", "Edge"), ("OPR/", "Opera"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")


def browser_name(agent: str) -> str:
    """`Chrome, Linux` for what a browser says of itself; what is no browser (a program) is named as it is."""
    browser = next((name for word, name in _BROWSERS if word in agent), "")
    system = next((word for word in _SYSTEMS if word in agent), "")
    return ", ".join(filter(None, (browser, system))) or agent
