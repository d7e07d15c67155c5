"""What is allowed works on both databases, however it is nested; and nothing that people write becomes SQL."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import formulas
from engine.formulas.types import NUMBER, TEXT
from tests.engine.formulas.evaluating import Fields, Given, evaluate

GIVEN: dict[str, Given] = {"n": (NUMBER, 2), "s": (TEXT, "a'b\"c{0}%s:x")}
DEEP = 48


def _nested(shape: str, inner: str, times: int = DEEP) -> str:
    for _time in range(times):
        inner = shape.replace("?", inner)
    return inner


@pytest.mark.parametrize(
    "text",
    [
        _nested("ABS(?)", "{n}"),
        _nested("(1 + ?)", "{n}"),
        _nested("(? * 1.5 / 3)", "{n}"),
        _nested("(10 / ?)", "{n}"),
        _nested("IF({n} > 1, ?, 0)", "{n}"),
        _nested("IF({n} > 1, 0, ?)", "{n}"),
        _nested("IF(? > 1, 2, 1)", "{n}"),
        _nested("IFERROR(?, 0)", "1 / {n}"),
        _nested("IFERROR(1 / ?, 0)", "{n}"),
        _nested("ROUND(?, 2)", "{n}"),
        _nested("LEFT(?, 100)", "{s}"),
        _nested('(? & "x")', "{s}"),
        _nested("SUBSTITUTE(?, 'a', 'b')", "{s}"),
        _nested("MAX(?, 1)", "{n}"),
        _nested("SUM(?, 1)", "{n}"),
        _nested("SWITCH(?, 1, 2, 2, 1, 3)", "{n}"),
        _nested("NOT(?)", "{n}"),
        _nested("AND(?, {n} > 0)", "{n}"),
        _nested('DATEADD(?, 1, "month")', "TODAY()"),
        _nested("(? = 1)", "{n}"),
        _nested("POWER(?, 0.9)", "{n}", 12),
        "+".join(["{n}"] * 300),
        "&".join(["{n}"] * 300),
        "*".join(["1.01"] * 45),
        "AND(" + ",".join(["{n} > 1"] * 300) + ")",
        "MAX(" + ",".join(["{n}"] * 150) + ")",
        "IFS(" + ",".join(["{n} > 1, {n}"] * 100) + ")",
        "SWITCH({n}" + ", 5, 6" * 200 + ")",
    ],
    ids=lambda text: text[:12] + text[-6:],
)
def test_nested_as_deep_as_allowed(text: str, engine: sa.Engine) -> None:
    evaluate(engine, text, **GIVEN)
    formula = formulas.check(text, Fields(GIVEN))
    compiled = formulas.compile(formula, Fields(GIVEN))
    table = sa.Table("deep", sa.MetaData(), sa.Column("x", sa.Text), prefixes=["TEMPORARY"])
    with engine.connect() as connection:
        # As computed fields use it: inside an UPDATE, a CASE and a condition.
        table.drop(connection, checkfirst=True)
        table.create(connection)
        value = sa.case((compiled.value.is_not(None), sa.cast(compiled.value, sa.Text)), else_="none")
        connection.execute(
            table.update().values(x=value).where(sa.or_(table.c.x.is_(None), compiled.value.is_not(None)))
        )
        table.drop(connection)
        connection.commit()


@pytest.mark.parametrize("text", ["{s}", "UPPER({s})", '{s} & "\'; DROP TABLE x; --"', "LEN({s})", "REPT({s}, 3)"])
def test_texts_are_parameters_never_sql(text: str, engine: sa.Engine) -> None:
    result = evaluate(engine, text, **GIVEN)
    if text.startswith("{s} &"):
        assert result.value == "a'b\"c{0}%s:x'; DROP TABLE x; --"


def test_the_same_expression_has_the_same_cache_key() -> None:
    def compiled() -> formulas.Compiled:
        text = 'IF({n} / 3 > 1, ROUND({n} * 1.1, 2) & UPPER({s}), DATETIME_FORMAT(TODAY(), "D MMM"))'
        return formulas.compile(formulas.check(text, Fields(GIVEN)), Fields(GIVEN))

    one, other = (sa.select(made.value)._generate_cache_key() for made in (compiled(), compiled()))
    assert one is not None
    assert other is not None
    assert one.key == other.key


def test_a_compiled_expression_can_be_used_again(engine: sa.Engine) -> None:
    compiled = formulas.compile(formulas.check("ROUND({n} / 3, 2)", Fields(GIVEN)), Fields(GIVEN))
    with engine.connect() as connection:
        first = connection.execute(sa.select(compiled.value)).scalar_one()
        assert connection.execute(sa.select(compiled.value, compiled.value)).one() == (first, first)
        assert connection.execute(sa.select(1).where(compiled.value > 0).order_by(compiled.value)).scalar_one() == 1


def test_a_text_is_no_longer_than_it_may_be(engine: sa.Engine) -> None:
    longest = 'REPT("ab", 50000)'
    assert len(evaluate(engine, longest).value) == 100_000
    assert len(evaluate(engine, f'{longest} & "c"').value) == 100_000
    assert len(evaluate(engine, f'SUBSTITUTE({longest}, "a", "xyz")').value) == 100_000
    assert evaluate(engine, 'REPT("a", 100001)').error == "out_of_range"


def test_a_formula_names_at_most_fifty_fields() -> None:
    fields: dict[str, Given] = {f"f{number}": (NUMBER, 1) for number in range(51)}
    named = " + ".join(f"{{{name}}}" for name in list(fields)[:50])
    assert len(formulas.check(f"{named} + {{f0}}", Fields(fields)).paths) == 50
    with pytest.raises(formulas.FormulaError, match="more than 50 fields"):
        formulas.check(f"{named} + {{f50}}", Fields(fields))


SIGNS = "{}()[]\"'\\,.&+-*/=<>!%^|;@#$ \n09aZ_中đ\u3000\x00"


@settings(max_examples=300)
@given(st.text(st.sampled_from(SIGNS), max_size=60) | st.text(max_size=40))
def test_any_text_is_an_expression_or_says_where_it_is_none(text: str) -> None:
    for one in _mistakes(text):
        assert one.says
        assert 0 <= one.start <= one.end <= len(text) + 1


def _mistakes(text: str) -> Sequence[formulas.Mistake]:
    try:
        formulas.check(text, Fields(GIVEN))
    except formulas.FormulaError as error:
        return error.mistakes
    return ()
