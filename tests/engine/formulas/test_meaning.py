"""The databases give what a plain evaluator in exact decimals gives."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import formulas
from engine.formulas.types import BOOLEAN, DATE, NUMBER, TEXT, list_of
from tests.engine.formulas.evaluating import Fields, evaluate_over
from tests.engine.formulas.plain import Failed, value_of

KINDS = {"a": NUMBER, "b": NUMBER, "s": TEXT, "on": BOOLEAN, "d": DATE, "e": DATE, "ns": list_of(NUMBER)}
DAYS = st.dates(datetime.date(1600, 1, 1), datetime.date(2400, 12, 31)).map(str)
RECORDS = st.fixed_dictionaries(
    {
        "a": st.none() | st.decimals(-(10**6), 10**6, places=2, allow_nan=False).map(float),
        "b": st.none() | st.integers(-50, 50),
        "s": st.sampled_from([None, "", "abc", "Đường", " x ", "a-b-c"]),
        "on": st.booleans() | st.none(),
        "d": st.none() | DAYS,
        "e": st.none() | DAYS | st.sampled_from(["2024-02-29", "2024-01-31"]),
        "ns": st.lists(st.integers(-9, 9) | st.sampled_from([0.5, 2.25]), max_size=4),
    }
)
PLACES = st.integers(-2, 4).map(str)
NUMBERS: st.SearchStrategy[str] = st.recursive(
    st.sampled_from(["{a}", "{b}", "2", "0.1", "3.75", "100"]),
    lambda inner: st.one_of(
        st.builds("({} + {})".format, inner, inner),
        st.builds("({} - {} + {})".format, inner, inner, inner),
        st.builds("({} * {})".format, inner, st.sampled_from(["{b}", "0.5", "1.1", "-3"])),
        st.builds("({} / {})".format, inner, st.sampled_from(["{b}", "4", "0.8", "({b} + 1)"])),
        st.builds("ROUND({}, {})".format, inner, PLACES),
        st.builds("ROUNDUP({}, 1)".format, inner),
        st.builds("ROUNDDOWN({}, {})".format, inner, PLACES),
        st.builds("INT({})".format, inner),
        st.builds("IF({} < {}, {}, -{})".format, inner, inner, inner, inner),
        st.builds("IFERROR({}, {})".format, inner, inner),
        st.builds("LEN({} & {{s}})".format, inner),
    ),
    max_leaves=8,
)
TEXTS = st.one_of(
    st.builds("({{s}} & {})".format, NUMBERS),
    st.builds("UPPER(LEFT({{s}} & 'ß', {}))".format, st.sampled_from(["2", "{b}"])),
    st.builds("SUBSTITUTE({{s}}, 'b', {})".format, NUMBERS),
    st.builds("IF(OR({{on}}, {} >= {}), TRIM({{s}}), LOWER({{s}}))".format, NUMBERS, NUMBERS),
)
DATES = st.recursive(
    st.sampled_from(["{d}", "{e}"]),
    lambda inner: st.one_of(
        st.builds('DATEADD({}, {}, "{}")'.format, inner, PLACES, st.sampled_from(["days", "weeks", "months", "years"])),
        st.builds("IF({} < {}, {}, {})".format, inner, inner, inner, inner),
    ),
    max_leaves=5,
)
OF_DATES = st.one_of(
    DATES,
    st.builds("{}({})".format, st.sampled_from(["YEAR", "MONTH", "DAY", "WEEKDAY", "DATESTR"]), DATES),
    st.builds('DATETIME_DIFF({}, {}, "{}")'.format, DATES, DATES, st.sampled_from(["days", "weeks"])),
    st.builds("{} {} {}".format, DATES, st.sampled_from(["=", "<", ">=", "!="]), DATES),
)
LISTS = st.sampled_from(["{ns}", "FILTER({ns}, {item} > {b})", "FILTER({ns}, 10 / {item} >= 4)"])
OF_LISTS = st.one_of(
    st.builds("{}({}, {})".format, st.sampled_from(["SUM", "MAX", "MIN", "AVERAGE"]), LISTS, NUMBERS),
    st.builds("{}({})".format, st.sampled_from(["SUM", "MAX", "MIN", "AVERAGE", "COUNTALL"]), LISTS),
    st.builds("{} IN {}".format, st.sampled_from(["{b}", "2", "0.5", "{b} * 0.5 + 1"]), LISTS),
)
TESTS = st.builds("AND({{on}}, {} = {}, NOT({{s}} = 'abc'))".format, NUMBERS, NUMBERS)


@given(text=st.one_of(NUMBERS, TEXTS, TESTS, OF_DATES, OF_LISTS), record=RECORDS)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_database_counts_as_we_do(
    text: str, record: dict[str, Any], on_sqlite: sa.Engine, on_postgresql: sa.Engine
) -> None:
    fields = Fields({key: (kind, record[key]) for key, kind in KINDS.items()})
    tree = formulas.check(text, fields).tree
    try:
        wanted: Any = value_of(tree, record)
    except Failed:
        wanted = Failed
    for engine in (on_sqlite, on_postgresql):
        result = evaluate_over(engine, text, fields)
        found = Failed if result.error else result.value
        assert _same(wanted, found), f"{engine.dialect.name}: {found!r}, not {wanted!r}"


def _same(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, Decimal) and isinstance(found, int | float):
        return math.isclose(float(wanted), found, rel_tol=1e-13, abs_tol=1.5e-10)
    if isinstance(wanted, bool):
        return found is not None and bool(found) is wanted
    return bool(wanted == found)
