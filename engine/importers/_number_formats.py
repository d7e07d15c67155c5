"""What a sheet keeps as a number and shows as something else: dates, times, durations, percentages."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

_BUILT_IN = {
    **dict.fromkeys((9, 10), "percent"),
    **dict.fromkeys((*range(14, 18), *range(27, 32), 36, *range(50, 55), 57, 58), "date"),
    **dict.fromkeys((*range(18, 22), 32, 33, 34, 35, 45, 47, 55, 56), "time"),
    22: "date_time",
    46: "duration",
}  # fmt: skip
_NO_PLACEHOLDER = re.compile(r'"[^"]*"|\\.|[_*].|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_NOON = re.compile(r"am/pm|a/p|上午/下午", re.IGNORECASE)
_AS_IT_IS = re.compile(r"-?[1-9]\d{0,14}|-?[1-9]\d{0,6}\.\d{0,7}[1-9]")  # most numbers need no arithmetic
_DIGITS = 15  # that a sheet keeps; what a computed fraction has beyond them is noise of binary numbers
_LAST_DAY = 2_958_466  # the day after 9999-12-31
_NO_DAY = 60  # 29 February 1900, which the first spreadsheets had and which there never was
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet knows no time zones
_EPOCH_1904 = datetime(1904, 1, 1)  # noqa: DTZ001


def kind_of_format(number: int, code: str | None) -> str:
    """`date`, `time`, `date_time`, `duration`, `percent`, or "" for a plain number."""
    if code is None:
        return _BUILT_IN.get(number, "")
    bare = _NO_PLACEHOLDER.sub("", code).partition(";")[0].lower()
    if "[" in bare:
        return "duration"
    parts = _NOON.sub("h", bare)
    day = "y" in parts or "d" in parts
    clock = "h" in parts or "s" in parts
    if day or clock:
        return "date_time" if day and clock else "date" if day else "time"
    if "%" in parts:
        return "percent"
    return "date" if "m" in parts else ""


def shown(written: str, kind: str, *, from_1904: bool) -> str:
    """The text of a number: plain, or ISO where it means a day or a time. What means no such thing stays a number."""
    if not kind and _AS_IT_IS.fullmatch(written):
        return written
    try:
        number = Decimal(written.strip())
    except InvalidOperation:
        return written
    if not number.is_finite() or abs(number.adjusted()) > 400:
        return written
    if kind == "percent":
        return f"{_plain(_exact(number) * 100)}%"
    if kind == "duration":
        return _duration(number)
    if kind:
        return _moment(number, kind, from_1904=from_1904) or _plain(_exact(number))
    return _plain(_exact(number))


def _exact(number: Decimal) -> Decimal:
    """Without the noise of computed fractions; a whole number keeps all its digits."""
    digits = len(number.as_tuple().digits)
    if digits <= _DIGITS or number == number.to_integral_value():
        return number
    return Decimal(f"{number:.{_DIGITS}g}")


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _duration(number: Decimal) -> str:
    whole, milliseconds = divmod(round(abs(number) * 86_400_000), 1000)
    fraction = f".{milliseconds:03d}" if milliseconds else ""
    return f"{'-' if number < 0 else ''}{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}{fraction}"


def _moment(number: Decimal, kind: str, *, from_1904: bool) -> str:
    """ "" where there is no such day."""
    milliseconds = round(number * 86_400_000)
    days, since_midnight = divmod(milliseconds, 86_400_000)
    clock = _clock(since_midnight)
    if days == 0 and not from_1904 and (kind == "time" or since_midnight):
        return clock
    if kind == "time" and days == 0:
        return clock
    if not (0 if from_1904 else 1) <= days < _LAST_DAY - (1462 if from_1904 else 0):
        return ""
    if not from_1904 and days == _NO_DAY:
        day = "1900-02-29"
    else:
        epoch = _EPOCH_1904 if from_1904 else _EPOCH
        day = f"{epoch + timedelta(days=days + (not from_1904 and days < _NO_DAY)):%Y-%m-%d}"
    return day if kind == "date" and not since_midnight else f"{day}T{clock}"


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{text}.{rest:03d}" if rest else text
