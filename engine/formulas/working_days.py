"""The SQL of working days: Monday to Friday without given holidays (ISO dates, checked beforehand)."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from engine.formulas.dialects import NUMBER, Element, dialects


def working_day(day: Element, count: Element, holidays: Sequence[str]) -> Element:
    """The date so many working days (an SQL integer, perhaps negative) after a day; mentions both often.

    Five of seven days are working days, so the wanted one is not far; the days until there are looked through.
    """
    far = f"(abs({{1}}) * 7 / 5 + {len(holidays) * 2 + 7})"
    sqlite = ", ".join(f"'{one}'" for one in holidays)
    postgresql = ", ".join(f"DATE '{one}'" for one in holidays)
    return dialects(
        "CASE WHEN {1} = 0 THEN {0} ELSE (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
        f" WHERE i < {far}) SELECT d.day FROM"
        " (SELECT n.i AS i, date({0}, CAST(sign({1}) * n.i AS INTEGER) || ' days') AS day FROM n) AS d"
        f" WHERE strftime('%w', d.day) NOT IN ('0', '6') AND d.day NOT IN ({sqlite})"
        " ORDER BY d.i LIMIT 1 OFFSET max(abs({1}) - 1, 0)) END",
        "CASE WHEN {1} = 0 THEN {0} ELSE (SELECT d.day FROM"
        " (SELECT n.i, {0} + CAST(sign({1}) AS INTEGER) * n.i AS day"
        f" FROM generate_series(1, {far}) AS n(i)) AS d WHERE EXTRACT(ISODOW FROM d.day) < 6"
        + (f" AND d.day NOT IN ({postgresql})" if holidays else "")
        + " ORDER BY d.i LIMIT 1 OFFSET GREATEST(abs({1}) - 1, 0)) END",
        day,
        count,
    )


def working_days_between(one: Element, other: Element, holidays: Sequence[str]) -> Element:
    """How many working days from one day to another, both counted, negative backwards; mentions both often."""
    # Until a day: five for each whole week since a Monday long ago, and at most five of the week begun.
    since_sqlite = "CAST(julianday({d}) - 1721425.5 AS INTEGER)"
    since_postgresql = "({d} - DATE '0001-01-01')"
    free = [day for day in sorted(set(holidays)) if datetime.date.fromisoformat(day).isoweekday() < 6]
    return dialects(
        _counted(since_sqlite, "min", "max", [f"('{day}' BETWEEN {{low}} AND {{high}})" for day in free]),
        _counted(
            since_postgresql,
            "LEAST",
            "GREATEST",
            [f"CAST(DATE '{day}' BETWEEN {{low}} AND {{high}} AS INTEGER)" for day in free],
        ),
        one,
        other,
        type_=NUMBER,
    )


def _counted(since: str, least: str, greatest: str, free: Sequence[str]) -> str:
    low, high = f"{least}({{0}}, {{1}})", f"{greatest}({{0}}, {{1}})"
    days_before = since.replace("{d}", low)
    days_until = f"({since.replace('{d}', high)} + 1)"
    # `least` is also the scalar function that keeps the week begun at five days.
    until, before = (f"({days} / 7 * 5 + {least}({days} % 7, 5))" for days in (days_until, days_before))
    holidays = "".join(f" - {one}" for one in free).replace("{low}", low).replace("{high}", high)
    # NULLs: PostgreSQL's LEAST and GREATEST skip them, so they are named.
    count = f"({until} - {before}{holidays}) * CASE WHEN {{0}} > {{1}} THEN -1 ELSE 1 END"
    return f"CASE WHEN {{0}} IS NOT NULL AND {{1}} IS NOT NULL THEN {count} END"
