"""What dates as texts mean, in English, and texts as dates."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable

from tests.engine.formulas.plain.dates import Wall, zone_of
from tests.engine.formulas.plain.meaning import Call, Failed, Unknown, instant_at, means, moment_in, wall_of

_MONTH_NAMES = "January February March April May June July August September October November December".split()
_DAY_NAMES = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split()


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _saturday(wall: Wall) -> datetime.date:
    """The last day of the week, which says what year the week belongs to."""
    return wall.date() + datetime.timedelta(days=6 - wall.isoweekday() % 7)


def _week(wall: Wall) -> int:
    return (_saturday(wall).timetuple().tm_yday - 1) // 7 + 1


TOKENS: dict[str, Callable[[Wall], str]] = {
    "YYYY": lambda wall: f"{wall.year:04}",
    "YY": lambda wall: f"{wall.year % 100:02}",
    "Q": lambda wall: str((wall.month + 2) // 3),
    "Qo": lambda wall: _ordinal((wall.month + 2) // 3),
    "M": lambda wall: str(wall.month),
    "Mo": lambda wall: _ordinal(wall.month),
    "MM": lambda wall: f"{wall.month:02}",
    "MMM": lambda wall: _MONTH_NAMES[wall.month - 1][:3],
    "MMMM": lambda wall: _MONTH_NAMES[wall.month - 1],
    "D": lambda wall: str(wall.day),
    "Do": lambda wall: _ordinal(wall.day),
    "DD": lambda wall: f"{wall.day:02}",
    "DDD": lambda wall: str(wall.timetuple().tm_yday),
    "DDDo": lambda wall: _ordinal(wall.timetuple().tm_yday),
    "DDDD": lambda wall: f"{wall.timetuple().tm_yday:03}",
    "d": lambda wall: str(wall.isoweekday() % 7),
    "do": lambda wall: _ordinal(wall.isoweekday() % 7),
    "dd": lambda wall: _DAY_NAMES[wall.isoweekday() % 7][:2],
    "ddd": lambda wall: _DAY_NAMES[wall.isoweekday() % 7][:3],
    "dddd": lambda wall: _DAY_NAMES[wall.isoweekday() % 7],
    "e": lambda wall: str(wall.isoweekday() % 7),
    "E": lambda wall: str(wall.isoweekday()),
    "w": lambda wall: str(_week(wall)),
    "wo": lambda wall: _ordinal(_week(wall)),
    "ww": lambda wall: f"{_week(wall):02}",
    "W": lambda wall: str(wall.isocalendar().week),
    "Wo": lambda wall: _ordinal(wall.isocalendar().week),
    "WW": lambda wall: f"{wall.isocalendar().week:02}",
    "gggg": lambda wall: f"{_saturday(wall).year:04}",
    "gg": lambda wall: f"{_saturday(wall).year % 100:02}",
    "GGGG": lambda wall: f"{wall.isocalendar().year:04}",
    "GG": lambda wall: f"{wall.isocalendar().year % 100:02}",
    "H": lambda wall: str(wall.hour),
    "HH": lambda wall: f"{wall.hour:02}",
    "h": lambda wall: str(wall.hour % 12 or 12),
    "hh": lambda wall: f"{wall.hour % 12 or 12:02}",
    "k": lambda wall: str(wall.hour or 24),
    "kk": lambda wall: f"{wall.hour or 24:02}",
    "m": lambda wall: str(wall.minute),
    "mm": lambda wall: f"{wall.minute:02}",
    "s": lambda wall: str(wall.second),
    "ss": lambda wall: f"{wall.second:02}",
    "S": lambda wall: f"{wall.microsecond // 1000:03}"[:1],
    "SS": lambda wall: f"{wall.microsecond // 1000:03}"[:2],
    "SSS": lambda wall: f"{wall.microsecond // 1000:03}",
    "A": lambda wall: "AM" if wall.hour < 12 else "PM",
    "a": lambda wall: "am" if wall.hour < 12 else "pm",
}
INSTANT_TOKENS = ("X", "x", "Z", "ZZ")


def _of_instant(token: str, wall: Wall, moment: Wall) -> str:
    if token in {"X", "x"}:
        since = (moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)) // datetime.timedelta(milliseconds=1)
        return str(since // 1000 if token == "X" else since)
    seconds = (wall - moment.replace(tzinfo=None)).total_seconds()
    if seconds % 60:
        raise Unknown  # the sun's own time, before there were zones
    minutes = abs(int(seconds)) // 60
    colon = ":" if token == "Z" else ""
    return f"{'-' if seconds < 0 else '+'}{minutes // 60:02}{colon}{minutes % 60:02}"


@means("DATETIME_FORMAT")
def _formatted(call: Call) -> str | None:
    """Formats of tokens with spaces, signs or a T between them."""
    date, *pattern = call.values
    if date is None:
        return None
    if call.given[0].type.locale not in {"", "en"}:
        raise Unknown
    zone = zone_of(call)
    wall = wall_of(date, zone)
    moment = date if isinstance(date, Wall) else instant_at(wall, call.world.zone)
    longest_first = sorted([*TOKENS, *INSTANT_TOKENS], key=len, reverse=True)
    written = pattern[0] if pattern else "YYYY-MM-DDTHH:mm:ssZ"
    return re.sub("|".join(longest_first), lambda found: _token(found[0], wall, moment), written)


def _token(token: str, wall: Wall, moment: Wall) -> str:
    return _of_instant(token, wall, moment) if token in INSTANT_TOKENS else TOKENS[token](wall)


_PARSED = {"YYYY-MM-DD HH:mm": "%Y-%m-%d %H:%M", "D/M/YYYY": "%d/%m/%Y", "MMMM D YYYY": "%B %d %Y"}
PARSED_FORMATS = tuple(_PARSED)


@means("DATETIME_PARSE")
def _parsed(call: Call) -> Wall | None:
    """What is written exactly in the format; the engine also reads what is nearly so."""
    text, *pattern = call.filled
    if not text:
        return None
    try:
        if not pattern:
            return moment_in(text, call.world)
        return instant_at(datetime.datetime.strptime(text, _PARSED[pattern[0]]), call.world.zone)  # noqa: DTZ007
    except (ValueError, Failed):
        raise Unknown from None
