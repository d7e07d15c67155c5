"""Dates and times as people and programs write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from engine.importers._unreadable import Unreadable, shortened
from engine.text import _

DATE_ORDERS = ("ymd", "dmy", "mdy")

_LONGEST = 60  # characters; "Wednesday, 30th September 2026, 11:59:59.123456 p.m. +0530" has 57
_MONTHS = {
    name[:length]: number
    for number, name in enumerate(
        ("january february march april may june july august september october november december").split(), 1
    )
    for length in range(3, len(name) + 1)
}
_YEAR_FIRST = re.compile(r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|\s?年\s?(\d{1,2})\s?月\s?(\d{1,2})\s?日?)")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)")
_NUMERIC = re.compile(r"(\d{1,2})([-/. ])\s?(\d{1,2})\2\s?(\d{4}|\d\d)")
_DAY_MONTH = re.compile(
    r"(?:[a-z]{3,9},? )?(\d{1,2})(?:st|nd|rd|th)?[-. /]*([a-z]{3,9})[-., /]*(\d{4}|\d\d)", re.IGNORECASE
)
_MONTH_DAY = re.compile(r"(?:[a-z]{3,9},? )?([a-z]{3,9})[-. ]+(\d{1,2})(?:st|nd|rd|th)?,? *-?(\d{4})", re.IGNORECASE)
_TIME = re.compile(
    r"(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*([ap]\.?m\.?)?\s*(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?", re.IGNORECASE
)
_DATE_AND_TIME = re.compile(r"(.{6,}?)(?:[T,]\s*|\s+)(\d{1,2}:.*)")


def read_date(text: str, order: str) -> str:
    """`YYYY-MM-DD`. A time is accepted only if it is midnight, since it would be lost. Raises Unreadable."""
    day, clock = _parted(text)
    if clock and (clock[0] or clock[1] is not None):
        raise Unreadable(_("{text} has a time, which a date would lose.", text=shortened(text)))
    return _day(day, text, order).isoformat()


def read_date_time(text: str, order: str, zone: str) -> str:
    """`YYYY-MM-DDTHH:MM:SS.mmmZ`; a date alone is its midnight in `zone`. Raises Unreadable."""
    day, clock = _parted(text)
    since_midnight, offset = clock or (timedelta(0), None)
    try:
        local = datetime.combine(_day(day, text, order), datetime.min.time()) + since_midnight
        instant = local.replace(tzinfo=timezone(offset) if offset is not None else ZoneInfo(zone)).astimezone(UTC)
    except OverflowError:
        raise Unreadable(_("{text} is out of the calendar's range.", text=shortened(text))) from None
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03d}Z".rjust(24, "0")


def year_is_short(text: str) -> bool:
    """Whether the century had to be guessed (`01/02/26`)."""
    match = _NUMERIC.fullmatch(_parted_text(text)[0])
    return bool(match and len(match[4]) == 2)


def is_compact(text: str) -> bool:
    """Whether it is eight digits (`20260131`), which is as likely a number."""
    return bool(_COMPACT.fullmatch(text))


def _parted_text(text: str) -> tuple[str, str]:
    match = _DATE_AND_TIME.fullmatch(text) if len(text) <= _LONGEST else None
    return (match[1], match[2]) if match else (text, "")


def _parted(text: str) -> tuple[str, tuple[timedelta, timedelta | None] | None]:
    """The date's text; and the time since midnight with its offset from UTC, if there is a time."""
    day, clock = _parted_text(text)
    if not clock:
        return day, None
    match = _TIME.fullmatch(clock)
    if not match:
        raise Unreadable(_("{text} is no date and time.", text=shortened(text)))
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if match[5]:
        if not 1 <= hour <= 12:
            raise Unreadable(_("There is no such time: {text}.", text=shortened(text)))
        hour = hour % 12 + (12 if match[5][0] in "pP" else 0)
    if hour > 23 or minute > 59 or second > 59:
        raise Unreadable(_("There is no such time: {text}.", text=shortened(text)))
    fraction = int((match[4] or "0").ljust(3, "0")[:3])
    return day, (timedelta(hours=hour, minutes=minute, seconds=second, milliseconds=fraction), _offset(match[6]))


def _offset(text: str | None) -> timedelta | None:
    if not text:
        return None
    if text[0] not in "+-":
        return timedelta(0)
    minutes = int(text[1:3]) * 60 + int(text[-2:] if len(text) > 3 else 0)
    return timedelta(minutes=min(minutes, 1439) * (1 if text[0] == "+" else -1))


def _day(text: str, whole: str, order: str) -> date:
    parts = _year_month_day(text, order)
    if parts is None:
        raise Unreadable(_("{text} is no date.", text=shortened(whole)))
    try:
        return date(*parts)
    except ValueError:
        raise Unreadable(_("There is no such day: {text}.", text=shortened(whole))) from None


def _year_month_day(text: str, order: str) -> tuple[int, int, int] | None:
    if match := _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text):
        year, month, day = [int(group) for group in match.groups() if group and group.isdigit()]
        return year, month, day
    if match := _NUMERIC.fullmatch(text):
        first, second, last = int(match[1]), int(match[3]), match[4]
        if order == "ymd":
            return (_century(match[1]), second, int(last)) if len(last) == 2 else None
        return _century(last), *((second, first) if order == "dmy" else (first, second))
    if match := _DAY_MONTH.fullmatch(text):
        month_name, day_text, year_text = match[2], match[1], match[3]
    elif match := _MONTH_DAY.fullmatch(text):
        month_name, day_text, year_text = match[1], match[2], match[3]
    else:
        return None
    named = _MONTHS.get(month_name.lower())
    return (_century(year_text), named, int(day_text)) if named else None


def _century(year: str) -> int:
    """Two digits as POSIX reads them: 69 to 99 are of the last century."""
    number = int(year)
    return number if len(year) == 4 else number + (1900 if number >= 69 else 2000)
