"""The SQL of working days and working hours by a business calendar, whose days and hours are constants in it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from engine.formulas.calendar import MINUTES_OF_DAY, Calendar
from engine.formulas.dialects import NUMBER, Element, dialects

WEEK = 7 * 86_400
_DAY_ONE = 62_135_596_800  # seconds from 0001-01-01, a Monday, to 1970


def working_day(day: Element, count: Element, calendar: Calendar) -> Element:
    """The date so many working days (an SQL integer, perhaps negative) after a day; mentions both often.

    The wanted day is not far, since every week has working days; the days until there are looked through.
    """
    week = len(calendar.working)
    far = f"(abs({{1}}) * 7 / {week} + {(len(calendar.holidays) * 7 + week - 1) // week + 14})"
    numbers = ", ".join(f"'{number % 7}'" for number in calendar.working)
    isodays = ", ".join(str(number) for number in calendar.working)
    free, extra = calendar.holidays, calendar.extra
    sqlite = f"(strftime('%w', d.day) IN ({numbers})" + (f" OR d.day IN ({_texts(extra)})" if extra else "") + ")"
    sqlite += f" AND d.day NOT IN ({_texts(free)})" if free else ""
    postgresql = f"(EXTRACT(ISODOW FROM d.day) IN ({isodays})" + (f" OR d.day IN ({_dates(extra)})" if extra else "")
    postgresql += ")" + (f" AND d.day NOT IN ({_dates(free)})" if free else "")
    return dialects(
        "CASE WHEN {1} = 0 THEN {0} ELSE (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
        f" WHERE i < {far}) SELECT d.day FROM"
        " (SELECT n.i AS i, date({0}, CAST(sign({1}) * n.i AS INTEGER) || ' days') AS day FROM n) AS d"
        f" WHERE {sqlite} ORDER BY d.i LIMIT 1 OFFSET max(abs({{1}}) - 1, 0)) END",
        "CASE WHEN {1} = 0 THEN {0} ELSE (SELECT d.day FROM"
        " (SELECT n.i, {0} + CAST(sign({1}) AS INTEGER) * n.i AS day"
        f" FROM generate_series(1, {far}) AS n(i)) AS d WHERE {postgresql}"
        " ORDER BY d.i LIMIT 1 OFFSET GREATEST(abs({1}) - 1, 0)) END",
        day,
        count,
    )


def working_days_between(one: Element, other: Element, calendar: Calendar) -> Element:
    """How many working days from one day to another, both counted, negative backwards; mentions both often."""
    return dialects(
        _counted("CAST(julianday({d}) - 1721425.5 AS INTEGER)", "min", "max", "'{day}'", calendar),
        _counted("({d} - DATE '0001-01-01')", "LEAST", "GREATEST", "DATE '{day}'", calendar),
        one,
        other,
        type_=NUMBER,
    )


def _counted(since: str, least: str, greatest: str, written: str, calendar: Calendar) -> str:
    low, high = f"{least}({{0}}, {{1}})", f"{greatest}({{0}}, {{1}})"
    days_before = since.replace("{d}", low)
    days_until = f"({since.replace('{d}', high)} + 1)"
    # Whole weeks since a Monday long ago, and what of the week begun is worked.
    begun = [sum(1 for number in calendar.working if number <= days) for days in range(7)]
    whens = " ".join(f"WHEN {days} THEN {count}" for days, count in enumerate(begun))
    until, before = (
        f"({days} / 7 * {len(calendar.working)} + CASE {days} % 7 {whens} END)" for days in (days_until, days_before)
    )
    count = f"{until} - {before}"
    for sign, days in (("-", calendar.holidays), ("+", calendar.extra)):
        if days:
            listed = ", ".join(f"({written.replace('{day}', day)})" for day in days)
            count += f" {sign} (SELECT count(*) FROM (VALUES {listed}) AS v WHERE v.column1 BETWEEN {low} AND {high})"
    # NULLs: PostgreSQL's LEAST and GREATEST skip them, so they are named.
    signed = f"({count}) * CASE WHEN {{0}} > {{1}} THEN -1 ELSE 1 END"
    return f"CASE WHEN {{0}} IS NOT NULL AND {{1}} IS NOT NULL THEN {signed} END"


def second_of(wall_time: Element) -> Element:
    """The second of a wall time, counted from a Monday long ago, as an SQL integer."""
    return dialects(
        f"(CAST(strftime('%s', {{0}}) AS INTEGER) + {_DAY_ONE})",
        f"(CAST(floor(EXTRACT(EPOCH FROM {{0}})) AS BIGINT) + {_DAY_ONE})",
        wall_time,
    )


def wall_at(second: Element) -> Element:
    """The wall time of such a second."""
    return dialects(
        f"strftime('%Y-%m-%dT%H:%M:%S.000', {{0}} - {_DAY_ONE}, 'unixepoch')",
        f"(TIMESTAMP '1970-01-01' + ({{0}} - {_DAY_ONE}) * INTERVAL '1 second')",
        second,
    )


def worked_between(one: Element, other: Element, calendar: Calendar) -> Element:
    """The seconds that are worked from one second to another, negative backwards."""
    sqlite, postgresql = (
        f"({_spans(calendar)} SELECT {_until('{1}', names)} - {_until('{0}', names)})" for names in _NAMES
    )
    return dialects(sqlite, postgresql, one, other, type_=NUMBER)


def worked_later(start: Element, span: Element, calendar: Calendar) -> Element:
    """The second at which so many seconds (an SQL integer, not 0) are worked since `start`; mentions both often.

    Forwards it is the first such second, so that work which fills a day ends with it; backwards the last one.
    """
    weekly = sum(end - start for start, end, _sign in _week(calendar))
    far = f"(abs(CAST({{1}} AS BIGINT)) * {WEEK // weekly + 1} + {(2 + len(calendar.days)) * WEEK})"
    texts = []
    for names in _NAMES:
        # Halving what lies between two seconds; the hours worked until one of them never fall.
        halved = f"{_until('((s.lo + s.hi) / 2)', names)} >= s.goal"
        texts.append(
            f"({_spans(calendar)}, s(lo, hi, goal) AS (SELECT CASE WHEN {{1}} > 0 THEN {{0}} ELSE {{0}} - {far} END,"
            f" CASE WHEN {{1}} > 0 THEN {{0}} + {far} ELSE {{0}} END,"
            f" {_until('{0}', names)} + {{1}} + CASE WHEN {{1}} > 0 THEN 0 ELSE 1 END"
            f" UNION ALL SELECT CASE WHEN {halved} THEN s.lo ELSE (s.lo + s.hi) / 2 END,"
            f" CASE WHEN {halved} THEN (s.lo + s.hi) / 2 ELSE s.hi END, s.goal FROM s WHERE s.hi - s.lo > 1)"
            " SELECT max(CASE WHEN {1} > 0 THEN s.hi ELSE s.lo END) FROM s WHERE s.hi - s.lo <= 1)"
        )
    return dialects(texts[0], texts[1], start, span)


_NAMES = (("min", "max"), ("LEAST", "GREATEST"))


def _week(calendar: Calendar) -> list[tuple[int, int, int]]:
    """What is worked in a week: (from, until, 1) in seconds since it began."""
    return [
        ((day * MINUTES_OF_DAY + start) * 60, (day * MINUTES_OF_DAY + end) * 60, 1)
        for day, spans in enumerate(calendar.hours)
        for start, end in spans
    ]


def _spans(calendar: Calendar) -> str:
    """Two tables of what is worked: `week`, and `apart` with the days that differ, where -1 takes away."""
    apart = [(0, 0, 0)]
    for day in sorted(calendar.days):
        date = datetime.date.fromisoformat(day)
        begins = (date.toordinal() - 1) * 86_400
        for sign, spans in ((-1, calendar.hours[date.weekday()]), (1, calendar.days[day])):
            apart += [(begins + start * 60, begins + end * 60, sign) for start, end in spans]
    tables = {"week": _week(calendar), "apart": apart}
    listed = (f"{name}(a, b, sign) AS (VALUES {', '.join(map(str, rows))})" for name, rows in tables.items())
    return f"WITH RECURSIVE {', '.join(listed)}"


def _until(second: str, names: tuple[str, str]) -> str:
    """The seconds that are worked from a Monday long ago until a second."""
    least, greatest = names

    def of(table: str, point: str) -> str:
        return f"(SELECT sum(v.sign * {least}({greatest}({point} - v.a, 0), v.b - v.a)) FROM {table} AS v)"

    weekly = "(SELECT sum(v.b - v.a) FROM week AS v)"
    return f"({second} / {WEEK} * {weekly} + {of('week', f'{second} % {WEEK}')} + {of('apart', second)})"


def _texts(days: Sequence[str]) -> str:
    return ", ".join(f"'{day}'" for day in days)


def _dates(days: Sequence[str]) -> str:
    return ", ".join(f"DATE '{day}'" for day in days)
