"""The SQL of moving dates and of how far they lie apart.

Beyond the years 1 to 9999 there is no date: NULL. PostgreSQL would fail where its own range ends, so it is asked
before it counts.
"""

from __future__ import annotations

from engine.formulas.dialects import NUMBER, Element, dialects

_DAYS_IN_RANGE = "CAST({0} AS DATE) - DATE '0001-01-01' + {1} BETWEEN 0 AND 3652058"
_MONTHS_IN_RANGE = "EXTRACT(YEAR FROM {0}) * 12 + EXTRACT(MONTH FROM {0}) + {1} BETWEEN 13 AND 120000"
_MILLISECONDS_IN_RANGE = "EXTRACT(EPOCH FROM {0}) * 1000 + {1} BETWEEN -62135596800000 AND 253402300799999"


def _guarded(test: str, value: str) -> str:
    return f"CASE WHEN {test} THEN {value} END"


def long(value: Element) -> Element:
    """A count of milliseconds as a great SQL integer, within ten thousand years."""
    most = 3 * 10**14
    return dialects(
        f"CAST(round(max(min({{0}}, {most}), -{most})) AS INTEGER)",
        f"CAST(round(LEAST(GREATEST({{0}}, -{most}), {most})) AS BIGINT)",
        value,
        type_=NUMBER,
    )


def days_later(day_or_wall: Element, count: Element, whole_day: bool) -> Element:
    """So many days (an SQL integer) later; mentions both often."""
    if whole_day:
        return dialects("date({0}, {1} || ' days')", _guarded(_DAYS_IN_RANGE, "{0} + {1}"), day_or_wall, count)
    return dialects(
        "strftime('%Y-%m-%dT%H:%M:%f', {0}, {1} || ' days')",
        _guarded(_DAYS_IN_RANGE, "{0} + make_interval(days => {1})"),
        day_or_wall,
        count,
    )


def milliseconds_later(moment: Element, count: Element) -> Element:
    """So many milliseconds (an SQL integer) later than an instant; mentions both often."""
    return dialects(
        "strftime('%Y-%m-%dT%H:%M:%fZ', {0}, printf('%.3f seconds', {1} / 1000.0))",
        _guarded(_MILLISECONDS_IN_RANGE, "{0} + make_interval(secs => {1} / 1000.0)"),
        moment,
        count,
    )


def months_later(day_or_wall: Element, count: Element, whole_day: bool) -> Element:
    """So many months (an SQL integer) later, no later than the month's last day; mentions both often."""
    shifted = (
        "min(date({0}, 'start of month', {1} || ' months', (strftime('%d', {0}) - 1) || ' days'),"
        " coalesce(date({0}, 'start of month', ({1} + 1) || ' months', '-1 day'), '9999-12-31'))"
    )
    if whole_day:
        return dialects(
            shifted, _guarded(_MONTHS_IN_RANGE, "CAST({0} + make_interval(months => {1}) AS DATE)"), day_or_wall, count
        )
    return dialects(
        f"({shifted} || substr({{0}}, 11))",
        _guarded(_MONTHS_IN_RANGE, "{0} + make_interval(months => {1})"),
        day_or_wall,
        count,
    )


def month_end(day_or_wall: Element, count: Element) -> Element:
    """The last day of the month so many months later; mentions both often."""
    return dialects(
        "coalesce(date({0}, 'start of month', ({1} + 1) || ' months', '-1 day'),"
        " CASE date({0}, 'start of month', {1} || ' months') WHEN '9999-12-01' THEN '9999-12-31' END)",
        _guarded(
            _MONTHS_IN_RANGE, "CAST(date_trunc('month', {0}) + make_interval(months => {1} + 1, days => -1) AS DATE)"
        ),
        day_or_wall,
        count,
    )


def from_numbers(year: Element, month: Element, in_month: Element) -> Element:
    """The date of SQL integers; months and days beyond their range run on. The year must be 1 to 9999."""
    # Both count months first; SQLite's calendar ends with 9999, PostgreSQL's begins 4713 years before the first.
    within = "{0} * 12 + {1} BETWEEN -36000 AND 120000 AND {0} * 12 + {1} + {2} / 31 >= -36000"
    return dialects(
        _guarded(within, "date(printf('%04d-01-01', {0}), ({1} - 1) || ' months', ({2} - 1) || ' days')"),
        _guarded(within, "CAST(make_date({0}, 1, 1) + make_interval(months => {1} - 1, days => {2} - 1) AS DATE)"),
        year,
        month,
        in_month,
    )


# Differences


def milliseconds_between(one: Element, other: Element) -> Element:
    """`one` less `other` in milliseconds, of two instants or two wall times."""
    return dialects(
        "(CAST(round((julianday({0}) - 2440587.5) * 86400000.0) AS INTEGER)"
        " - CAST(round((julianday({1}) - 2440587.5) * 86400000.0) AS INTEGER))",
        "round(EXTRACT(EPOCH FROM ({0} - {1})) * 1000)",
        one,
        other,
        type_=NUMBER,
    )


def days_between(one: Element, other: Element) -> Element:
    """`one` less `other` in days, of two dates."""
    return dialects(
        "CAST(julianday({0}) - julianday({1}) AS INTEGER)", "CAST({0} - {1} AS NUMERIC)", one, other, type_=NUMBER
    )


def months_between(one: Element, other: Element) -> Element:
    """Whole months from `other` to `one`, two wall times, with its sign; mentions both often."""
    sqlite = (
        "(strftime('%Y', max({0}, {1})) - strftime('%Y', min({0}, {1}))) * 12"
        " + strftime('%m', max({0}, {1})) - strftime('%m', min({0}, {1}))"
        " - (printf('%02d', min(strftime('%d', min({0}, {1})) + 0,"
        " coalesce(strftime('%d', max({0}, {1}), 'start of month', '+1 month', '-1 day'), 31) + 0))"
        " || substr(min({0}, {1}), 11) > substr(max({0}, {1}), 9))"
    )
    later, earlier = "GREATEST({0}, {1})", "LEAST({0}, {1})"
    months = (
        f"(EXTRACT(YEAR FROM {later}) - EXTRACT(YEAR FROM {earlier})) * 12"
        f" + EXTRACT(MONTH FROM {later}) - EXTRACT(MONTH FROM {earlier})"
    )
    over = f"CASE WHEN {earlier} + make_interval(months => CAST({months} AS INTEGER)) > {later} THEN 1 ELSE 0 END"
    return dialects(
        f"(CASE WHEN {{0}} < {{1}} THEN -1 ELSE 1 END * ({sqlite}))",
        f"(CASE WHEN {{0}} < {{1}} THEN -1 WHEN {{0}} >= {{1}} THEN 1 END * ({months} - {over}))",
        one,
        other,
        type_=NUMBER,
    )
