"""What records are summed up to: each is one line, its SQL and the word that people read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from engine.formulas import lists
from engine.formulas.sql import BOOLEAN, NUMBER, TEXT, alike, dialects, double_function, exact_sum, rounded
from engine.formulas.types import Type
from engine.text import Text, _

Value = ColumnElement[Any]
# How the answer reads: like the field's values, as a plain number, a count, a share of 1, a number of days, or as a
# list of the values with how often each is there.
Gives = Literal["value", "number", "count", "share", "days", "portions"]
_ALL: frozenset[str] = frozenset()  # whatever type it is
_NUMBERS, _DATES, _YES = frozenset({"number"}), frozenset({"date", "date_time"}), frozenset({"boolean"})


@dataclass(frozen=True)
class Aggregate:
    """`of` names the types that it goes with (none: all); `sql` is given a value that is NULL where it is empty.

    What gives `portions` is no one value: its `sql` counts, and `engine/totals.py` asks it by the values.
    """

    label: Text
    gives: Gives
    of: frozenset[str]
    sql: Callable[[Value], Value]

    def goes_with(self, held: Type) -> bool:
        """Whether it can be worked out from values of the type."""
        return not self.of or (not held.is_list and held.name in self.of)


def filled(value: Value, held: Type) -> Value:
    """The value, NULL where it counts as empty."""
    if held.name == "boolean":
        return sa.func.nullif(value, sa.false(), type_=BOOLEAN)
    if held.is_list:
        return sa.case((lists.length(value) > 0, value), else_=sa.null())
    return sa.func.nullif(value, "", type_=TEXT) if held.name == "text" else value


def average(value: Value) -> Value:
    """The exact sum by the count; NULL of nothing."""
    number = sa.func.nullif(sa.func.count(value), 0)
    quotient = dialects("({0} * 1.0 / {1})", "({0} / {1})", exact_sum(value), number, type_=NUMBER)
    return rounded(quotient)


def _sum(value: Value) -> Value:
    return sa.func.coalesce(exact_sum(value), 0, type_=NUMBER)


def _share(part: Value) -> Value:
    whole = sa.func.nullif(sa.func.count(), 0)
    return rounded(dialects("({0} * 1.0 / {1})", "(CAST({0} AS NUMERIC) / {1})", part, whole, type_=NUMBER))


def share_within(number: Value, keys: Sequence[Value]) -> Value:
    """What a count is of all the counts whose groups share `keys`; of nothing of nothing NULL."""
    whole = sa.func.nullif(sa.func.sum(number).over(partition_by=list(keys) or None), 0)
    return rounded(dialects("({0} * 1.0 / {1})", "(CAST({0} AS NUMERIC) / {1})", number, whole, type_=NUMBER))


def _empty(value: Value) -> Value:
    return sa.func.count() - sa.func.count(value)


def _unique(value: Value) -> Value:
    return sa.func.count(sa.distinct(value))


def _percentile(share: float) -> Callable[[Value], Value]:
    sqlite = f"number_percentile({{0}}, {share})"
    postgresql = f"CAST(percentile_cont({share}) WITHIN GROUP (ORDER BY CAST({{0}} AS DOUBLE PRECISION)) AS NUMERIC)"
    return lambda value: rounded(dialects(sqlite, postgresql, value, type_=NUMBER))


def _variance(value: Value) -> Value:
    found = dialects("number_variance({0})", "var_samp(CAST({0} AS NUMERIC))", value, type_=NUMBER)
    return rounded(found)


def _deviation(value: Value) -> Value:
    found = dialects("number_variance({0})", "var_samp(CAST({0} AS NUMERIC))", value, type_=NUMBER)
    return rounded(double_function("sqrt", found))


def _range(value: Value) -> Value:
    return rounded(alike("({0} - {1})", sa.func.max(value), sa.func.min(value), type_=NUMBER))


def _days(value: Value) -> Value:
    """Whole days from the earliest to the latest."""
    sqlite = "CAST(julianday({0}) - julianday({1}) + 0.000001 AS INTEGER)"
    postgresql = "floor(extract(EPOCH FROM (CAST({0} AS TIMESTAMPTZ) - CAST({1} AS TIMESTAMPTZ))) / 86400 + 0.000001)"
    return dialects(sqlite, postgresql, sa.func.max(value), sa.func.min(value), type_=NUMBER)


AGGREGATES: Mapping[str, Aggregate] = {
    "count": Aggregate(_("Records"), "count", _ALL, lambda _v: sa.func.count()),
    "percent_count": Aggregate(_("Records in %"), "share", _ALL, lambda _v: share_within(sa.func.count(), ())),
    "filled": Aggregate(_("Filled"), "count", _ALL, sa.func.count),
    "empty": Aggregate(_("Empty"), "count", _ALL, _empty),
    "unique": Aggregate(_("Different"), "count", _ALL, _unique),
    "percent_filled": Aggregate(_("Filled in %"), "share", _ALL, lambda v: _share(sa.func.count(v))),
    "percent_empty": Aggregate(_("Empty in %"), "share", _ALL, lambda v: _share(_empty(v))),
    "percent_unique": Aggregate(_("Different in %"), "share", _ALL, lambda v: _share(_unique(v))),
    "distribution": Aggregate(_("Distribution"), "portions", _ALL, lambda _v: sa.func.count()),
    "checked": Aggregate(_("Ticked"), "count", _YES, sa.func.count),
    "percent_checked": Aggregate(_("Ticked in %"), "share", _YES, lambda v: _share(sa.func.count(v))),
    "sum": Aggregate(_("Sum"), "value", _NUMBERS, _sum),
    "average": Aggregate(_("Average"), "number", _NUMBERS, average),
    "median": Aggregate(_("Median"), "number", _NUMBERS, _percentile(0.5)),
    "min": Aggregate(_("Smallest"), "value", _NUMBERS | _DATES, sa.func.min),
    "max": Aggregate(_("Largest"), "value", _NUMBERS | _DATES, sa.func.max),
    "range": Aggregate(_("Range"), "value", _NUMBERS, _range),
    "deviation": Aggregate(_("Standard deviation"), "number", _NUMBERS, _deviation),
    "variance": Aggregate(_("Variance"), "number", _NUMBERS, _variance),
    "percentile_10": Aggregate(_("10th percentile"), "number", _NUMBERS, _percentile(0.1)),
    "percentile_25": Aggregate(_("25th percentile"), "number", _NUMBERS, _percentile(0.25)),
    "percentile_75": Aggregate(_("75th percentile"), "number", _NUMBERS, _percentile(0.75)),
    "percentile_90": Aggregate(_("90th percentile"), "number", _NUMBERS, _percentile(0.9)),
    "percentile_95": Aggregate(_("95th percentile"), "number", _NUMBERS, _percentile(0.95)),
    "earliest": Aggregate(_("Earliest"), "value", _DATES, sa.func.min),
    "latest": Aggregate(_("Latest"), "value", _DATES, sa.func.max),
    "span_days": Aggregate(_("Span in days"), "days", _DATES, _days),
}
