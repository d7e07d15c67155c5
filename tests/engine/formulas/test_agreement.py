"""SQLite and PostgreSQL give the same value, or the same error, for expressions that Hypothesis makes up."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings

from engine import formulas
from engine.formulas import Compiled
from engine.storage import sql_types
from tests.engine.formulas.evaluating import SQL_TYPES, Fields, json_value, readable
from tests.engine.formulas.generated import FIELDS, expressions

TABLE = sa.Table(
    "generated",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    *(sa.Column(key, SQL_TYPES.get(kind.name, sql_types.TEXT)) for key, kind in FIELDS.items()),
    prefixes=["TEMPORARY"],
)
COLUMNS: dict[str, list[Any]] = {
    "a": [0, None, 3, -2.5, 1234567.89, 0.1, 19.99, -7, 2.345, 100000.005],
    "b": [0, 7, None, 0.25, -1.5, 12, 0.3, 99.5, 1e9, 3],
    "s": ["", "abc", None, "12.5", "Đường phố", "a b  c", "x", "1,234.5", "2024-02-29", "你好世界"],
    "t": ["b", None, "c", "", "ABC", " ", "%_", "é", "0", "2024-02-29 10:30"],
    "on": [False, True, None, True, False, True, False, True, False, True],
    "d": ["2024-02-29", None, "2023-12-31", "2024-01-31", "1999-12-31", "2026-11-21", *["2024-06-15"] * 4],
    "e": ["2024-03-31", "2024-02-29", None, "0001-01-02", "9998-12-20", "2025-01-01", *["2024-10-27"] * 4],
    "m": [
        "2024-02-29T23:30:00.000Z",
        None,
        "2024-03-31T00:59:59.999Z",
        "2024-10-27T01:30:00.000Z",
        *["2026-11-21T10:00:00.123Z"] * 6,
    ],
    "ns": [[], None, [1, 2.5, None], [5], [3, 3, -1], [0], *[[2, 4, 6.5]] * 4],
    "ts": [[], None, ["a", "b", "a"], ["", None, "x"], ["你好"], ["12"], *[["red", "blue"]] * 4],
}


class Columns(Fields):
    """The fields of the table."""

    def value(self, path: tuple[str, ...]) -> Compiled:
        return Compiled(TABLE.c[path[0]], None, FIELDS[path[0]])


Both = dict[str, sa.Connection]


@pytest.fixture(scope="module")
def both(on_sqlite: sa.Engine, on_postgresql: sa.Engine) -> Iterator[Both]:
    with on_sqlite.connect() as one, on_postgresql.connect() as other:
        rows = [{"id": at, **{key: values[at] for key, values in COLUMNS.items()}} for at in range(10)]
        for connection in (one, other):
            TABLE.create(connection)
            connection.execute(TABLE.insert(), rows)
        yield {"sqlite": one, "postgresql": other}


def values_of(connection: sa.Connection, text: str, time_zone: str) -> list[Any]:
    """What an expression gives for each record: the value, or the reason of its error."""
    scope = Columns({key: (kind, None) for key, kind in FIELDS.items()}, time_zone)
    compiled = formulas.compile(formulas.check(text, scope), scope)
    error = sa.null() if compiled.error is None else compiled.error
    statement = sa.select(readable(compiled), error).select_from(TABLE).order_by(TABLE.c.id)
    return [f"error: {reason}" if reason else json_value(value) for value, reason in connection.execute(statement)]


@given(text=expressions(3))
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@pytest.mark.parametrize("time_zone", ["UTC", "Europe/Berlin"])
def test_databases_agree(both: Both, text: str, time_zone: str) -> None:
    try:
        formulas.check(text, Fields({key: (kind, None) for key, kind in FIELDS.items()}))
    except formulas.FormulaError as error:
        if "deep" in error.says or "longer" in error.says:
            return
        raise
    one, other = (values_of(both[name], text, time_zone) for name in ("sqlite", "postgresql"))
    for at, (left, right) in enumerate(zip(one, other, strict=True)):
        assert _same(left, right), f"record {at}: {left!r} on SQLite, {right!r} on PostgreSQL"


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float):
        # The last of 15 digits may differ where a result has more.
        return math.isclose(one, other, rel_tol=1e-13, abs_tol=2e-10)
    return bool(one == other)
