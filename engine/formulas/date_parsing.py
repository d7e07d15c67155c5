"""Reading dates out of texts by a format.

A format becomes one regular expression with a group for each part, the same for both databases. SQLite hands
text and plan to Python; PostgreSQL puts the groups together itself.
"""

from __future__ import annotations

import datetime
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from babel import Locale
from babel.dates import get_month_names

from engine.formulas import dates
from engine.formulas.conversions import instant_at, instant_text
from engine.formulas.date_tokens import TOKEN, long_pattern
from engine.formulas.dialects import TEXT, Element, dialects

if TYPE_CHECKING:
    from engine.formulas.compile import Compiling

_READABLE = {
    "YYYY": ("year", "([0-9]{4})"),
    "YY": ("short_year", "([0-9]{2})"),
    "MM": ("month", "([0-9]{1,2})"),
    "M": ("month", "([0-9]{1,2})"),
    "DD": ("day", "([0-9]{1,2})"),
    "D": ("day", "([0-9]{1,2})"),
    "Do": ("day", "([0-9]{1,2})(?:st|nd|rd|th)?"),
    "HH": ("hour", "([0-9]{1,2})"),
    "H": ("hour", "([0-9]{1,2})"),
    "hh": ("hour", "([0-9]{1,2})"),
    "h": ("hour", "([0-9]{1,2})"),
    "mm": ("minute", "([0-9]{1,2})"),
    "m": ("minute", "([0-9]{1,2})"),
    "ss": ("second", "([0-9]{1,2})"),
    "s": ("second", "([0-9]{1,2})"),
    "SSS": ("fraction", "([0-9]{1,3})"),
    "SS": ("fraction", "([0-9]{1,3})"),
    "S": ("fraction", "([0-9]{1,3})"),
    "A": ("half", "([ap])m"),
    "a": ("half", "([ap])m"),
    "X": ("unix", "([0-9]{1,11})"),
    "Z": ("offset", "(z|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])"),
    "ZZ": ("offset", "(z|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])"),
}
_NAMES = {"MMMM": "wide", "MMM": "abbreviated"}


@dataclass(frozen=True)
class Plan:
    """The regular expression of a format, what its groups are in their order, and the names of the months in it."""

    pattern: str
    groups: tuple[str, ...]
    months: tuple[str, ...] = ()

    def at(self, group: str) -> int:
        """The number of a group, from 1; 0 if the format has none."""
        return self.groups.index(group) + 1 if group in self.groups else 0


def unknown_token(pattern: str) -> str:
    """A token of the format that says nothing that a date could be read from; empty if there is none."""
    for token in _tokens(pattern, "en"):
        letters = token[0].isalpha() and token.isascii()
        if letters and token not in _READABLE and token not in _NAMES and token not in {"T"}:
            return token
    return ""


def _tokens(pattern: str, locale: str) -> list[str]:
    found = []
    for token in TOKEN.findall(pattern):
        if token[0].lower() == "l":
            found += _tokens(long_pattern(token, locale), locale)
        else:
            found.append(token)
    return found


@lru_cache(maxsize=256)
def plan(pattern: str, locale: str) -> Plan:
    """The plan of a format."""
    parts: list[str] = []
    groups: list[str] = []
    months: tuple[str, ...] = ()
    for token in _tokens(pattern, locale):
        if token in _NAMES:
            names = get_month_names(_NAMES[token], locale=Locale.parse(locale.replace("-", "_")))  # type: ignore[arg-type]
            months = tuple(names[month].lower().rstrip(".") for month in range(1, 13))
            groups.append("name")
            # The longest first: "November" begins like "Nov".
            parts.append("(" + "|".join(sorted(map(_escaped, months), key=len, reverse=True)) + ")[.]?")
        elif token in _READABLE:
            group, text = _READABLE[token]
            groups.append(group)
            # "HH" where digits follow without a sign between takes exactly two.
            parts.append(text.replace("{1,2}", "{2}") if len(token) == 2 and token.isalpha() else text)
        else:
            fixed = token[1:-1] if token[0] == "[" and len(token) > 1 else token.removeprefix("\\")
            parts.append("[^0-9a-z]*" if not fixed.isalnum() else _escaped(fixed.lower()))
    return Plan("^[^0-9a-z]*" + "".join(parts) + "[^0-9a-z]*$", tuple(groups), months)


def _escaped(text: str) -> str:
    return re.sub(r"([^\w])", r"\\\1", text)


