"""Expressions made up by Hypothesis, each of a wanted type, over the fields of one table."""

from __future__ import annotations

import datetime
from collections.abc import Callable

from hypothesis import strategies as st

from engine.formulas.types import BOOLEAN, DATE, DATE_TIME, NUMBER, TEXT, Type, list_of

FIELDS: dict[str, Type] = {
    "a": NUMBER,
    "b": NUMBER,
    "s": TEXT,
    "t": TEXT,
    "on": BOOLEAN,
    "d": DATE,
    "e": DATE,
    "m": DATE_TIME,
    "ns": list_of(NUMBER),
    "ts": list_of(TEXT),
}
Draw = Callable[[st.SearchStrategy[str]], str]
UNITS = st.sampled_from(["days", "weeks", "months", "quarters", "years", "hours", "minutes"])
SMALL = st.integers(-12, 40).map(str)
NUMBER_TEXTS = st.decimals(-1000, 1000, allow_nan=False, places=3).map(lambda one: f"({one.normalize():f})")
WORDS = st.sampled_from(["", "a", "Ab c", "12.5", "你好", "đường", "x-y", " b ", "O'Neil", "100%", "straße"]).map(
    lambda one: f'"{one}"'
)
DATES = st.dates(datetime.date(2, 1, 1), datetime.date(9998, 12, 31))
DAYS = DATES.map(lambda one: f'"{one.isoformat()}"')


@st.composite
def numbers(draw: Draw, depth: int) -> str:
    if depth <= 0:
        return draw(st.one_of(st.sampled_from(["{a}", "{b}"]), NUMBER_TEXTS, SMALL.map(lambda one: f"({one})")))
    return _filled(draw, draw(st.sampled_from(_NUMBERS)), depth)


@st.composite
def texts(draw: Draw, depth: int) -> str:
    if depth <= 0:
        return draw(st.one_of(st.sampled_from(["{s}", "{t}"]), WORDS))
    return _filled(draw, draw(st.sampled_from(_TEXTS)), depth)


@st.composite
def booleans(draw: Draw, depth: int) -> str:
    if depth <= 0:
        return draw(st.sampled_from(["{on}", "TRUE()", "FALSE()"]))
    return _filled(draw, draw(st.sampled_from(_BOOLEANS)), depth)


@st.composite
def dates(draw: Draw, depth: int) -> str:
    if depth <= 0:
        return draw(
            st.one_of(
                st.sampled_from(["{d}", "{e}", "{m}"]),
                DATES.map(lambda one: f"DATE({one.year}, {one.month}, {one.day})"),
            )
        )
    return _filled(draw, draw(st.sampled_from(_DATES)), depth)


def expressions(depth: int) -> st.SearchStrategy[str]:
    """An expression of any type."""
    return st.one_of(numbers(depth), texts(depth), booleans(depth), dates(depth))


