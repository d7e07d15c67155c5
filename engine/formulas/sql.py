"""The SQL that expressions are made of: numbers, texts and lists. Dates have `dates.py`.

Arithmetic. PostgreSQL counts in NUMERIC, SQLite 3.40 in doubles, so every result is settled to the same
decimal: 15 significant digits counted from the greatest operand, at most 10 decimals, halves away from zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from engine.formulas.dialects import BOOLEAN, NUMBER, TEXT, Element, alike, dialects
from engine.formulas.lists import join_items, join_list, json_list
from engine.formulas.types import Type

__all__ = [
    "BOOLEAN",
    "NUMBER",
    "TEXT",
    "Element",
    "alike",
    "dialects",
    "join_items",
    "join_list",
    "json_list",
]  # from elsewhere

LARGEST = "1e300"  # a greater result stays there; doubles end at 1.8e308
EMPTY = sa.literal_column("''", TEXT)


# Numbers


def number(value: Decimal | int) -> Element:
    """A constant; NUMERIC on PostgreSQL, where 1 / 2 would be 0 between integers."""
    text = format(Decimal(value), "f")
    return dialects(text if value >= 0 else f"({text})", f"CAST({text} AS NUMERIC)", type_=NUMBER)


def integer(value: int) -> Element:
    """A small SQL integer."""
    return sa.literal_column(str(value) if value >= 0 else f"({value})", NUMBER)


def numeric(element: Element) -> Element:
    """A column or aggregate as a number that we count with: NUMERIC on PostgreSQL, whatever integer it was."""
    return dialects("{0}", "CAST({0} AS NUMERIC)", element, type_=NUMBER)


_STEPS = [(5, 10), *((digits, 15 - digits) for digits in range(6, 16))]
_SETTLED_SQLITE = (
    # Times a hair more than 10^10, so that 1.00000000005, just below its half as a double, goes up.
    "CASE WHEN {1} < 1e4 THEN round({0} * 10000000000.000004) / 1e10"
    + "".join(f" WHEN {{1}} < 1e{digits} THEN round({{0}} * 1e{places}) / 1e{places}" for digits, places in _STEPS)
    + f" WHEN {{0}} IS NOT NULL THEN CAST(printf('%!.15g', max(min({{0}}, {LARGEST}), -{LARGEST})) AS REAL) END"
)
# So many decimals as the digits before the point leave; found in their text, since making a plan for a case each takes
# as long as adding a record.
_SETTLED_POSTGRESQL = (
    "CASE WHEN {1} < 1e15 THEN round({0}, LEAST(10, 15 - length(CAST(trunc({1}) AS TEXT))))"
    f" WHEN {{0}} IS NOT NULL THEN CAST(CAST(GREATEST(LEAST({{0}}, {LARGEST}), -{LARGEST})"
    " AS DOUBLE PRECISION) AS NUMERIC) END"
)


def settled(value: Element, magnitude: Element) -> Element:
    """`value` rounded to the digits that `magnitude` (of its greatest operand) leaves; mentions both often."""
    return dialects(_SETTLED_SQLITE, _SETTLED_POSTGRESQL, value, magnitude, type_=NUMBER)


def absolute(value: Element) -> Element:
    """The number without its sign."""
    return alike("abs({0})", value, type_=NUMBER)


def rounded(value: Element) -> Element:
    """A number settled to its 15 digits and 10 decimals, for the result of a division or an average."""
    return settled(value, absolute(value))


EXACT_SUM_SQLITE = (
    "CAST(printf('%!.15g', total(CAST({0} AS INTEGER))"
    " + total(round(({0} - CAST({0} AS INTEGER)) * 1e10)) / 1e10) AS NUMERIC)"
)


def exact_sum(column: Element) -> Element:
    """The aggregate sum of a number column, exact in its first 15 digits; of no records it is NULL or 0.

    SQLite 3.40 adds doubles as they come and loses cents, so whole parts and ten-billionths are added apart,
    each as whole numbers; `total` is `sum` without its overflow error.
    """
    return dialects(EXACT_SUM_SQLITE, "sum(CAST({0} AS NUMERIC))", column, type_=NUMBER)


def trimmed(value: Element) -> Element:
    """A number without zeros at the end of its decimals, as it is stored and read."""
    return dialects("{0}", "trim_scale({0})", value, type_=NUMBER)


def plus(values: Sequence[Element]) -> Element:
    """The plain sum, not yet settled. Long ones in groups: SQLite limits how deep a tree is."""
    return _in_groups(values, " + ", NUMBER)


def times(one: Element, other: Element) -> Element:
    """The plain product; as a double on SQLite, where great integers would overflow."""
    return dialects("({0} * {1})", "({0} * {1})", one, other, type_=NUMBER)


def over(one: Element, other: Element) -> Element:
    """The plain quotient; `other` must not be 0."""
    return dialects("({0} * 1.0 / {1})", "({0} / {1})", one, other, type_=NUMBER)


def bounded(value: Element) -> Element:
    """The number, not beyond what is counted with; a double might be infinite, and infinite times 0 is nothing."""
    return dialects(f"max(min({{0}}, {LARGEST}), -{LARGEST})", "{0}", value, type_=NUMBER)


def compared(one: Element, operator: str, other: Element) -> Element:
    """Two values that are not NULL, held against each other."""
    return alike(f"({{0}} {operator} {{1}})", one, other, type_=BOOLEAN)


def whole(value: Element, lowest: int, highest: int) -> Element:
    """The number without its decimals as an SQL integer, kept within bounds; mentions it often."""
    return alike(f"CAST(trunc({_WITHIN.format(low=lowest, high=highest)}) AS INTEGER)", value, type_=NUMBER)


def within(value: Element, lowest: int, highest: int) -> Element:
    """The number, or the bound that it lies beyond; mentions it often."""
    return alike(_WITHIN.format(low=lowest, high=highest), value, type_=NUMBER)


# Not GREATEST and LEAST: on PostgreSQL they pass over NULL, and the bound would come out.
_WITHIN = "CASE WHEN {{0}} < {low} THEN {low} WHEN {{0}} > {high} THEN {high} ELSE {{0}} END"


def at_least_zero(value: Element) -> Element:
    """The number, or 0 if it is negative; mentions it often."""
    return alike("CASE WHEN {0} < 0 THEN 0 ELSE {0} END", value, type_=NUMBER)


def above_zero(value: Element) -> Element:
    """The number, or NULL if it is not positive; mentions it twice."""
    return alike("CASE WHEN {0} > 0 THEN {0} END", value, type_=NUMBER)


def floor(value: Element) -> Element:
    """The next whole number down. On SQLite `floor` is a Python function of SQLAlchemy's, which fails on NULL."""
    return dialects("(-ceil(-{0}))", "floor({0})", value, type_=NUMBER)


