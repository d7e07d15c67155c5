"""A text is looked for in everything that a record shows, on both databases (T-SQLI-03)."""

from __future__ import annotations

from typing import Any

import pytest

from engine import records
from engine.access.principals import Principal
from engine.queries import Query
from engine.storage.stores import Workspace
from tests.support.workspaces import install

CHOICES = {"x1": {"label": {"en": "In_progress", "zh": "进行中"}}, "x2": {"label": "Done"}}
TABLES: dict[str, Any] = {
    "things": {
        "title": "name",
        "fields": {
            "name": {"type": "text"},
            "price": {"type": "number", "decimals": 2},
            "state": {"type": "select", "choices": CHOICES},
            "marks": {"type": "multi_select", "choices": CHOICES},
            "kind": {"type": "link", "to": "kinds"},
            "others": {"type": "link", "to": "kinds", "many": True},
            "shout": {"type": "formula", "formula": 'UPPER({name}) & "!"'},
        },
    },
    "kinds": {"title": "name", "fields": {"name": {"type": "text"}}},
}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("apple", ["Apple", "Pineapple"]),
        ("APPLE!", ["Apple", "Pineapple"]),
        ("in_prog", ["Apple", "Pear"]),
        ("进行", ["Apple", "Pear"]),
        ("x1", []),
        ("fruit", ["Apple", "Pear"]),
        ("FRÜCHTE", ["Pineapple"]),
        ("1,250.50", ["Pear"]),
        ("1250", []),
        ("%", []),
        ("  pear ", ["Pear"]),
    ],
)
def test_what_a_text_finds(workspace: Workspace, owner: Principal, text: str, names: list[str]) -> None:
    install(workspace, owner, TABLES)
    with workspace.write(owner) as session:
        fruit, other = records.create(session, "shop.kinds", [{"name": "Fruit"}, {"name": "Früchte"}])
        records.create(
            session,
            "shop.things",
            [
                {"name": "Apple", "state": "x1", "kind": fruit},
                {"name": "Pear", "price": 1250.5, "marks": ["x2", "x1"], "others": [fruit]},
                {"name": "Pineapple", "state": "x2", "others": [other]},
                {},
            ],
        )
        found = records.find(session, Query("shop.things", sort=["name"], search=text)).records
    assert [one.values["name"] for one in found] == names
