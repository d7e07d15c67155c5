"""The order of choices, fields, tables and views is part of a definition: people see it, and sort by it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from engine import apps, records
from engine.access.principals import Principal
from engine.definitions.plan import plan
from engine.queries import Query
from engine.storage.stores import Workspace
from engine.verifying import verify
from tests.support.workspaces import install

SIZES = {"s": {"label": "Small"}, "l": {"label": "Large"}}
TABLES: dict[str, Any] = {
    "boxes": {
        "title": "name",
        "fields": {
            "name": {"type": "text"},
            "first": {"type": "lookup", "through": "things", "field": "name", "sort": ["size"]},
        },
    },
    "things": {
        "title": "name",
        "fields": {
            "name": {"type": "text"},
            "size": {"type": "select", "choices": SIZES},
            "sizes": {"type": "multi_select", "choices": SIZES},
            "said": {"type": "formula", "formula": 'ARRAYJOIN({sizes}, "+")'},
            "box": {"type": "link", "to": "boxes", "many": False, "inverse": "things"},
        },
        "views": {"all": {"type": "grid"}, "big": {"type": "grid"}},
    },
}
DOCUMENT: dict[str, Any] = {"formwork": 1, "key": "shop", "label": "Shop", "tables": TABLES}


def turned(part: dict[str, Any]) -> dict[str, Any]:
    return dict(reversed(part.items()))


def turn(document: dict[str, Any], *path: str) -> None:
    for key in path[:-1]:
        document = document[key]
    document[path[-1]] = turned(document[path[-1]])


@pytest.mark.parametrize(
    ("path", "says"),
    [
        (("tables",), "Changes the app Shop."),
        (("tables", "things", "fields"), "Changes the table things."),
        (("tables", "things", "views"), "Changes the table things."),
        (("tables", "things", "fields", "size", "choices"), "Changes choices of size in things."),
    ],
)
def test_another_order_is_a_change(path: tuple[str, ...], says: str) -> None:
    after = copy.deepcopy(DOCUMENT)
    turn(after, *path)
    assert [str(one.says) for one in plan(DOCUMENT, after)] == [says]


def test_the_order_of_what_describes_one_thing_is_none() -> None:
    after = copy.deepcopy(DOCUMENT)
    turn(after, "tables", "things", "fields", "box")
    turn(after, "tables", "things", "views", "all")
    assert plan(DOCUMENT, after) == []


def reorder(workspace: Workspace, owner: Principal, change: Callable[[dict[str, Any]], None]) -> None:
    with workspace.write(owner) as session:
        document = copy.deepcopy(dict(apps.get(session, "shop").document))
        change(document)
        apps.apply(session, document)


def test_what_hangs_on_the_order_of_choices_follows_it(workspace: Workspace, owner: Principal) -> None:
    install(workspace, owner, TABLES)
    with workspace.write(owner) as session:
        (box,) = records.create(session, "shop.boxes", [{"name": "Box"}])
        given: list[dict[str, Any]] = [
            {"name": "large", "size": "l"},
            {"name": "small", "size": "s", "sizes": ["l", "s"]},
        ]
        records.create(session, "shop.things", [{**one, "box": box} for one in given])

    def seen() -> tuple[Any, ...]:
        with workspace.read(owner) as session:
            assert verify(session) == []
            held = records.get(session, "shop.boxes", box).values["first"]
            found = records.find(session, Query("shop.things", sort=["size"])).records
            small = next(one for one in found if one.values["name"] == "small")
            names = [one.values["name"] for one in found]
            return held, names, small.values["sizes"], small.values["said"]

    assert seen() == (["small", "large"], ["small", "large"], ["s", "l"], "Small+Large")

    def other_way(document: dict[str, Any]) -> None:
        turn(document, "tables", "things", "fields", "size", "choices")
        turn(document, "tables", "things", "fields", "sizes", "choices")

    reorder(workspace, owner, other_way)
    assert seen() == (["large", "small"], ["large", "small"], ["l", "s"], "Large+Small")
    with workspace.write(owner) as session:
        apps.restore(session, "shop", 1)
    assert seen() == (["small", "large"], ["small", "large"], ["s", "l"], "Small+Large")


def test_a_new_label_of_a_choice_is_in_every_text_made_of_it(workspace: Workspace, owner: Principal) -> None:
    install(workspace, owner, TABLES)
    with workspace.write(owner) as session:
        (thing,) = records.create(session, "shop.things", [{"name": "a", "sizes": ["l"]}])

    def rename(document: dict[str, Any]) -> None:
        document["tables"]["things"]["fields"]["sizes"]["choices"]["l"] = {"label": "Huge"}

    reorder(workspace, owner, rename)
    with workspace.read(owner) as session:
        assert records.get(session, "shop.things", thing).values["said"] == "Huge"
        assert verify(session) == []