def parsed(c: Compiling, text: Element, found: Plan) -> Element:
    """The instant, NULL where the text does not fit the plan; mentions the text often."""
    encoded = json.dumps([found.pattern, found.groups, found.months])
    groups = c.once(dialects("NULL", "regexp_match(lower({0}), {1})", text, sa.literal(found.pattern, TEXT)))
    return c.once(
        dialects(
            f"parsed_time({{0}}, {{1}}, {dates.zone(c.time_zone)})",
            _postgresql(found, c.time_zone),
            text,
            sa.literal(encoded, TEXT),
            groups,
        )
    )


def _postgresql(found: Plan, time_zone: str) -> str:
    def number(group: str, otherwise: str) -> str:
        at = found.at(group)
        return f"CAST(({{2}})[{at}] AS INTEGER)" if at else otherwise

    if found.at("unix"):
        return f"to_timestamp(CAST(({{2}})[{found.at('unix')}] AS DOUBLE PRECISION))"
    year = number("year", "1970")
    if found.at("short_year"):
        short = number("short_year", "0")
        year = f"({short} + CASE WHEN {short} > 68 THEN 1900 ELSE 2000 END)"
    month = number("month", "1")
    if found.at("name"):
        names = ", ".join("'" + re.sub(r"[{}'%]", "", name) + "'" for name in found.months)
        month = f"array_position(ARRAY[{names}], ({{2}})[{found.at('name')}])"
    day, hour, minute, second = (
        number(one, "1" if one == "day" else "0") for one in ("day", "hour", "minute", "second")
    )
    if found.at("half"):
        hour = f"({hour} % 12 + CASE ({{2}})[{found.at('half')}] WHEN 'p' THEN 12 ELSE 0 END)"
    fraction = (
        f"CAST(rpad(({{2}})[{found.at('fraction')}], 3, '0') AS INTEGER) / 1000.0" if found.at("fraction") else "0"
    )
    last = f"EXTRACT(DAY FROM make_date({year}, {month}, 1) + INTERVAL '1 month' - INTERVAL '1 day')"
    good = (
        f"{{2}} IS NOT NULL AND {year} >= 1 AND {month} BETWEEN 1 AND 12 AND {hour} < 24 AND {minute} < 60"
        f" AND {second} < 60 AND {day} >= 1"
    )
    zone = dates.zone(time_zone)
    made = f"make_timestamp({year}, {month}, {day}, {hour}, {minute}, {second} + {fraction})"
    moment = f"{made} AT TIME ZONE {zone}"
    if found.at("offset"):
        offset = f"({{2}})[{found.at('offset')}]"
        minutes = (
            f"CAST(substr({offset}, 1, 3) AS INTEGER) * 60 + CAST(left({offset}, 1) || right({offset}, 2) AS INTEGER)"
        )
        ahead = f"CASE {offset} WHEN 'z' THEN INTERVAL '0' ELSE make_interval(mins => {minutes}) END"
        moment = f"({made} AT TIME ZONE 'UTC') - {ahead}"
    return f"CASE WHEN {good} THEN CASE WHEN {day} <= {last} THEN {moment} END END"


def read_time(text: str, encoded: str, zone: str) -> str | None:
    """The instant that `text` says by an encoded plan; None if it does not fit."""
    pattern, groups, months = json.loads(encoded)
    match = _compiled(pattern).fullmatch(text.lower())
    if match is None:
        return None
    said = dict(zip(groups, match.groups(), strict=True))
    try:
        if "unix" in said:
            return instant_text(datetime.datetime.fromtimestamp(int(said["unix"]), datetime.UTC))
        year = int(said.get("year", 1970))
        if "short_year" in said:
            year = int(said["short_year"])
            year += 1900 if year > 68 else 2000
        month = months.index(said["name"]) + 1 if "name" in said else int(said.get("month", 1))
        hour = int(said.get("hour", 0))
        if "half" in said:
            hour = hour % 12 + (12 if said["half"] == "p" else 0)
        microseconds = int(said.get("fraction", "0").ljust(3, "0")) * 1000
        wall = datetime.datetime(  # noqa: DTZ001 - the zone is the caller's
            year,
            month,
            int(said.get("day", 1)),
            hour,
            int(said.get("minute", 0)),
            int(said.get("second", 0)),
            microseconds,
        )
        if "offset" in said:
            return instant_text(
                datetime.datetime.fromisoformat(wall.isoformat() + said["offset"].upper()).astimezone(datetime.UTC)
            )
        return instant_at(wall, ZoneInfo(zone))
    except (ValueError, OverflowError):
        return None


_compiled = lru_cache(maxsize=256)(lambda pattern: re.compile(pattern, re.ASCII))
