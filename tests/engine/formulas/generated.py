"""Expressions made up by Hypothesis, each of a wanted type, over the fields of one table, and records of it."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from engine.formulas.types import BOOLEAN, DATE, DATE_TIME, NUMBER, TEXT, USER, Type, list_of, select_of
from tests.engine.formulas.plain.date_texts import INSTANT_TOKENS, PARSED_FORMATS, TOKENS
from tests.engine.formulas.plain.number_texts import FORMATS

CHOICE = select_of({"new": {"label": "Neu angelegt"}, "won": {"label": "赢单"}, "lost": {"label": "Đã mất"}})
FIELDS: dict[str, Type] = {
    "id": TEXT, "created_at": DATE_TIME, "number": NUMBER, "previous.a": NUMBER, "a": NUMBER, "b": NUMBER, "s": TEXT,
    "t": TEXT, "on": BOOLEAN, "d": DATE, "e": DATE, "m": DATE_TIME, "n": DATE_TIME, "c": CHOICE, "u": USER,
    "ns": list_of(NUMBER), "ts": list_of(TEXT), "bs": list_of(BOOLEAN), "ds": list_of(DATE),
    "ms": list_of(DATE_TIME), "cs": list_of(CHOICE),
}  # fmt: skip

# Records

WORDS = [
    "", "a", "Ab c", "12.5", "-3", "1,234.5", "12%", "$9.99", "1e3", "你好世界", "đường Phố", "x-y", " b ", "O'Neil",
    "100%",
    "straße", "İstanbul", "ΟΔΟΣ ὈΔΥΣΣΕΎΣ", "e\u0323\u0301a", "👩‍👩‍👧", "ﬁn ǆ ßx", "a\tb\nc", "\u3000名\u3000",
    "\t7\u00a0", "\u2003x\u2000",
    "2024-02-29", "2024-02-30", "2024-03-31 02:30", " 2024-10-27T02:30:00Z", "1/12/2024", "March 5 2024",
    "\\1 $1 %_", "ÀÉÎ õ", "٣४",
    "GTX-480", "Neu angelegt", "new", "a,b;c", "ŉ", "ΑΣ ΣΑΣΑ", "it's 2nd", "tổng CỘNG", "x_y", "\ufeffz",
]  # fmt: skip
NUMBERS = (
    st.sampled_from(
        [0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 0.1, 0.3, 1.005, 2.345, -7, 19.99, 100, 1e-7, 1234567.89, 1e9]
    )
    | st.integers(-50, 50)
    | st.decimals(-(10**6), 10**6, places=2, allow_nan=False).map(float)
)
_CHANGES = [  # clocks are put on and back, also where it is midnight; months and years end
    "2024-03-31T00:59:59.999Z", "2024-03-31T01:00:00.000Z", "2024-10-27T00:30:00.000Z", "2024-10-27T01:30:00.000Z",
    "2018-11-04T02:59:59.000Z", "2018-11-04T03:00:00.000Z", "2018-02-18T01:30:00.000Z", "2018-02-18T02:30:00.000Z",
    "1991-04-13T18:00:00.000Z", "1991-09-14T15:30:00.000Z", "2024-02-29T23:30:00.000Z", "2023-12-31T23:59:59.000Z",
    "2026-11-21T10:00:00.123Z", "1969-12-31T23:59:59.500Z", "2026-10-10T02:00:00.000Z",
]  # fmt: skip
_ENDS = ["2024-02-29", "2023-02-28", "2024-01-31", "2023-12-31", "2024-03-31", "2018-11-04", "2026-10-01", "2026-10-10"]
DAYS = st.sampled_from(_ENDS) | st.dates(datetime.date(1950, 1, 1), datetime.date(2080, 12, 31)).map(str)
FAR_DAYS = DAYS | st.sampled_from(["0001-01-02", "9998-12-20", "1582-10-10", "9999-12-31"])
MOMENTS = st.sampled_from(_CHANGES) | st.integers(-631_152_000_000, 3_471_292_800_000).map(
    lambda one: f"{datetime.datetime.fromtimestamp(one // 1000, datetime.UTC):%Y-%m-%dT%H:%M:%S}.{one % 1000:03d}Z"
)
TEXTS = st.sampled_from(WORDS)


def _maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return values | st.none()


def _some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return _maybe(st.lists(values, max_size=4))


_CHOSEN = st.sampled_from(["new", "won", "lost"])
RECORDS: st.SearchStrategy[Mapping[str, Any]] = st.fixed_dictionaries(
    {
        "id": st.just("rec1"), "created_at": MOMENTS, "number": st.integers(1, 99), "previous.a": _maybe(NUMBERS),
        "a": _maybe(NUMBERS), "b": _maybe(st.integers(-50, 50)), "s": _maybe(TEXTS), "t": _maybe(TEXTS),
        "on": _maybe(st.booleans()), "d": _maybe(DAYS), "e": _maybe(FAR_DAYS), "m": _maybe(MOMENTS),
        "n": _maybe(MOMENTS),
        "c": _maybe(_CHOSEN), "u": st.sampled_from(["usrMe", "usrOther", None]), "ns": _some(_maybe(NUMBERS)),
        "ts": _some(_maybe(TEXTS)), "bs": _some(st.booleans()), "ds": _some(DAYS), "ms": _some(MOMENTS),
        "cs": _maybe(st.lists(_CHOSEN, unique=True, max_size=3)),
    }
)  # fmt: skip

# Expressions. In a shape E stands for an exact number, N for one that may have more digits than are kept, T for a text,
# B for yes or no, D for a date, L, M and I for lists of numbers, texts and dates, W for a small whole number, U for a
# unit of time, P for a pattern, F for a format of numbers, K for one of dates, Y for one that dates are read in,
# Z for a zone.

_SHAPES: dict[str, list[str]] = {
    "E": [
        "(E + E)", "(E - E + E)", "(E * 0.5)", "(E * W)", "-E", "ABS(E)", "ROUND(E, 2)", "ROUND(E, W)",
        "ROUND({a}, {b})", "ROUND(E)",
        "ROUNDUP(E, 1)", "ROUNDUP({a}, W)", "ROUNDDOWN(E, 0)", "ROUNDDOWN({a}, W)", "CEILING(E, 0.25)",
        "CEILING({a}, {b})",
        "CEILING(E)", "FLOOR(E)", "FLOOR({a}, {b})", "FLOOR(E, 0.1)", "INT(E)", "MOD(E, 0.3)", "MOD({a}, {b})",
        "EVEN(E)", "ODD(E)",
        "SIGN(E)", "SUM(E, L, E)", "SUM(M)", "MAX(E, L)", "MIN(E, E)", "MIN(L)", "COUNT(L, E, T)",
        "COUNTA(M, T, B, E, D)", "COUNTALL(M, L, E)",
        "RANK(E, L)", "LEN(T)", "FIND(T, T)", "FIND(T, T, W)", "SEARCH(T, T)", "SEARCH(T, T, W)", "VALUE(T)",
        "(T + E)", "(B + E)",
        "IF(B, E, E)", "IFERROR(E, E)", "SWITCH(E, 1, E, 2, E, E)", "SWITCH(T, \"a\", E, T, E)", "IFS(B, E, B, E)",
        "YEAR(D)", "MONTH(D)",
        "DAY(D)", "HOUR(D)", "MINUTE(D)", "SECOND(D)", "WEEKDAY(D)", 'WEEKDAY(D, "Monday")', "WEEKNUM(D)",
        'WEEKNUM(D, "Monday")',
        "QUARTER(D)", 'DATETIME_DIFF(D, D, "U")', "DATETIME_DIFF(D, D)", "WORKDAY_DIFF(D, D)",
        'WORKDAY_DIFF(D, D, "2024-02-29, 2026-10-10")',
        "BUSINESS_MINUTES(D, D)", "FIRST(L)", "LAST(L)", "AUTONUMBER()", "PREVIOUS({a})",
        'COUNT_IF("prices", {prices.amount} > E)',
        'SUM_IF("prices", {prices.product} = T, {prices.amount} + E)',
        'LOOKUP("prices", {prices.amount} >= E, {prices.amount})',
        'IF(B, ERROR(), E)', 'IF(B, ERROR(T), E)',
    ],
    "N": [
        "(E * E)", "(E / E)", "(E / E * E)", "(E / E + E)", "(E / E / E)", "-(E / E)", "SQRT(E)", "POWER(E, W)",
        "POWER({a}, 0.5)",
        "POWER({a}, {b})", "LN(E)", "LOG(E)", "LOG(E, 2)", "LOG({a}, {b})", "EXP(E)", "EXP(E / 100)",
        "AVERAGE(L, E)", "AVERAGE(L)",
        "MEDIAN(L)", "MEDIAN(E, L)", "PERCENTILE(L, 0.9)", "PERCENTILE(L, {a})", "STDEV(L, E)", "VAR(L, E)",
        "IFERROR(N, E)",
        "ROUND(E / E, 3)", "ROUND(SQRT(E), 4)", "SUM(E / E, E)", "IF(B, N, N)",
    ],
    "T": [
        "(T & T)", "(T & E)", "(B & D)", "LEFT(T, W)", "LEFT(T)", "RIGHT(T, W)", "RIGHT(T)", "MID(T, W, W)",
        "UPPER(T)", "LOWER(T)", "TRIM(T)",
        "PROPER(T)", "REPT(T, W)", "SUBSTITUTE(T, T, T)", "SUBSTITUTE(T, T, T, W)", 'SUBSTITUTE(T, " ", T, W)',
        "REPLACE(T, W, W, T)",
        "T(T)", "T(E)", "CONCATENATE(T, E, M)", "CONCATENATE(D, L, B)", "ARRAYJOIN(M, T)", "ARRAYJOIN(M)",
        "ARRAYJOIN(L)", "ARRAYJOIN({cs})", "ARRAYJOIN({bs})",
        "ENCODE_URL_COMPONENT(T)", "IF(B, T, E)", "IFERROR(T, T)", 'SWITCH(T, "a", T, T)',
        'SWITCH({c}, "won", T, T)', "IFS(B, T, B, D)",
        "DATETIME_FORMAT(D, K)", "DATETIME_FORMAT(D)", 'DATETIME_FORMAT(SET_TIMEZONE(D, Z), K)',
        'DATETIME_FORMAT(SET_LOCALE(D, "zh"), "LLLL dd a")',
        'DATETIME_FORMAT(SET_LOCALE(D, "vi"), "MMMM dddd Do")', "DATESTR(D)", "TIMESTR(D)", "REGEX_EXTRACT(T, P)",
        "REGEX_REPLACE(T, P, T)",
        r'REGEX_REPLACE(T, "(\w+)[ -](\w+)", "$2/$1\\")', "TEXT(E, F)", "CNY_UPPER(E)", "CNY_UPPER(E * 1000000)",
        "FIRST(M)", "LAST(M)",
        "(L & T)", "(M & T)", "({bs} & T)", "({ds} & {c})", "({ms} & T)",
        "ARRAYJOIN({ms}, T)", "UPPER({c})", "CONCATENATE({cs}, {c})", "(I & T)",
        "FROMNOW(D)", "TONOW(D)", "RECORD_ID()",
        '("x" & LOOKUP("prices", {prices.amount} > E, {prices.product}))', "(N / 0 & T)",
    ],
    "B": [
        "(E = E)", "(E < E)", "(E >= E)", "(E > 0)", "(E <= 1)", "(T = T)", "(T < T)", "(T <= T)", "(T > E)",
        "(T != E)", "(B = B)", "(B < E)",
        "(D = D)", "(D != D)", "(D < D)", "(D >= D)", "(D = T)", "(E = BLANK())", "(T = BLANK())", "(D = BLANK())",
        "(L = BLANK())",
        '({c} = "won")', '({c} != "Neu angelegt")', "({u} = ME())", "AND(B, E)", "AND(B, {bs})", "OR(B, T)",
        "OR({bs}, D)", "XOR(B, B)", "XOR({bs}, B, L)",
        "NOT(D)", "NOT(E)", "NOT(L)", "ISERROR(N)", "ISBLANK(T)", "ISBLANK(E)", "ISBLANK(D)", "ISBLANK(M)",
        "ISBLANK(B)", "ISERROR(T)",
        "ISERROR(D)", "IF(B, B, B)", "IFS(B, B)", "EXACT(T, T)", 'IS_SAME(D, D, "U")', "IS_SAME(D, D)",
        "IS_BEFORE(D, D)", 'IS_BEFORE(D, D, "U")',
        "IS_AFTER(D, D)", 'IS_AFTER(D, D, "U")', "REGEX_MATCH(T, P)", "CONTAINS(M, T)", "CONTAINS(T, T)",
        "CONTAINS(L, E)", "CONTAINS(T, E)",
        "CONTAINS({cs}, {c})", 'CONTAINS({cs}, "won")', "(E IN L)", "(T IN M)", "({c} IN {cs})", '("lost" IN {cs})',
        '("rep" IN MY_ROLES())', "(D IN I)",
        "ANY({bs})", "EVERY({bs})", "ANY(L)", "EVERY(M)", "ANY(L, {item} > E)", "EVERY(L, {item} >= E)",
        "ANY(M, CONTAINS({item}, T))",
        "EVERY(L, 10 / {item} > 1)", "ANY(I, {item} < D)", '("dep1" IN MY_DEPARTMENTS())', "TRUE()", "FALSE()",
        "AND(L)", "IFERROR(B, B)",
    ],
    "D": [
        'DATEADD(D, W, "U")', 'DATEADD(D, E, "U")', "EOMONTH(D, W)", "EOMONTH(D)", "IF(B, D, D)", "IFERROR(D, D)",
        "WORKDAY(D, W)",
        'WORKDAY(D, W, "2024-02-29")', "DATE(YEAR(D), W, W)", "DATE(E, W, E)",
        'DATETIME_PARSE(DATETIME_FORMAT(D, "Y"), "Y")',
        "DATETIME_PARSE(T, Y)", "DATETIME_PARSE(T)", "SET_TIMEZONE(D, Z)", "BUSINESS_HOURS_ADD(D, W)",
        "BUSINESS_HOURS_ADD(D, {a})", "MAX({d}, {e})", "MAX({m}, NOW())", "MIN(I, {d})", "MAX(I)",
        "NOW()", "TODAY()", "CREATED_TIME()", "LAST_MODIFIED_TIME({a})", "FIRST(I)", "SWITCH(E, 1, D, D)",
    ],
    "L": [
        "{ns}", "FILTER(L, {item} > E)", "FILTER(L, 10 / {item} >= 4)", "ARRAYSORT(L)", "ARRAYUNIQUE(L)",
        "ARRAYCOMPACT(L)", "ARRAYSLICE(L, W, W)",
        "ARRAYSLICE(L, W)", "ARRAYFLATTEN(L, L)", "ARRAYFLATTEN(E, L)",
        'LOOKUP_ALL("prices", {prices.amount} > E, {prices.amount})',
    ],
    "M": [
        "{ts}", "FILTER(M, LEN({item}) > W)", 'FILTER(M, {item} < T)', "ARRAYSORT(M)", "ARRAYUNIQUE(M)",
        "ARRAYCOMPACT(M)", "ARRAYSLICE(M, W, W)",
        "ARRAYFLATTEN(M, M)", "ARRAYFLATTEN(T, M)", 'LOOKUP_ALL("prices", {prices.product} != T, {prices.product})',
    ],
    "I": ["{ds}", "FILTER(I, {item} >= D)", "ARRAYSORT(I)", "ARRAYUNIQUE(I)", "ARRAYSLICE(I, W, W)"],
}  # fmt: skip
_UNITS = st.sampled_from("milliseconds seconds minutes hours days weeks months quarters years".split())
_SMALL = st.integers(-12, 40).map(lambda one: f"({one})")
_PATTERNS = [
    "[a-z]+",
    "^[A-Za-z]+",
    r"\d+",
    r"\s+",
    "[^ ]+$",
    ".",
    "你好|世",
    "(?i)[a-f]",
    r"\w+-\d",
    "ß|đ",
    r"\bO",
    "x{2,3}|y",
    r"[^\w\s]",
]
_ZONES = ["UTC", "Asia/Kolkata", "America/Sao_Paulo", "Europe/Berlin", "Asia/Shanghai", "America/New_York"]


def _quoted(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'


_LEAVES: dict[str, st.SearchStrategy[str]] = {
    "E": st.one_of(
        st.sampled_from(["{a}", "{b}", "0", "1", "2.5", "0.005"]),
        st.decimals(-1000, 1000, allow_nan=False, places=3).map(lambda one: f"({one.normalize():f})"),
        _SMALL,
    ),
    "N": st.sampled_from(["{a}", "{b}", "({a} / {b})"]),
    "T": st.sampled_from(["{s}", "{t}"]) | TEXTS.map(_quoted),
    "B": st.sampled_from(["{on}", "TRUE()", "FALSE()", "TRUE", "{s}", "{a}"]),
    "D": st.sampled_from(["{d}", "{e}", "{m}", "{n}"])
    | st.dates(datetime.date(1950, 1, 1), datetime.date(2080, 1, 1)).map(
        lambda one: f"DATE({one.year}, {one.month}, {one.day})"
    ),
    "L": st.just("{ns}"),
    "M": st.just("{ts}"),
    "I": st.just("{ds}"),
    "W": _SMALL,
    "P": st.sampled_from(_PATTERNS).map(lambda one: f'"{one}"'),
    "F": st.sampled_from(FORMATS).map(_quoted),
    "K": st.lists(st.sampled_from([*TOKENS, *INSTANT_TOKENS]), min_size=1, max_size=5).map(" ".join).map(_quoted),
    "Z": st.sampled_from(_ZONES).map(_quoted),
    "Y": st.sampled_from(PARSED_FORMATS).map(_quoted),
}
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Shanghai"])
Draw = Callable[[st.SearchStrategy[Any]], Any]


@st.composite
def of_kind(draw: Draw, kind: str, depth: int) -> str:
    """An expression that a letter stands for."""
    if kind not in _SHAPES or depth <= 0:
        return str(draw(_LEAVES[kind]))
    return _filled(draw, draw(st.sampled_from(_SHAPES[kind])), depth)


def expressions(depth: int) -> st.SearchStrategy[str]:
    """An expression of any type."""
    return st.one_of(*(of_kind(kind, depth) for kind in _SHAPES))


def shapes() -> list[str]:
    """Every shape that is filled in."""
    return [one for shapes in _SHAPES.values() for one in shapes]


def _filled(draw: Draw, shape: str, depth: int) -> str:
    """The shape with its letters filled in; names and constants in it stay."""
    made: list[str] = []
    quoted = braced = False
    read_in = draw(_LEAVES["Y"]).strip('"')  # the same where it is written and read again
    for at, one in enumerate(shape):
        around = shape[max(at - 1, 0) : at] + shape[at + 1 : at + 2]
        alone = not any(neighbour.isalpha() or neighbour == "_" for neighbour in around)
        quoted ^= one == '"'
        braced = one == "{" or (braced and one != "}")
        if quoted and around == '""' and one in {"U", "Y"}:
            made.append(draw(_UNITS) if one == "U" else read_in)
        elif quoted or braced or not alone or one not in _LEAVES or shape[at + 1 : at + 2] == "(":
            made.append(one)
        else:
            made.append(draw(of_kind(one, draw(st.integers(0, depth - 1)))))
    return "".join(made)