# N T B D stand for an expression of that type, W for a small whole number, U for a unit of time.
_NUMBERS = [
    "(N + N)", "(N - N + N)", "(N * N)", "(N / N)", "-N", "ABS(N)", "ROUND(N, 2)", "ROUND(N, W)", "ROUNDUP(N, 1)",
    "ROUNDDOWN(N, 0)", "CEILING(N, 0.25)", "CEILING({a}, {b})", "FLOOR(N)", "INT(N)",
    "MOD(N, 0.3)", "MOD({a}, {b})",
    "EVEN(N)", "ODD(N)", "SIGN(N)", "SQRT(N)",
    "POWER(N, W)", "LN(N)", "LOG(N, 2)", "EXP(N)", "SUM(N, {ns}, N)", "AVERAGE({ns}, N)", "MAX(N, {ns})", "MIN(N, N)",
    "MEDIAN({ns})", "COUNT({ns}, N)", "COUNTA({ts}, T)", "COUNTALL({ts})", "STDEV({ns}, N)", "LEN(T)", "FIND(T, T)",
    "SEARCH(T, T, W)", "VALUE(T)", "(T + N)", "IF(B, N, N)", "IFERROR(N, N)", "SWITCH(N, 1, N, 2, N, N)", "YEAR(D)",
    "MONTH(D)", "DAY(D)", "HOUR(D)", "WEEKDAY(D)", "WEEKNUM(D)", "QUARTER(D)", 'DATETIME_DIFF(D, D, "U")',
    "WORKDAY_DIFF(D, D)", "FIRST({ns})",
]  # fmt: skip
_TEXTS = [
    "(T & T)", "(T & N)", "(B & D)", "LEFT(T, W)", "RIGHT(T, W)", "MID(T, W, W)", "UPPER(T)", "LOWER(T)", "TRIM(T)",
    "PROPER(T)", "REPT(T, W)", "SUBSTITUTE(T, T, T)", "SUBSTITUTE(T, T, T, W)", "REPLACE(T, W, W, T)", "T(T)",
    "CONCATENATE(T, N, {ts})", "ARRAYJOIN({ts}, T)", "ENCODE_URL_COMPONENT(T)", "IF(B, T, N)", "IFERROR(T, T)",
    'SWITCH(T, "a", T, T)', 'DATETIME_FORMAT(D, "YYYY-MM-DD HH:mm ddd MMM Do w WW")', "DATESTR(D)", "TIMESTR(D)",
    'REGEX_EXTRACT(T, "[a-z]+")', 'REGEX_REPLACE(T, "([^ ]) ", "$1-")', 'TEXT(N, "#,##0.00")', "CNY_UPPER(N)",
    "FIRST({ts})", "{ns} & T", "ARRAYUNIQUE({ts}) & T", "ARRAYCOMPACT({ts}) & T",
]  # fmt: skip
_BOOLEANS = [
    "(N = N)", "(N < N)", "(N >= N)", "(T = T)", "(T < T)", "(T != N)", "(B = B)", "(D = D)", "(D < D)", "(D >= D)",
    "(N = BLANK())", "(T = BLANK())", "(D = BLANK())", "AND(B, N)", "OR(B, T)", "XOR(B, B)", "NOT(D)", "ISERROR(N)",
    "ISBLANK(T)", "ISERROR(T)", "IF(B, B, B)", "EXACT(T, T)", 'IS_SAME(D, D, "U")', "IS_BEFORE(D, D)",
    'IS_AFTER(D, D, "U")', 'REGEX_MATCH(T, "^[A-Za-z]+")', "CONTAINS({ts}, T)", "CONTAINS(T, T)", "CONTAINS({ns}, N)",
    "(N IN {ns})", "(T IN {ts})", "(N + N IN {ns})",
    "ISERROR(D)", "{ns}", "AND({ns})",
]  # fmt: skip
_DATES = [
    'DATEADD(D, W, "U")', 'DATEADD(D, N, "U")', "EOMONTH(D, W)", "IF(B, D, D)", "IFERROR(D, D)", "WORKDAY(D, W)",
    "DATE(YEAR(D), W, W)", 'DATETIME_PARSE(DATETIME_FORMAT(D, "YYYY-MM-DD HH:mm"), "YYYY-MM-DD HH:mm")',
    'SET_TIMEZONE(D, "Asia/Kolkata")', "DATETIME_PARSE(T)",
]  # fmt: skip


def _filled(draw: Draw, shape: str, depth: int) -> str:
    """The shape with its letters filled in; names and constants in it stay."""
    parts = {"N": numbers, "T": texts, "B": booleans, "D": dates}
    made = []
    quoted = braced = False
    for at, one in enumerate(shape):
        around = shape[max(at - 1, 0) : at] + shape[at + 1 : at + 2]
        alone = not any(neighbour.isalpha() or neighbour == "_" for neighbour in around)
        quoted ^= one == '"'
        braced = one == "{" or (braced and one != "}")
        if one == "U" and quoted and alone:
            made.append(draw(UNITS))
        elif quoted or braced or not alone:
            made.append(one)
        elif one == "W":
            made.append(f"({draw(SMALL)})")
        elif one in parts and shape[at + 1 : at + 2] != "(":
            made.append(draw(parts[one](int(draw(st.integers(0, depth - 1).map(str))))))
        else:
            made.append(one)
    return "".join(made)