def cut_quotient(value: Element, divisor: int) -> Element:
    """A whole number divided, cut towards zero."""
    if divisor == 1:
        return value
    return dialects(f"({{0}} / {divisor})", f"trunc({{0}} / {divisor})", value, type_=NUMBER)


def double_function(name: str, *arguments: Element) -> Element:
    """A function of doubles (sqrt, exp, ln, power) that both databases have; the arguments must be in its domain."""
    places = ", ".join(f"CAST({{{at}}} AS DOUBLE PRECISION)" for at in range(len(arguments)))
    plain = ", ".join(f"{{{at}}}" for at in range(len(arguments)))
    return dialects(f"{name}({plain})", f"CAST({name}({places}) AS NUMERIC)", *arguments, type_=NUMBER)


# Truth


def same_truth(one: Element, other: Element) -> Element:
    """Whether both hold or neither."""
    return compared(one, "=", other)


def is_not_true(test: Element) -> Element:
    """Whether a test is false or NULL."""
    return alike("({0} IS NOT TRUE)", test, type_=BOOLEAN)


def is_known(test: Element) -> Element:
    """Whether a test is not NULL; its own parentheses, since NOT binds looser than IS."""
    return alike("({0} IS NOT NULL)", test, type_=BOOLEAN)


def every(tests: Sequence[Element]) -> Element:
    """Whether all hold; none may be NULL."""
    return _in_groups(tests, " AND ", BOOLEAN)


def any_of(tests: Sequence[Element]) -> Element:
    """Whether at least one holds; none may be NULL."""
    return _in_groups(tests, " OR ", BOOLEAN)


def odd(tests: Sequence[Element]) -> Element:
    """Whether an odd number of them holds."""
    counts = [sa.case((one, sa.literal_column("1")), else_=sa.literal_column("0")) for one in tests]
    return alike("({0} % 2 = 1)", plus(counts), type_=BOOLEAN)


# Texts


def lower(value: Element) -> Element:
    """Lower case in all of Unicode."""
    return dialects("unicode_lower({0})", '(lower({0} COLLATE UNICODE) COLLATE "C")', value)


def upper(value: Element) -> Element:
    """Upper case in all of Unicode."""
    return dialects("unicode_upper({0})", '(upper({0} COLLATE UNICODE) COLLATE "C")', value)


def text_constant(value: str) -> Element:
    """A text as a parameter, never as SQL."""
    return sa.literal(value, TEXT)


def joined(parts: Sequence[Element]) -> Element:
    """Texts one after the other; none of them may be NULL."""
    return _in_groups(parts, " || ", TEXT)


def _in_groups(parts: Sequence[Element], operator: str, type_: Any) -> Element:
    while len(parts) > 50:
        parts = [_in_groups(parts[at : at + 50], operator, type_) for at in range(0, len(parts), 50)]
    places = operator.join(f"{{{at}}}" for at in range(len(parts)))
    return alike(f"({places})", *parts, type_=type_)


def position(part: Element, whole: Element) -> Element:
    """Where a text first has the part, counted from 1; 0 if it has not."""
    return dialects("instr({1}, {0})", "CAST(strpos({1}, {0}) AS NUMERIC)", part, whole, type_=NUMBER)


def by_code_point(value: Element) -> Element:
    """The text so that it compares by code point whatever the database's own collation."""
    return dialects("{0}", '({0} COLLATE "C")', value)


def is_filled(value: Element) -> Element:
    """The text is neither NULL nor empty (NULL counts as false)."""
    return alike("({0} IS NOT NULL AND {0} <> '')", value, type_=BOOLEAN)


_CASTS = {"number": "NUMERIC", "boolean": "BOOLEAN", "date": "DATE", "date_time": "TIMESTAMPTZ", "list": "JSONB"}


def typed_null(kind: Type) -> Element:
    """NULL that PostgreSQL knows the type of."""
    return dialects("NULL", f"CAST(NULL AS {_CASTS.get(kind.name, 'TEXT')})", type_=_TYPES.get(kind.name, TEXT))


_TYPES: dict[str, Any] = {"number": NUMBER, "boolean": BOOLEAN}
