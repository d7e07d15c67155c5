"""The SQL of dates and times.

A date is `YYYY-MM-DD` (DATE on PostgreSQL); an instant is `YYYY-MM-DDTHH:MM:SS.mmmZ` (TIMESTAMPTZ). What is cut
into days is a *wall time*: what a clock shows in a time zone, without the Z (TIMESTAMP).
"""

from __future__ import annotations

import re

from engine.formulas.dialects import BOOLEAN, NUMBER, Element, alike, dialects
from engine.formulas.types import DATE, Type

_ZONE = re.compile(r"[A-Za-z0-9_+/-]+")
_TIME = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.]\d{{1,6}})?)?"
_OFFSET = r"(Z|[+-](0\d|1[0-4]):?[0-5]\d)"
_ISO = rf"^(?!0000)\d{{{{4}}}}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])([T ]{_TIME}{_OFFSET}?)?$"


def constant(value: str, kind: Type) -> Element:
    """A date or instant known beforehand, in the shape in which it is stored."""
    if not re.fullmatch(r"[0-9TZ:.-]+", value):
        raise ValueError(value)
    cast = "DATE" if kind == DATE else "TIMESTAMPTZ"
    return dialects(f"'{value}'", f"CAST('{value}' AS {cast})")


def zone(name: str) -> str:
    """The time zone's name as an SQL text."""
    if not _ZONE.fullmatch(name):
        raise ValueError(name)
    return f"'{name}'"


def wall(instant: Element, time_zone: str) -> Element:
    """What the clock shows in the zone at an instant."""
    there = "substr({0}, 1, 23)" if time_zone == "UTC" else f"wall_time({{0}}, {zone(time_zone)})"
    return dialects(there, f"({{0}} AT TIME ZONE {zone(time_zone)})", instant)


def wall_of_day(day: Element) -> Element:
    """The beginning of a day as a wall time."""
    return dialects("({0} || 'T00:00:00.000')", "CAST({0} AS TIMESTAMP)", day)


def instant(wall_time: Element, time_zone: str) -> Element:
    """The instant at which the clock in the zone shows this; an hour that occurs twice means its second time."""
    here = "({0} || 'Z')" if time_zone == "UTC" else f"instant_at({{0}}, {zone(time_zone)})"
    return dialects(here, f"({{0}} AT TIME ZONE {zone(time_zone)})", wall_time)


def midnight(day: Element, time_zone: str) -> Element:
    """The instant at which a day begins in the zone."""
    return instant(wall_of_day(day), time_zone)


def day(wall_time: Element) -> Element:
    """The date of a wall time."""
    return dialects("substr({0}, 1, 10)", "CAST({0} AS DATE)", wall_time)


def date_text(value: Element) -> Element:
    """A date as YYYY-MM-DD."""
    return dialects("{0}", "to_char({0}, 'YYYY-MM-DD')", value)


def local_text(value: Element, time_zone: str) -> Element:
    """An instant as people write it: YYYY-MM-DD HH:MM in the zone."""
    return dialects("strftime('%Y-%m-%d %H:%M', {0})", "to_char({0}, 'YYYY-MM-DD HH24:MI')", wall(value, time_zone))


def iso_instant(text: Element, time_zone: str) -> Element:
    """The instant that an ISO text says (in the zone, if it names no offset), else NULL; mentions it often.

    White space at the ends is taken off before.
    """
    named = zone(time_zone)
    month = "make_date(CAST(substr({0}, 1, 4) AS INTEGER), CAST(substr({0}, 6, 2) AS INTEGER), 1)"
    return dialects(
        f"iso_instant({{0}}, {named})",
        f"CASE WHEN {{0}} ~ '{_ISO}' AND CAST(substr({{0}}, 9, 2) AS INTEGER) <= CASE WHEN {{0}} ~ '{_ISO}' THEN"
        f" EXTRACT(DAY FROM {month} + INTERVAL '1 month' - INTERVAL '1 day') END"
        f" THEN CASE WHEN {{0}} ~ '{_OFFSET}$' AND length({{0}}) > 10 THEN CAST({{0}} AS TIMESTAMPTZ)"
        f" ELSE CAST({{0}} AS TIMESTAMP) AT TIME ZONE {named} END END",
        text,
    )


def in_range(value: Element) -> Element:
    """Whether a date or wall time lies in the years 1 to 9999."""
    return dialects(
        "({0} BETWEEN '0001' AND '9999-12-32')", "(EXTRACT(YEAR FROM {0}) BETWEEN 1 AND 9999)", value, type_=BOOLEAN
    )


def readable(value: Element) -> Element:
    """The instant, or NULL beyond the years that a client can read; mentions it twice."""
    return dialects(
        "{0}",
        "CASE WHEN {0} BETWEEN TIMESTAMPTZ '0001-01-01 00:00:00+00' AND TIMESTAMPTZ '9999-12-31 23:59:59.999+00'"
        " THEN {0} END",
        value,
    )


