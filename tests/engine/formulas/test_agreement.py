"""Both databases and a plain evaluator give the same for expressions and records that Hypothesis makes up."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import formulas
from engine.formulas import Compiled, Formula
from engine.formulas.calendar import Calendar
from engine.formulas.functions import functions
from engine.storage import sql_types
from tests.engine.formulas.evaluating import NOW, PRICES, SQL_TYPES, Fields, Prices, json_value, readable
from tests.engine.formulas.generated import FIELDS, RECORDS, ZONES, expressions, shapes
from tests.engine.formulas.plain import MEANINGS, Failed, Unknown, World, value_of

CALENDAR = Calendar(
    (*[((9 * 60, 12 * 60), (13 * 60, 17 * 60 + 30))] * 5, (), ()),
    {
        "2026-10-01": (),
        "2026-10-02": (),
        "2026-10-10": ((9 * 60, 12 * 60),),
        "2024-02-29": (),
        "2018-11-04": ((0, 1440),),
    },
)
PRICE_ROWS = (
    {"id": "rec1", "product": "a", "amount": 2.5},
    {"id": "rec2", "product": "你好世界", "amount": 100},
    {"id": "rec3", "product": None, "amount": None},
)
TABLE = sa.Table(
    "generated",
    sa.MetaData(),
    sa.Column("place", sa.Integer, primary_key=True),
    *(sa.Column(key, SQL_TYPES.get(kind.name, sql_types.TEXT)) for key, kind in FIELDS.items()),
    prefixes=["TEMPORARY"],
)


class SomePrices(Prices):
    """The records of the other table."""

    rows = sa.union_all(
        *(
            sa.select(
                sa.literal(one["id"], sa.Text()).label("id"),
                sa.literal(one["product"], sa.Text()).label("product"),
                sa.cast(one["amount"], sql_types.NUMBER).label("amount"),
            )
            for one in PRICE_ROWS
        )
    ).subquery()

    def value(self, path: tuple[str, ...]) -> Compiled:
        return Compiled(self.rows.c[path[0]], None, PRICES[path[0]][0])


class Columns(Fields):
    """The fields of the table."""

    def value(self, path: tuple[str, ...]) -> Compiled:
        key = ".".join(path)
        return Compiled(TABLE.c[key], None, FIELDS[key])

    def each(self, table: str) -> Prices:
        return SomePrices()


Both = Mapping[str, sa.Connection]
Record = Mapping[str, Any]


@pytest.fixture(scope="module")
def both(on_sqlite: sa.Engine, on_postgresql: sa.Engine) -> Iterator[Both]:
    with on_sqlite.connect() as one, on_postgresql.connect() as other:
        for connection in (one, other):
            TABLE.create(connection)
        yield {"sqlite": one, "postgresql": other}


def scope_in(zone: str) -> Columns:
    return Columns({key: (kind, None) for key, kind in FIELDS.items()}, zone, CALENDAR)


def stored(connection: sa.Connection, checked: list[Formula], scope: Columns, records: list[Record]) -> list[list[Any]]:
    """What each expression gives for each record: the value, or the class `Failed`."""
    connection.execute(TABLE.delete())
    connection.execute(TABLE.insert(), [{"place": at, **one} for at, one in enumerate(records)])
    columns: list[Any] = []
    for one in checked:
        compiled = formulas.compile(one, scope)
        columns += [readable(compiled), sa.null() if compiled.error is None else compiled.error]
    columns = [one.label(f"x{at}") for at, one in enumerate(columns)]
    rows = connection.execute(sa.select(*columns).select_from(TABLE).order_by(TABLE.c.place)).all()
    return [[Failed if row[at + 1] else json_value(row[at]) for row in rows] for at in range(0, len(columns), 2)]


def plainly(formula: Formula, scope: Columns, record: Record) -> Any:
    """What the plain evaluator gives: a value, or one of the classes `Failed` and `Unknown`."""
    now = datetime.datetime.fromisoformat(NOW)
    world = World(record, ZoneInfo(scope.time_zone), CALENDAR, now, PRICE_ROWS)
    try:
        return value_of(formula.tree, world)
    except (Failed, Unknown) as found:
        return type(found)


@given(
    texts=st.lists(expressions(3), min_size=1, max_size=6),
    records=st.lists(RECORDS, min_size=1, max_size=4),
    zone=ZONES,
)
@settings(
    max_examples=3 * settings().max_examples,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_all_agree(both: Both, texts: list[str], records: list[Record], zone: str) -> None:
    scope = scope_in(zone)
    checked = [one for one in (_checked(text, scope) for text in texts) if one is not None]
    if not checked:
        return
    on_sqlite, on_postgresql = (stored(both[name], checked, scope, records) for name in ("sqlite", "postgresql"))
    for formula, left, right in zip(checked, on_sqlite, on_postgresql, strict=True):
        for record, one, other in zip(records, left, right, strict=True):
            wanted = plainly(formula, scope, record)
            told = f"{formula.text}\n{one!r} on SQLite, {other!r} on PostgreSQL, {wanted!r} in plain Python\n{record}"
            assert _same(one, other), told
            assert wanted is Unknown or _same(_json(wanted, formula), one), told


def _checked(text: str, scope: Columns) -> Formula | None:
    try:
        return formulas.check(text, scope)
    except formulas.FormulaError as error:
        if any(words in str(error.says) for words in ("deep", "longer", "no date", "no number", "no group")):
            return None  # a text that Hypothesis put where another one is needed
        raise


def _json(value: Any, formula: Formula) -> Any:
    """A value of the plain evaluator as the databases give it."""
    if isinstance(value, list):
        return [_json(one, formula) for one in value]
    if isinstance(value, datetime.datetime):
        return f"{value.year:04}-{value:%m-%dT%H:%M:%S}.{value.microsecond // 1000:03}Z"
    if isinstance(value, datetime.date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, int | float) and isinstance(other, int | float):
        # The last of 15 digits may differ where a result has more.
        return math.isclose(one, other, rel_tol=1e-13, abs_tol=2e-10)
    return bool(one == other)


# What only the databases agree on, with the reason.
ONLY_DATABASES = {
    "AUTONUMBER": "read as a field",
    "PREVIOUS": "read as a field",
}


def test_every_function_is_tried() -> None:
    tried = "".join(shapes())
    names = {name: f"{name}(" if one.is_word else name.strip("x") for name, one in functions().items()}
    assert [name for name, written in names.items() if written not in tried] == []


def test_of_every_function_there_is_an_opinion_or_a_reason_why_not() -> None:
    assert set(MEANINGS) | set(ONLY_DATABASES) == set(functions())
    assert not set(MEANINGS) & set(ONLY_DATABASES)
