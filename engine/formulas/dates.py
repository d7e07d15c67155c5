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
    assert re.fullmatch(r"[0-9TZ:.-]+", value)
    cast = "DATE" if kind == DATE else "TIMESTAMPTZ"
    return dialects(f"'{value}'", f"CAST('{value}' AS {cast})")


def zone(name: str) -> str:
    """The time zone's name as an SQL text."""
    assert _ZONE.fullmatch(name), name
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


def iso_instant(text: Element) -> Element:
    """The instant that an ISO text says, NULL if it says none; mentions it often."""
    return dialects(
        "iso_instant({0})",
        f"CASE WHEN {{0}} ~ '{_ISO}' AND CAST(substr({{0}}, 9, 2) AS INTEGER) <= CASE WHEN {{0}} ~ '{_ISO}' THEN"
        " EXTRACT(DAY FROM make_date(CAST(substr({0}, 1, 4) AS INTEGER), CAST(substr({0}, 6, 2) AS INTEGER), 1)"
        " + INTERVAL '1 month' - INTERVAL '1 day') END"
        " THEN CAST({0} || CASE WHEN length({0}) = 10 THEN 'T00:00:00Z'"
        rf" WHEN {{0}} ~ '{_OFFSET}$' THEN '' ELSE 'Z' END AS TIMESTAMPTZ) END",
        text,
    )


def in_range(value: Element) -> Element:
    """Whether a date or wall time lies in the years 1 to 9999."""
    return dialects(
        "({0} BETWEEN '0001' AND '9999-12-32')", "(EXTRACT(YEAR FROM {0}) BETWEEN 1 AND 9999)", value, type_=BOOLEAN
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
    """`<`, `<=`, `>`, `>=`; false where one is NULL."""
    return alike(f"coalesce({{0}} {operator} {{1}}, FALSE)", one, other, type_=BOOLEAN)