def number_of(part: str, wall_time: Element) -> Element:
    """A part of a wall time as a number: %Y %m %d %H %M %S %w (0 is Sunday) %j."""
    fields = {
        "%Y": "YEAR",
        "%m": "MONTH",
        "%d": "DAY",
        "%H": "HOUR",
        "%M": "MINUTE",
        "%w": "DOW",
        "%j": "DOY",
    }
    if part == "%S":
        return dialects(
            "CAST(strftime('%S', {0}) AS INTEGER)", "trunc(EXTRACT(SECOND FROM {0}))", wall_time, type_=NUMBER
        )
    return dialects(
        f"CAST(strftime('{part}', {{0}}) AS INTEGER)", f"EXTRACT({fields[part]} FROM {{0}})", wall_time, type_=NUMBER
    )


def same(one: Element, other: Element) -> Element:
    """Equal, where NULL equals NULL."""
    return dialects("({0} IS {1})", "({0} IS NOT DISTINCT FROM {1})", one, other, type_=BOOLEAN)


def compared(one: Element, operator: str, other: Element) -> Element:
    """`<`, `<=`, `>`, `>=`; false where one is NULL. So written, an index serves it."""
    return alike(f"({{0}} {operator} {{1}} AND {{0}} IS NOT NULL AND {{1}} IS NOT NULL)", one, other, type_=BOOLEAN)


def weekday(wall_time: Element, monday: bool) -> Element:
    """0 for Sunday, or for Monday."""
    if monday:
        return alike("(({0} + 6) % 7)", number_of("%w", wall_time), type_=NUMBER)
    return number_of("%w", wall_time)


def week_number(wall_time: Element, monday: bool) -> Element:
    """The week of the year, its first the one with January 1; mentions it often."""
    first = alike(
        "((({0} - {1}) % 7 + 7) % 7)",
        weekday(wall_time, monday),
        alike("({0} - 1)", number_of("%j", wall_time), type_=NUMBER),
        type_=NUMBER,
    )
    week = "({0} - 1 + {1}) / 7"
    return dialects(f"({week} + 1)", f"(trunc({week}) + 1)", number_of("%j", wall_time), first, type_=NUMBER)


_LENGTHS = {"years": 4, "months": 7, "days": 10, "hours": 13, "minutes": 16, "seconds": 19, "milliseconds": 23}


def beginning(wall_time: Element, unit: str) -> Element:
    """Where the year, quarter, month, week (from Sunday), day ... of a wall time begins; mentions it twice."""
    if unit == "weeks":
        return dialects(
            "date({0}, -strftime('%w', {0}) || ' days')",
            "(CAST({0} AS DATE) - CAST(EXTRACT(DOW FROM {0}) AS INTEGER))",
            wall_time,
        )
    if unit == "quarters":
        return dialects("(substr({0}, 1, 4) || ((strftime('%m', {0}) + 2) / 3))", "to_char({0}, 'YYYY-Q')", wall_time)
    return dialects(f"substr({{0}}, 1, {_LENGTHS[unit]})", f"date_trunc('{unit}', {{0}})", wall_time)


def unix_time(value: Element, milliseconds: bool) -> Element:
    """Seconds (whole) or milliseconds since 1970 of an instant, as a text."""
    since = "CAST(round((julianday({0}) - 2440587.5) * 86400000.0) AS INTEGER)"
    epoch = "EXTRACT(EPOCH FROM {0})"
    if milliseconds:
        return dialects(f"CAST({since} AS TEXT)", f"CAST(CAST({epoch} * 1000 AS BIGINT) AS TEXT)", value)
    return dialects(
        f"CAST(CAST(-ceil(-{since} / 1000.0) AS INTEGER) AS TEXT)",
        f"CAST(CAST(floor({epoch}) AS BIGINT) AS TEXT)",
        value,
    )


def offset_minutes(wall_time: Element, value: Element) -> Element:
    """By how many minutes the clock of a wall time is ahead of UTC, as an SQL integer."""
    return dialects(
        "CAST(round((julianday({0}) - julianday({1})) * 1440.0) AS INTEGER)",
        "CAST(EXTRACT(EPOCH FROM ({0} - ({1} AT TIME ZONE 'UTC'))) / 60 AS INTEGER)",
        wall_time,
        value,
        type_=NUMBER,
    )


def humanized(milliseconds: Element) -> Element:
    """A span in words, roughly, as people say it ("3 days", "a month"); mentions it often."""
    steps = [
        (45, "a few seconds", 0),
        (90, "a minute", 0),
        (45 * 60, "{n} minutes", 60),
        (90 * 60, "an hour", 0),
        (22 * 3600, "{n} hours", 3600),
        (36 * 3600, "a day", 0),
        (26 * 86400, "{n} days", 86400),
        (45 * 86400, "a month", 0),
        (320 * 86400, "{n} months", 2_629_746),
        (548 * 86400, "a year", 0),
        (10**12, "{n} years", 31_556_952),
    ]
    cases = []
    for seconds, words, unit in steps:
        shown = f"'{words}'"
        if unit:
            count = f"CAST(CAST(round(abs({{0}}) / {unit}000.0) AS INTEGER) AS TEXT)"
            shown = f"({count} || '{words.removeprefix('{n}')}')"
        cases.append(f"WHEN abs({{0}}) < {seconds}000 THEN {shown}")
    return alike(f"CASE {' '.join(cases)} END", milliseconds)
