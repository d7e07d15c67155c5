"""Every function keeps its promises, and its example is true on both databases."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import sqlalchemy as sa

from engine.formulas import FormulaError
from engine.formulas.functions import Function, families, functions
from engine.formulas.types import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    DEPARTMENT,
    NUMBER,
    TEXT,
    USER,
    list_of,
    record_of,
    select_of,
)
from engine.text import Text
from tests.engine.formulas.evaluating import Fields, Given, evaluate

ALL = sorted(functions().values(), key=lambda one: one.name)
EXAMPLE = re.compile(r"(?P<expression>.+) is (?P<value>.+)")
GIVEN: dict[str, Given] = {
    "a": (NUMBER, 5),
    "b": (NUMBER, None),
    "n": (NUMBER, 3),
    "amount": (NUMBER, 1500),
    "amounts": (list_of(NUMBER), [1500, 200, 100]),
    "won": (NUMBER, 1),
    "all": (NUMBER, 0),
    "name": (TEXT, None),
    "number": (NUMBER, 42),
    "stage": (select_of({"open": {"label": "Open"}, "won": {"label": "Won"}, "lost": {"label": "Lost"}}), "open"),
    "previous.stage": (select_of({"open": {}}), "open"),
    "owner": (USER, "usrMe"),
    "department": (DEPARTMENT, "dep1"),
    "due": (DATE, "2026-11-21"),
    "start": (DATE, "2026-11-16"),
    "end": (DATE, "2026-11-20"),
    "at": (DATE_TIME, "2026-11-21T14:30:00.000Z"),
    "created_at": (DATE_TIME, "2026-11-07T09:00:00.000Z"),
    "updated_at": (DATE_TIME, "2026-11-20T09:00:00.000Z"),
    "id": (record_of("crm.deals"), "rec3fXk2"),
    "tags": (list_of(TEXT), ["red", "blue"]),
    "labels": (list_of(TEXT), ["x"]),
    "notes": (list_of(TEXT), ["a", ""]),
    "lines.done": (list_of(BOOLEAN), [True, False]),
}


def test_each_file_is_a_family_with_functions() -> None:
    assert {"text", "number", "logic", "date", "list", "record", "operators", "aggregate"} <= families().keys()
    assert all(family.functions and isinstance(family.label, Text) for family in families().values())


@pytest.mark.parametrize("function", ALL, ids=lambda one: one.name)
def test_a_function_describes_itself(function: Function) -> None:
    assert isinstance(function.about, Text)
    assert function.about.endswith(".")
    assert function.example
    seen_optional = False
    for parameter in function.parameters:
        assert parameter.optional or not seen_optional, "an argument that is needed stands behind one that is not"
        seen_optional = seen_optional or parameter.optional
    if function.is_word:
        assert function.name == function.name.upper()
        assert function.name in function.example


@pytest.mark.parametrize("function", ALL, ids=lambda one: one.name)
def test_its_example_is_true(function: Function, engine: sa.Engine) -> None:
    match = EXAMPLE.fullmatch(function.example)
    text = match["expression"] if match else function.example
    result = evaluate(engine, text, **GIVEN)
    if match is None or not re.fullmatch(r'".*"|-?[\d.]+|true|false', match["value"]):
        return
    assert result.error is None
    value: Any = bool(result.value) if result.type == "boolean" else result.value
    shown = json.loads(match["value"])
    if function.name in {"RECORD_ID", "FROMNOW", "TONOW", "IFS", "DATETIME_DIFF"}:
        return  # the example tells of another record or another day
    assert value == shown


@pytest.mark.parametrize(
    "text",
    [
        *["ABS", "ROUND", "SUM", "MAX", "LEN", "UPPER", "TRIM", "YEAR", "AND", "NOT", "ISBLANK", "ISERROR"],
    ],
)
def test_functions_take_blank(text: str, engine: sa.Engine) -> None:
    evaluate(engine, f"{text}(BLANK())")
    evaluate(engine, f"{text}({{b}})" if text != "YEAR" else "YEAR({d})", b=(NUMBER, None), d=(DATE, None))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 / 0", "division_by_zero"),
        ("MOD(1, {zero})", "division_by_zero"),
        ("CEILING(1, {zero})", "division_by_zero"),
        ("POWER(0, -1)", "division_by_zero"),
        ("SQRT(-1)", "not_a_number"),
        ("LN(0)", "not_a_number"),
        ("POWER(-8, 0.5)", "not_a_number"),
        ("POWER(10, 400)", "out_of_range"),
        ("EXP(100000)", "out_of_range"),
        ('VALUE("abc")', "not_a_number"),
        ('"abc" + 1', "not_a_number"),
        ("AVERAGE({none})", "no_values"),
        ("STDEV(1)", "no_values"),
        ('LEFT("abc", -1)', "out_of_range"),
        ('REPT("abc", 1000000)', "out_of_range"),
        ("DATE(0, 1, 1)", "out_of_range"),
        ('DATEADD({day}, 1000 * 10000, "years")', "out_of_range"),
        ("YEAR({word})", "not_a_date"),
        ('DATETIME_PARSE("31.02.2026", "DD.MM.YYYY")', "not_a_date"),
        ('REGEX_EXTRACT("abc", "[0-9]")', "no_match"),
        ("ERROR()", "error"),
        ('ERROR("")', "error"),
        ('ERROR(" Only " & {zero} & " left ")', "Only 0 left"),
        ("ERROR(1 / {zero})", "division_by_zero"),
        ('1 + IF({zero} = 0, ERROR("缺货"), 2)', "缺货"),
        ('LEN(ERROR(REPT("ab", 1000)))', "ab" * 250),
        ("SUM(1, 1 / 0)", "division_by_zero"),
        ("IF({zero} = 0, 1 / {zero}, 2)", "division_by_zero"),
        ("IF(1 / {zero} > 1, 1, 2)", "division_by_zero"),
        ("LEN(1 / {zero} & {word})", "division_by_zero"),
        ("IFERROR(1 / {zero}, 2 / {zero})", "division_by_zero"),
    ],
)
def test_errors_are_values_with_a_reason(text: str, reason: str, engine: sa.Engine) -> None:
    given: dict[str, Given] = {
        "zero": (NUMBER, 0),
        "none": (list_of(NUMBER), []),
        "day": (DATE, "2026-11-21"),
        "word": (TEXT, "2026-02-30"),
    }
    result = evaluate(engine, text, **given)
    assert (result.value, result.error) == (None, reason)
    assert evaluate(engine, f'IFERROR({text}, "caught") & ""', **given).value == "caught"
    assert evaluate(engine, f"ISERROR({text})", **given).value in (True, 1)
    # Where it is not asked for, it does no harm.
    assert evaluate(engine, f'IF(1 = 2, {text}, 7) & ""', **given).value == "7"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{day} & ""', "2026-11-21"),
        ('{at} & ""', "2026-11-22 06:30"),
        ("DATESTR({at})", "2026-11-22"),
        ("HOUR({at})", 6),
        ("TODAY()", "2026-11-21"),
        ('DATETIME_FORMAT(SET_TIMEZONE({at}, "UTC"), "HH:mm Z")', "22:30 +00:00"),
        ('DATEADD({day}, 1, "hour")', "2026-11-20T17:00:00.000Z"),
        ('DATETIME_PARSE("2026-11-22 06:30", "YYYY-MM-DD HH:mm")', "2026-11-21T22:30:00.000Z"),
        ('{at} = "2026-11-22 06:30"', True),
        ("{at} > {day}", True),
        ('IS_SAME({at}, "2026-11-22", "day")', True),
    ],
)
def test_days_are_cut_in_the_time_zone(text: str, value: Any, engine: sa.Engine) -> None:
    given: dict[str, Given] = {"day": (DATE, "2026-11-21"), "at": (DATE_TIME, "2026-11-21T22:30:00.000Z")}
    assert evaluate(engine, text, "Asia/Shanghai", **given).value == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('DATEADD({before}, 1, "day")', "2026-03-29T09:00:00.000Z"),  # 10:00 in winter, 11:00 in summer
        ('DATETIME_DIFF({after}, {before}, "days")', 1),
        ('DATETIME_DIFF({after}, {before}, "hours")', 23),
    ],
)
def test_a_day_may_have_23_hours(text: str, value: Any, engine: sa.Engine) -> None:
    given: dict[str, Given] = {
        "before": (DATE_TIME, "2026-03-28T10:00:00.000Z"),
        "after": (DATE_TIME, "2026-03-29T09:00:00.000Z"),
    }
    assert evaluate(engine, text, "Europe/Berlin", **given).value == value


def test_a_choice_is_compared_by_key_and_label_and_shown_by_label(engine: sa.Engine) -> None:
    given: dict[str, Given] = {"stage": (select_of({"won": {"label": "Deal won"}, "lost": {}}), "won")}
    assert evaluate(engine, '{stage} = "won"', **given).value in (True, 1)
    assert evaluate(engine, '{stage} = "Deal won"', **given).value in (True, 1)
    assert evaluate(engine, '{stage} != "lost"', **given).value in (True, 1)
    assert evaluate(engine, '{stage} & "!"', **given).value == "Deal won!"
    assert evaluate(engine, 'SWITCH({stage}, "Deal won", 1, "lost", 2)', **given).value == 1
    with pytest.raises(FormulaError):
        evaluate(engine, '{stage} = "Deal lost"', **given)


def test_blank_is_nothing_and_zero_is_something(engine: sa.Engine) -> None:
    given: dict[str, Given] = {"zero": (NUMBER, 0), "none": (NUMBER, None), "no": (BOOLEAN, False), "empty": (TEXT, "")}
    for text, value in {
        "{zero} = BLANK()": False,
        "{none} = BLANK()": True,
        "{none} = 0": True,
        "{no} = BLANK()": True,
        "{empty} = BLANK()": True,
        "ISBLANK({zero})": False,
    }.items():
        assert bool(evaluate(engine, text, **given).value) is value, text


def test_fields_of_the_scope_have_a_type_each() -> None:
    assert set(Fields(GIVEN).names()) == GIVEN.keys()
