"""A total that does not suit its field is refused where it stands."""

from __future__ import annotations

from typing import Any

import pytest

from engine.definitions.check import check


def document(**view: Any) -> dict[str, Any]:
    fields = {
        "name": {"type": "text"},
        "size": {"type": "number"},
        "tags": {"type": "multi_select", "choices": {"a": {"label": "A"}}},
        "long": {"type": "formula", "formula": "LEN({name})"},
        "parts": {"type": "link", "to": "things", "many": True},
    }
    tables = {"things": {"title": "name", "fields": fields, "views": {"all": {"type": "grid", **view}}}}
    return {"formwork": 1, "key": "shop", "label": "Shop", "version": "1.0.0", "tables": tables}


@pytest.mark.parametrize(
    ("key", "function", "says"),
    [
        ("name", "sum", "name has no sum. It has count, percent_count, filled,"),
        ("tags", "checked", "tags has no checked."),
        ("size", "earliest", "size has no earliest."),
        ("size", "summ", "There is no total summ. Did you mean sum?"),
        ("size", "zzz", "There is no total zzz."),
        ("nope", "sum", "nope"),
        ("parts", "sum", "parts has no sum. It has count,"),
    ],
)
def test_what_does_not_suit(key: str, function: str, says: str) -> None:
    (problem,) = check(document(totals={key: function, "long": "sum"}))
    assert problem.at == f"/tables/things/views/all/totals/{key}"
    assert says.casefold() in problem.says.casefold()


def test_what_suits() -> None:
    totals = {
        "name": "distribution",
        "size": "percentile_90",
        "tags": "percent_unique",
        "long": "median",
        "parts": "filled",
    }
    assert check(document(totals=totals)) == []


def test_the_sum_of_a_board() -> None:
    fields = {"name": {"type": "text"}, "state": {"type": "select", "choices": {"a": {"label": "A"}}}}
    view = {"type": "kanban", "by": "state", "sum": "name"}
    tables = {"things": {"title": "name", "fields": fields, "views": {"board": view}}}
    (problem,) = check({"formwork": 1, "key": "shop", "label": "Shop", "version": "1.0.0", "tables": tables})
    assert problem.at == "/tables/things/views/board/sum"
