"""Lists that other floors make for expressions: the same JSON from both databases."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from engine.formulas.sql import join_list, json_list
from engine.formulas.types import BOOLEAN, DATE_TIME, NUMBER, TEXT, list_of, record_of, select_of
from engine.storage import sql_types
from tests.engine.formulas.evaluating import Fields, Given, evaluate, evaluate_over

LINES = sa.Table(
    "lines",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("amount", sql_types.NUMBER),
    sa.Column("name", sql_types.TEXT),
    sa.Column("done", sa.Boolean),
    sa.Column("day", sql_types.DATE),
    sa.Column("at", sql_types.DATE_TIME),
    prefixes=["TEMPORARY"],
)
ROWS: list[dict[str, Any]] = [
    {"id": 1, "amount": 2, "name": "b", "done": True, "day": "2026-11-21", "at": "2026-11-21T10:00:00.120Z"},
    {"id": 2, "amount": 0.5, "name": 'a"é', "done": False, "day": "2024-02-29", "at": "2024-02-29T00:00:00.000Z"},
    {"id": 3, "amount": None, "name": "", "done": None, "day": None, "at": None},
]


@pytest.mark.parametrize(
    ("key", "items"),
    [
        ("amount", [0.5, 2]),
        ("name", ['a"é', "b"]),
        ("done", [False, True]),
        ("day", ["2024-02-29", "2026-11-21"]),
        ("at", ["2024-02-29T00:00:00.000Z", "2026-11-21T10:00:00.120Z"]),
    ],
)
def test_the_values_of_a_select_as_a_list(key: str, items: list[Any], engine: sa.Engine) -> None:
    column = LINES.c[key]
    chosen = sa.select(column.label("item")).where(LINES.c.id < 3).order_by(LINES.c.id.desc())
    nothing = sa.select(column.label("item")).where(LINES.c.id > 9)
    with engine.connect() as connection:
        LINES.drop(connection, checkfirst=True)
        LINES.create(connection)
        connection.execute(LINES.insert(), ROWS)
        wanted = sa.type_coerce(json_list(chosen), sql_types.JSON_LIST)
        empty = sa.type_coerce(json_list(nothing), sql_types.JSON_LIST)
        text = join_list(json_list(sa.select(LINES.c.name.label("item")).order_by(LINES.c.id)), "; ")
        assert connection.execute(sa.select(wanted, empty, text)).one() == (items, [], 'b; a"é')
        connection.rollback()


def test_records_are_joined_by_their_names(engine: sa.Engine) -> None:
    fields = Fields(
        {
            "people": (list_of(record_of("crm.people", title="name")), ["rec1", "rec2"]),
            "people.name": (list_of(TEXT), ["Ann", "Bo"]),
            "owner": (record_of("crm.people", title="name"), "rec1"),
            "owner.name": (TEXT, "Ann"),
        }
    )
    for text, value in {
        '{people} & ""': "Ann, Bo",
        'ARRAYJOIN({people}, "/")': "Ann/Bo",
        "CONCATENATE({owner}, {people})": "AnnAnnBo",
        "FIRST({people})": "rec1",
        "{owner}": "rec1",
        'IF({owner} = "Ann", "yes")': "yes",
        'IF({owner} = "rec1", "yes")': "yes",
    }.items():
        assert evaluate_over(engine, text, fields).value == value, text


def test_choices_in_a_list_are_shown_by_label(engine: sa.Engine) -> None:
    given: dict[str, Given] = {
        "tags": (list_of(select_of({"a": {"label": "Red"}, "b": {"label": "Blue"}})), ["b", "a"]),
        "n": (list_of(NUMBER), [3, None, 1]),
    }
    assert evaluate(engine, '{tags} & ""', **given).value == "Blue, Red"
    assert evaluate(engine, 'ARRAYJOIN({tags}, "+")', **given).value == "Blue+Red"
    assert evaluate(engine, 'CONTAINS({tags}, "Red")', **given).value in (True, 1)
    assert evaluate(engine, 'CONTAINS({tags}, "b")', **given).value in (True, 1)
    assert evaluate(engine, "ARRAYSORT({n})", **given).type == "list"


def test_an_item_is_in_a_list(engine: sa.Engine) -> None:
    choices = select_of({"red": {"label": "Red wine"}, "white": {"label": "White"}})
    given: dict[str, Given] = {
        "numbers": (list_of(NUMBER), [1, 2.5]),
        "words": (list_of(TEXT), ["a", "b"]),
        "colours": (list_of(choices), ["red"]),
        "colour": (choices, "red"),
        "nothing": (list_of(TEXT), None),
        "in": (NUMBER, 2),
    }
    for text, value in {
        "1 + 1.5 IN {numbers}": True,
        "3 in {numbers}": False,
        '"a" IN {words}': True,
        '"a" IN {nothing}': False,
        "{colour} IN {colours}": True,
        '"Red wine" IN {colours}': True,
        '"white" IN {colours}': False,
        "BLANK() IN {words}": False,
        'NOT("c" IN {words})': True,
        "in IN {numbers}": False,
        "in = 2": True,
        'AND("a" IN {words}, ANY({numbers}, {item} IN {numbers}))': True,
    }.items():
        assert bool(evaluate_over(engine, text, Fields(given)).value) is value, text


def test_numbers_and_ticks_are_joined_as_they_read_alone(engine: sa.Engine) -> None:
    given = {"ticks": (list_of(BOOLEAN), [True, False]), "ns": (list_of(NUMBER), [1e-7, 1e9, 2.5, None])}
    assert evaluate(engine, '{ticks} & ""', **given).value == "1, 0"
    assert evaluate(engine, "ARRAYJOIN({ns})", **given).value == "0.0000001, 1000000000, 2.5"
    assert evaluate(engine, "CONCATENATE({ticks}, {ns})", **given).value == "100.000000110000000002.5"


def test_choices_are_concatenated_by_their_labels(engine: sa.Engine) -> None:
    tags = list_of(select_of({"red": {"label": "Rot"}, "blue": {"label": "蓝"}}))
    assert evaluate(engine, 'CONCATENATE({tags}, "!")', tags=(tags, ["red", "blue"])).value == "Rot蓝!"


@pytest.mark.parametrize("zone", ["UTC", "Asia/Ho_Chi_Minh"])
def test_instants_are_joined_as_the_clocks_of_the_zone_show_them(engine: sa.Engine, zone: str) -> None:
    moments = ["2026-11-21T20:00:00.120Z", "2024-02-28T23:59:00.000Z"]
    scope = Fields({"moments": (list_of(DATE_TIME), moments), "one": (DATE_TIME, moments[0])}, zone)
    shown = "2026-11-21 20:00, 2024-02-28 23:59" if zone == "UTC" else "2026-11-22 03:00, 2024-02-29 06:59"
    assert evaluate_over(engine, '{moments} & ""', scope).value == shown
    assert evaluate_over(engine, 'ARRAYJOIN({moments}, "; ")', scope).value == shown.replace(", ", "; ")
    assert evaluate_over(engine, '{one} & ""', scope).value == shown[:16]
