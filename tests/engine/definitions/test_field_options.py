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
