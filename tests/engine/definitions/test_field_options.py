"""Options of a field that each make sense, and together do not."""

from __future__ import annotations

from typing import Any

import pytest

from engine.definitions.check import check

STATES = {"a": {"label": "A"}, "b": {"label": "B"}}
FIELDS: dict[str, Any] = {"name": {"type": "text"}, "part": {"type": "link", "to": "parts", "many": False}}
LINES: dict[str, Any] = {"order": {"type": "link", "to": "things", "on_delete": "cascade"}, "name": {"type": "text"}}


@pytest.mark.parametrize(
    ("field", "at", "says"),
    [
        ({"type": "number", "min": 5, "max": 1}, "min", "This is more than `max`."),
        ({"type": "currency", "currency": "USD", "min": 5, "max": 1}, "min", "This is more than `max`."),
        ({"type": "currency", "currency": "XYZ"}, "currency", "There is no currency XYZ."),
        ({"type": "link", "to": "parts", "many": True, "unique": True}, "unique", "it cannot be unique"),
        ({"type": "line_items", "of": "parts", "by": "order", "unique": True}, "unique", "no `unique` here"),
        ({"type": "line_items", "of": "parts", "by": "order", "default": []}, "default", "has no default"),
        ({"type": "autonumber", "default": 5}, "default", "no `default` here"),
        ({"type": "sequence", "number": "A-{###}", "default": "A-001"}, "default", "no `default` here"),
        ({"type": "snapshot", "through": "part", "field": "name", "default": "x"}, "default", "no `default` here"),
        (
            {"type": "status", "choices": STATES, "start": ["a"], "default": "b"},
            "default",
            "cannot begin as B, only as A",
        ),
        ({"type": "number", "default": '="much"'}, "default", "The default gives a text, which the field cannot hold."),
        ({"type": "number", "default": "much"}, "default", "The default must be a number."),
        ({"type": "date", "default": "2026-02-30"}, "default", "The default is no day of the calendar."),
        ({"type": "time", "default": "25:00"}, "default", "The default is no time of the day."),
    ],
)
def test_what_does_not_go_together(field: dict[str, Any], at: str, says: str) -> None:
    tables = {
        "things": {"title": "name", "fields": {**FIELDS, "wrong": field}},
        "parts": {"title": "name", "fields": LINES},
    }
    (problem,) = check({"formwork": 1, "key": "shop", "label": "Shop", "version": "1.0.0", "tables": tables})
    assert problem.at == f"/tables/things/fields/wrong/{at}"
    assert says in problem.says


def test_a_formula_with_several_mistakes_is_told_each_with_its_place() -> None:
    wrong = {"type": "formula", "formula": "{nmae} & YEAR({part}) & {things}"}
    tables = {
        "things": {"title": "name", "fields": {**FIELDS, "wrong": wrong}},
        "parts": {"title": "name", "fields": LINES},
    }
    problems = check({"formwork": 1, "key": "shop", "label": "Shop", "version": "1.0.0", "tables": tables})
    assert {one.at for one in problems} == {"/tables/things/fields/wrong/formula"}
    assert [one.says.rpartition("(")[2] for one in problems] == ["character 1)", "character 15)", "character 25)"]
