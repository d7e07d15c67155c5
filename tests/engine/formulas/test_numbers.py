"""Numbers are exact decimals on both databases."""

from __future__ import annotations

import random
from decimal import ROUND_HALF_UP, Decimal

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.formulas.sql import exact_sum, rounded
from engine.formulas.types import NUMBER, TEXT
from engine.storage import sql_types
from tests.engine.formulas.evaluating import evaluate

CENTS = st.integers(-(10**11), 10**11).map(lambda one: Decimal(one) / 100)
SLOW = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1 + 0.2 = 0.3", True),
        ("1.1 + 2.2 = 3.3", True),
        ("0.3 - 0.1 = 0.2", True),
        ("1234567890.12 - 1234567890.1 = 0.02", True),
        ("4.35 * 100 = 435", True),
        ("1.005 * 1000 = 1005", True),
        ("10 / 4 = 2.5", True),
        ("999999999999999 + 1 - 1", 999999999999999),
        ("ROUND(2.345, 2)", 2.35),
        ("ROUND(1.005, 2)", 1.01),
        ("ROUND(-1.005, 2)", -1.01),
        ("ROUND(2.5)", 3),
        ("ROUND(-2.5)", -3),
        ("ROUND(1234.5, -2)", 1200),
        ("ROUND(1250, -2)", 1300),
        ("ROUND(8.345 * 100) / 100", 8.35),
        ("ROUNDDOWN(8.7 * 100)", 870),
        ("ROUNDUP(1.1 * 3, 1)", 3.3),
        ("INT(0.29 * 100)", 29),
        ("MOD(5.3, 0.1)", 0),
        ("MOD(-7, 3)", 2),
        ("7 / 2", 3.5),
        ("5 * 5 / 2", 12.5),
        ("1000000 * 1000000 * 1000000", 1e18),
        ("POWER(10, 290) * POWER(10, 290) > 1", True),
        ("123456.789 * 1000", 123456789),
        ("0.00000000004 + 0", 0),
        ("0.00000000005 + 0", 1e-10),
    ],
)
def test_decimals(text: str, value: object, engine: sa.Engine) -> None:
    result = evaluate(engine, text)
    assert (bool(result.value) if value is True else result.value) == value


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2.50", "2.5"),
        ("100", "100"),
        ("0.1 + 0.2", "0.3"),
        ("1 / 8", "0.125"),
        ("0.0000001 * 1", "0.0000001"),
        ("10 * 100000000000000", "1000000000000000"),
        ("POWER(10, 20)", "100000000000000000000"),
        ("-0.5", "-0.5"),
        ("0 * -1", "0"),
        ("1 / 3", "0.3333333333"),
    ],
)
def test_a_number_as_text_has_no_trailing_zeros_and_no_exponent(text: str, shown: str, engine: sa.Engine) -> None:
    assert evaluate(engine, f'({text}) & ""').value == shown


@SLOW
@given(a=CENTS, b=CENTS)
def test_money_adds_up(a: Decimal, b: Decimal, on_sqlite: sa.Engine) -> None:
    given = {"a": (NUMBER, float(a)), "b": (NUMBER, float(b))}
    assert evaluate(on_sqlite, "{a} + {b}", **given).value == float(a + b)
    assert evaluate(on_sqlite, "{a} - {b}", **given).value == float(a - b)


@SLOW
@given(number=st.decimals(-(10**9), 10**9, places=4, allow_nan=False), places=st.integers(-3, 4))
def test_rounding_is_decimal(number: Decimal, places: int, on_sqlite: sa.Engine, on_postgresql: sa.Engine) -> None:
    wanted = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    for engine in (on_sqlite, on_postgresql):
        assert evaluate(engine, f"ROUND({{n}}, {places})", n=(NUMBER, float(number))).value == float(wanted)


@SLOW
@given(number=st.decimals(-(10**11), 10**11, places=3, allow_nan=False))
def test_a_number_survives_as_text(number: Decimal, on_sqlite: sa.Engine) -> None:
    text = evaluate(on_sqlite, '{n} & ""', n=(NUMBER, float(number))).value
    assert Decimal(text) == number
    assert evaluate(on_sqlite, "VALUE({t})", t=(TEXT, text)).value == float(number)


def test_a_sum_over_many_is_exact_to_the_cent(engine: sa.Engine) -> None:
    made = random.Random(7)
    amounts = [Decimal(made.randint(-(10**9), 10**9)) / 100 for _one in range(50_000)]
    amounts += [Decimal("12345678901.23"), Decimal("-12345678901.22"), Decimal("999999999999.99")]
    table = sa.Table("sums", sa.MetaData(), sa.Column("amount", sql_types.NUMBER), prefixes=["TEMPORARY"])
    with engine.connect() as connection:
        table.create(connection)
        connection.execute(table.insert(), [{"amount": float(one)} for one in amounts] + [{"amount": None}])
        total = sa.type_coerce(exact_sum(table.c.amount), sql_types.NUMBER)
        average = sa.type_coerce(rounded(exact_sum(table.c.amount) / sa.func.count(table.c.amount)), sql_types.NUMBER)
        found, mean = connection.execute(sa.select(total, average)).one()
        none = connection.execute(sa.select(total).where(table.c.amount > 10**13)).scalar_one()
        table.drop(connection)
        connection.commit()
    assert found == float(sum(amounts))
    assert mean == pytest.approx(float(sum(amounts) / len(amounts)), rel=1e-12)
    assert none in (None, 0)
