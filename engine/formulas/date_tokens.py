"""Dates as texts in the tokens of Moment.js (`YYYY-MM-DD`, `MMMM Do`, `h:mm a`), as SQL.

A format is written in the formula, so it is cut into its tokens when the expression is compiled, and each
becomes a small piece of SQL over the wall time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from babel import Locale, UnknownLocaleError
from babel.dates import get_day_names, get_month_names, get_period_names

from engine.formulas import dates
from engine.formulas.dialects import TEXT, Element, dialects

TOKEN = re.compile(
    r"\[[^\[\]]*\]|\\.|MMMM|MMM|Mo|MM|M|DDDD|DDDo|DDD|Do|DD|D|dddd|ddd|dd|do|d|e|E|wo|ww|w|Wo|WW|W|Qo|Q|YYYY|YY|Y"
    r"|gggg|gg|GGGG|GG|a|A|hh|h|HH|H|kk|k|mm|m|ss|s|S{1,3}|x|X|ZZ|Z|z|LTS|LT|LLLL|LLL|LL|L|llll|lll|ll|l|.",
    re.DOTALL,
)
_HOURS = {"LT": "HH:mm", "LTS": "HH:mm:ss"}
_POINTS = {**_HOURS, "L": "DD.MM.YYYY", "LL": "D. MMMM YYYY", "ll": "D. MMM YYYY"}
_PLAIN_POINTS = {**_POINTS, "LL": "D MMMM YYYY", "ll": "D MMM YYYY"}
_IBERIAN = {**_HOURS, "L": "DD/MM/YYYY", "LL": "D [de] MMMM [de] YYYY", "ll": "D [de] MMM [de] YYYY"}
_HAN = {**_HOURS, "L": "YYYY/MM/DD", "LL": "YYYY年M月D日", "ll": "YYYY年M月D日"}
_OTHERS = {**_HOURS, "L": "DD/MM/YYYY", "LL": "D MMMM YYYY", "ll": "D MMM YYYY"}
_LONG: Mapping[str, Mapping[str, str]] = {
    "en": {"LT": "h:mm A", "LTS": "h:mm:ss A", "L": "MM/DD/YYYY", "LL": "MMMM D, YYYY", "ll": "MMM D, YYYY"},
    "en-gb": _OTHERS,
    "en-ie": _OTHERS,
    "en-nz": {**_OTHERS, "LT": "h:mm A", "LTS": "h:mm:ss A"},
    "en-au": {**_OTHERS, "LT": "h:mm A", "LTS": "h:mm:ss A"},
    "en-ca": {"LT": "h:mm A", "LTS": "h:mm:ss A", "L": "YYYY-MM-DD", "LL": "MMMM D, YYYY", "ll": "MMM D, YYYY"},
    "zh": _HAN,
    "ja": _HAN,
    "de": _POINTS,
    "da": _POINTS,
    "nb": _POINTS,
    "cs": _POINTS,
    "pl": _PLAIN_POINTS,
    "ru": _PLAIN_POINTS,
    "uk": _PLAIN_POINTS,
    "tr": _PLAIN_POINTS,
    "fi": _POINTS,
    "es": {**_IBERIAN, "LT": "H:mm", "LTS": "H:mm:ss"},
    "pt": _IBERIAN,
    "nl": {**_OTHERS, "L": "DD-MM-YYYY"},
    "sv": {**_OTHERS, "L": "YYYY-MM-DD"},
    "vi": {**_OTHERS, "LL": "D MMMM [năm] YYYY"},
    "ko": {"LT": "A h:mm", "LTS": "A h:mm:ss", "L": "YYYY.MM.DD.", "LL": "YYYY년 MMMM D일", "ll": "YYYY년 MMMM D일"},
    "": _OTHERS,
}
_THURSDAY = "date({0}, '-3 days', 'weekday 4')"  # of the same ISO week
_SATURDAY = "coalesce(date({0}, 'weekday 6'), '9999-12-31')"  # of the same week from Sunday
_PG_SATURDAY = (
    "LEAST(date_trunc('day', {0}) + make_interval(days => 6 - CAST(EXTRACT(DOW FROM {0}) AS INTEGER)),"
    " TIMESTAMP '9999-12-31')"
)


def _padded(code: str) -> str:
    return f"strftime('{code}', {{0}})"


def _plain(code: str) -> str:
    return f"CAST(CAST(strftime('{code}', {{0}}) AS INTEGER) AS TEXT)"


def _whole(text: str) -> str:
    return f"CAST(CAST({text} AS INTEGER) AS TEXT)"


# Token: its SQL on SQLite and on PostgreSQL.
_SIMPLE: Mapping[str, tuple[str, str]] = {
    "YYYY": (_padded("%Y"), "to_char({0}, 'YYYY')"),
    "YY": ("substr(strftime('%Y', {0}), 3, 2)", "to_char({0}, 'YY')"),
    "Y": (_plain("%Y"), "to_char({0}, 'FMYYYY')"),
    "Q": ("CAST((strftime('%m', {0}) + 2) / 3 AS TEXT)", "to_char({0}, 'Q')"),
    "MM": (_padded("%m"), "to_char({0}, 'MM')"),
    "M": (_plain("%m"), "to_char({0}, 'FMMM')"),
    "DD": (_padded("%d"), "to_char({0}, 'DD')"),
    "D": (_plain("%d"), "to_char({0}, 'FMDD')"),
    "DDDD": (_padded("%j"), "to_char({0}, 'DDD')"),
    "DDD": (_plain("%j"), "to_char({0}, 'FMDDD')"),
    "d": (_padded("%w"), "CAST(EXTRACT(DOW FROM {0}) AS TEXT)"),
    "e": (_padded("%w"), "CAST(EXTRACT(DOW FROM {0}) AS TEXT)"),
    "E": ("CAST((strftime('%w', {0}) + 6) % 7 + 1 AS TEXT)", "to_char({0}, 'ID')"),
    "HH": (_padded("%H"), "to_char({0}, 'HH24')"),
    "H": (_plain("%H"), "to_char({0}, 'FMHH24')"),
    "kk": (
        "printf('%02d', (strftime('%H', {0}) + 23) % 24 + 1)",
        "to_char((EXTRACT(HOUR FROM {0}) + 23) % 24 + 1, 'FM00')",
    ),
    "k": (
        _whole("(strftime('%H', {0}) + 23) % 24 + 1"),
        _whole("(EXTRACT(HOUR FROM {0}) + 23) % 24 + 1"),
    ),
    "hh": ("printf('%02d', (strftime('%H', {0}) + 11) % 12 + 1)", "to_char({0}, 'HH12')"),
    "h": (_whole("(strftime('%H', {0}) + 11) % 12 + 1"), "to_char({0}, 'FMHH12')"),
    "mm": (_padded("%M"), "to_char({0}, 'MI')"),
    "m": (_plain("%M"), "to_char({0}, 'FMMI')"),
    "ss": (_padded("%S"), "to_char({0}, 'SS')"),
    "s": (_plain("%S"), "to_char({0}, 'FMSS')"),
    "SSS": ("substr(strftime('%f', {0}), 4, 3)", "to_char({0}, 'MS')"),
    "SS": ("substr(strftime('%f', {0}), 4, 2)", "substr(to_char({0}, 'MS'), 1, 2)"),
    "S": ("substr(strftime('%f', {0}), 4, 1)", "substr(to_char({0}, 'MS'), 1, 1)"),
    "GGGG": (f"strftime('%Y', {_THURSDAY})", "to_char({0}, 'IYYY')"),
    "GG": (f"substr(strftime('%Y', {_THURSDAY}), 3, 2)", "to_char({0}, 'IY')"),
    "WW": (f"printf('%02d', (strftime('%j', {_THURSDAY}) - 1) / 7 + 1)", "to_char({0}, 'IW')"),
    "W": (_whole(f"(strftime('%j', {_THURSDAY}) - 1) / 7 + 1"), "to_char({0}, 'FMIW')"),
    "gggg": (f"strftime('%Y', {_SATURDAY})", f"to_char({_PG_SATURDAY}, 'YYYY')"),
    "gg": (f"substr(strftime('%Y', {_SATURDAY}), 3, 2)", f"to_char({_PG_SATURDAY}, 'YY')"),
    "ww": (f"printf('%02d', (strftime('%j', {_SATURDAY}) - 1) / 7 + 1)", f"to_char({_PG_SATURDAY}, 'WW')"),
    "w": (_whole(f"(strftime('%j', {_SATURDAY}) - 1) / 7 + 1"), f"to_char({_PG_SATURDAY}, 'FMWW')"),
}
_ORDINALS = {"Do": "D", "Mo": "M", "Qo": "Q", "DDDo": "DDD", "do": "d", "wo": "w", "Wo": "W"}


@dataclass(frozen=True)
class Moment:
    """A date to be written: its wall time (mentioned often), its instant, the zone and language to show it in."""

    wall: Element
    instant: Element
    zone: str
    locale: str


def known_locale(name: str) -> bool:
    """Whether we know the names of months and days in the language."""
    try:
        Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError):
        return False
    return True


def written(moment: Moment, pattern: str) -> list[Element]:
    """The pieces of SQL that make up the date in the pattern, one after the other."""
    pieces: list[Element] = []
    words = ""
    for token in TOKEN.findall(pattern):
        fixed = _fixed(token)
        if fixed is not None:
            words += fixed
            continue
        if words:
            pieces.append(_words(words))
            words = ""
        pieces += _piece(moment, token)
    return [*pieces, _words(words)] if words or not pieces else pieces


def _fixed(token: str) -> str | None:
    if token[0] == "[" and token[-1] == "]" and len(token) > 1:
        return token[1:-1]
    if token[0] == "\\" and len(token) == 2:
        return token[1]
    if token in _SIMPLE or token in _ORDINALS or token in _SPECIAL or token[0].lower() == "l":
        return None
    return token


def _words(text: str) -> Element:
    return sa.literal(text, TEXT)


def _piece(moment: Moment, token: str) -> list[Element]:
    if token in _SIMPLE:
        return [dialects(*_SIMPLE[token], moment.wall)]
    if token in _ORDINALS:
        return [_ordinal(dialects(*_SIMPLE[_ORDINALS[token]], moment.wall), moment.locale)]
    if token in _SPECIAL:
        return [_SPECIAL[token](moment, token)]
    return written(moment, long_pattern(token, moment.locale))


def long_pattern(token: str, locale: str) -> str:
    """The pattern that L, LL, LT ... stand for in a language."""
    name = (locale or "en").replace("_", "-").lower()
    ways = _LONG.get(name) or _LONG.get(name.split("-")[0]) or _LONG[""]
    if token in ways:
        return ways[token]
    if token in {"l"}:
        return ways["L"].replace("DD", "D").replace("MM", "M")
    base = ways["LL" if token[0] == "L" else "ll"] + " " + ways["LT"]
    if len(token) < 4:
        return base
    return ("dddd, " if token[0] == "L" else "ddd, ") + base


def _ordinal(number: Element, locale: str) -> Element:
    if locale and not locale.lower().startswith("en"):
        return number
    ending = (
        "CASE WHEN {0} LIKE '%11' OR {0} LIKE '%12' OR {0} LIKE '%13' THEN 'th' WHEN {0} LIKE '%1' THEN 'st'"
        " WHEN {0} LIKE '%2' THEN 'nd' WHEN {0} LIKE '%3' THEN 'rd' ELSE 'th' END"
    )
    text = f"({{0}} || {ending})"
    return dialects(text, text, number)


def _locale(moment: Moment) -> Locale:
    return Locale.parse((moment.locale or "en").replace("-", "_"))


def _named(moment: Moment, code: str, names: Sequence[str]) -> Element:
    """One of the names by a number that counts from 0."""
    cases = " ".join(f"WHEN {at} THEN {{{at + 1}}}" for at in range(len(names)))
    text = f"CASE {{0}} {cases} END"
    return dialects(text, text, dates.number_of(code, moment.wall), *(_words(name) for name in names))


def _month(moment: Moment, token: str) -> Element:
    names = get_month_names("wide" if len(token) == 4 else "abbreviated", locale=_locale(moment))
    return _named(moment, "%m", ["", *(names[month] for month in range(1, 13))])


_DAY_WIDTHS: Mapping[int, Literal["wide", "abbreviated", "short"]] = {4: "wide", 3: "abbreviated", 2: "short"}


def _day(moment: Moment, token: str) -> Element:
    names = get_day_names(_DAY_WIDTHS[len(token)], locale=_locale(moment))
    return _named(moment, "%w", [names[(day + 6) % 7] for day in range(7)])


def _half(moment: Moment, token: str) -> Element:
    names = get_period_names("abbreviated", locale=_locale(moment))
    halves = [names.get(half, half) for half in ("am", "pm")]
    halves = [one.upper() if token.isupper() else one.lower() for one in halves]
    text = "CASE WHEN {0} < 12 THEN {1} ELSE {2} END"
    return dialects(text, text, dates.number_of("%H", moment.wall), *(_words(one) for one in halves))


def _unix(moment: Moment, token: str) -> Element:
    return dates.unix_time(moment.instant, milliseconds=token.islower())


def _offset(moment: Moment, token: str) -> Element:
    minutes = dates.offset_minutes(moment.wall, moment.instant)
    colon = ":" if len(token) == 1 else ""
    return dialects(
        f"(CASE WHEN {{0}} < 0 THEN '-' ELSE '+' END || printf('%02d{colon}%02d', abs({{0}}) / 60, abs({{0}}) % 60))",
        f"(CASE WHEN {{0}} < 0 THEN '-' ELSE '+' END || to_char(abs({{0}}) / 60, 'FM00') || '{colon}'"
        " || to_char(abs({0}) % 60, 'FM00'))",
        minutes,
    )


def _zone_name(moment: Moment, token: str) -> Element:
    return _words(moment.zone)


_SPECIAL = {
    "MMMM": _month,
    "MMM": _month,
    "dddd": _day,
    "ddd": _day,
    "dd": _day,
    "A": _half,
    "a": _half,
    "X": _unix,
    "x": _unix,
    "Z": _offset,
    "ZZ": _offset,
    "z": _zone_name,
}
