"""Small print: what people who know such formulas rely on, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from engine import formulas
from engine.formulas import FormulaError, sql
from engine.formulas.types import DATE, DATE_TIME, NUMBER, TEXT, USER, list_of
from tests.engine.formulas.evaluating import Fields, Given, evaluate, evaluate_over

GIVEN: dict[str, Given] = {
    "at": (DATE_TIME, "2024-02-09T15:04:05.000Z"),
    "day": (DATE, "2024-02-09"),
    "days": (list_of(DATE), ["2024-02-09", "2024-01-01"]),
    "moments": (list_of(DATE_TIME), ["2024-02-09T15:04:05.000Z", "2024-01-01T00:00:00.000Z"]),
    "none": (list_of(NUMBER), []),
    "n": (NUMBER, None),
    "ns": (list_of(NUMBER), [3, 1, 20]),
    "words": (list_of(TEXT), ["red", "", "blue"]),
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('REGEX_REPLACE("hello", "l+", "[$0]")', "he[ll]o"),
        ('REGEX_REPLACE("a-b", "(a)-(b)", "$2$1$0")', "baa-b"),
        ('DATETIME_FORMAT(SET_LOCALE({at}, "de"), "L LL LT")', "09.02.2024 9. Februar 2024 15:04"),
        ('DATETIME_FORMAT(SET_LOCALE({at}, "en-gb"), "L")', "09/02/2024"),
        ('DATETIME_FORMAT(SET_LOCALE({at}, "vi"), "LL")', "9 tháng 2 năm 2024"),
        ("MAX({days})", "2024-02-09"),
        ("MIN({days}, {day})", "2024-01-01"),
        ("MIN({moments})", "2024-01-01T00:00:00.000Z"),
        ("MAX({day}, DATE(2025, 1, 1))", "2025-01-01"),
        ("MAX({none})", 0),
        ("MIN({n})", 0),
        ("MAX({n}, -4)", -4),
        ("1e3 + 2.5E-1", 1000.25),
        ("1 + // one\n 1 /* and\n one */ + 1", 3),
        ('"no // comment /* here */"', "no // comment /* here */"),
        ("FILTER({ns}, {item} > 2)", [3, 20]),
        ("SUM(FILTER({ns}, AND({item} > 1, {item} < 10)))", 3),
        ('FILTER({words}, {item} != "") & ""', "red, blue"),
        ('COUNTALL(FILTER({days}, {item} > "2024-01-15"))', 1),
        ("FILTER({ns}, {item} = MAX({ns}))", [20]),
        ("FILTER({ns}, ANY({ns}, {item} > 100))", []),
        ("FILTER({ns}, 1 / ({item} - 1) > 0)", [3, 20]),
        ("ANY({ns}, {item} > 10)", True),
        ("EVERY({ns}, {item} > 1)", False),
        ("EVERY({none}, {item} > 1)", True),
        ("ANY({none}, {item} > 1)", False),
    ],
)
def test_it_gives(text: str, value: Any, engine: sa.Engine) -> None:
    assert evaluate(engine, text, **GIVEN).value == value


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("SUM({days})", "MAX and MIN find the latest"),
        ("MAX({day}, 1)", "not all of one kind"),
        ("FILTER({ns}, {item.x} > 1)", "There is no field item.x"),
        ("FILTER({ns})", "needs more arguments"),
        ("{item} > 1", "There is no field item"),
        ("1 /* x", "This comment has no closing */."),
    ],
)
def test_it_is_refused(text: str, says: str, engine: sa.Engine) -> None:
    with pytest.raises(FormulaError) as error:
        evaluate(engine, text, **GIVEN)
    assert says in error.value.says


@pytest.mark.parametrize(
    ("text", "value"),
    [('UPPER("đường straße")', "ĐƯỜNG STRASSE"), ('LOWER("ĐƯỜNG")', "đường"), ('PROPER("đỗ văn")', "Đỗ Văn")],
)
def test_before_postgresql_18_letters_come_from_icu(
    text: str, value: str, on_postgresql: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = formulas.compile(formulas.check(text, Fields({})), Fields({}))
    with on_postgresql.connect().execution_options(compiled_cache=None) as connection:
        monkeypatch.setattr(connection.dialect, "server_version_info", (17, 0))
        statement = sa.select(compiled.value)
        assert '"und-x-icu"' in str(statement.compile(dialect=connection.dialect))
        known = connection.execute(sa.text("SELECT count(*) FROM pg_collation WHERE collname = 'und-x-icu'"))
        if not known.scalar_one():
            pytest.skip("this PostgreSQL was built without ICU")
        assert connection.execute(statement).scalar_one() == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 / 3 * 3", 1),
        ("INT(1 / 3 * 3)", 1),
        ("1 / 3 + 1 / 3 + 1 / 3 = 1", True),
        ("1 - 1 / 3 - 2 / 3", 0),
        ("2 / 3 * 100", 66.6666666667),
        ("1 / 3 / 3 * 9", 1),
        ("-(1 / 3) * 3", -1),
        ("1 / 3", 0.3333333333),
        ("1 / 3 = 0.3333333333", True),
        ("999999999999999 / 0.000001 / 0.000001 * 0", 0),
    ],
)
def test_a_quotient_that_is_counted_on_with_is_not_rounded_before(engine: sa.Engine, text: str, value: Any) -> None:
    assert evaluate(engine, text).value == value


@pytest.mark.parametrize(
    ("owner", "asker", "is_mine"),
    [("usrMe", "usrMe", True), ("usrYou", "usrMe", False), (None, "usrMe", False), (None, None, False)],
)
def test_nobody_owns_nothing(engine: sa.Engine, owner: str | None, asker: str | None, is_mine: bool) -> None:
    """What has no owner is not that of an asker who is nobody; and the answer is never blank."""

    class Asked(Fields):
        def me(self) -> sql.Element:
            return sa.literal(asker, sa.Text())

    fields = Asked({"owner": (USER, owner)})
    assert evaluate_over(engine, "{owner} = ME()", fields).value == is_mine
    assert evaluate_over(engine, "{owner} != ME()", fields).value == (not is_mine)


@pytest.mark.parametrize("text", ["\t7\u00a0", "\u30007", "\u20037\u2000", "7\u0085", "\ufeff7"])
def test_white_space_of_any_kind_around_a_number_or_a_date_does_not_count(text: str, engine: sa.Engine) -> None:
    assert evaluate(engine, "VALUE({t})", t=(TEXT, text)).value == 7
    assert evaluate(engine, "TRIM({t})", t=(TEXT, text)).value == "7"
    day = text.replace("7", "2024-10-27T02:30:00Z")
    assert evaluate(engine, "DATETIME_PARSE({t})", t=(TEXT, day)).value == "2024-10-27T02:30:00.000Z"
    assert evaluate(engine, "YEAR({t})", t=(TEXT, day)).value == 2024


@pytest.mark.parametrize(
    ("text", "proper"), [("ßx ﬁn", "Ssx Fin"), ("ǆ", "ǅ"), ("ΟΔΟΣ ΑΣ", "Οδος Ας"), ("İSTANBUL", "İstanbul")]
)
def test_the_capital_of_a_word_is_that_of_a_title(text: str, proper: str, engine: sa.Engine) -> None:
    assert evaluate(engine, "PROPER({t})", t=(TEXT, text)).value == proper


def test_the_last_week_of_all_belongs_to_the_last_year(engine: sa.Engine) -> None:
    assert evaluate(engine, 'DATETIME_FORMAT({d}, "gggg-ww gg w")', d=(DATE, "9999-12-31")).value == "9999-53 99 53"


@pytest.mark.parametrize("text", ["ISBLANK({s})", '{s} = ""', "NOT({s})"])
def test_what_does_not_hold_is_0_as_a_text(text: str, engine: sa.Engine) -> None:
    assert evaluate(engine, f'({text}) & "!"', s=(TEXT, "x")).value == "0!"


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("DATE(1, 23, 1234567)", "3382-12-17"),
        ("DATE(1, -20, 1000)", "0001-12-25"),
        ("DATE(9999, 13, -400)", None),
        ("DATE(5000, -36000, -3000000)", None),
        ("DATE(200, 1, 3700000)", None),
    ],
)
def test_months_and_days_run_on_however_many(text: str, date: str | None, engine: sa.Engine) -> None:
    result = evaluate(engine, text)
    assert (result.value, result.error) == (date, None if date else "out_of_range")
