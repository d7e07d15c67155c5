"""Records stand by the order of their own table wherever others lead to them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from engine import apps, queries, records, roles, totals, views
from engine.access.principals import Principal, person
from engine.definitions.check import check
from engine.people import Person, mirror
from engine.queries import Query
from engine.storage.stores import Workspace
from engine.verifying import verify
from tests.support.workspaces import install

TABLES: dict[str, Any] = {
    "stages": {
        "title": "name",
        "order": "position",
        "fields": {
            "name": {"type": "text"},
            "position": {"type": "number"},
            "kind": {"type": "select", "choices": {"z": {"label": "First"}, "a": {"label": "Then"}}},
            "deals": {"type": "rollup", "through": "of", "field": "name", "function": "join", "sort": ["boss"]},
        },
    },
    "people": {"title": "rank", "fields": {"rank": {"type": "select", "choices": {"z": {"label": "Z"}, "a": {}}}}},
    "deals": {
        "title": "name",
        "fields": {
            "name": {"type": "text"},
            "stage": {"type": "link", "to": "stages", "inverse": "of"},
            "boss": {"type": "link", "to": "people"},
        },
        "views": {"board": {"type": "kanban", "by": "stage"}, "all": {"type": "grid"}},
    },
}
TABLES["people"]["fields"]["rank"]["choices"]["a"] = {"label": "A"}


@pytest.fixture
def shop(workspace: Workspace, owner: Principal) -> Workspace:
    install(workspace, owner, copy.deepcopy(TABLES))
    given = [("Won", 3), ("Draft", 1), ("Anywhere", None), ("Sent", 2), ("Also sent", 2)]
    with workspace.write(owner) as session:
        stages = records.create(session, "shop.stages", [{"name": name, "position": at} for name, at in given])
        bosses = records.create(session, "shop.people", [{"rank": "a"}, {"rank": "z"}])
        deals = [
            {"name": f"{name}{number}", "stage": stage, "boss": bosses[number]}
            for (name, _at), stage in zip(given, stages, strict=True)
            for number in range(2)
        ]
        records.create(session, "shop.deals", [*deals, {"name": "None"}])
    return workspace


IN_ORDER = ["Draft0", "Draft1", "Also sent0", "Also sent1", "Sent0", "Sent1", "Won0", "Won1", "Anywhere0", "Anywhere1"]


def pages(shop: Workspace, asker: Principal, sort: list[str], limit: int = 3) -> list[str]:
    """The names of all deals, read page by page."""
    found: list[str] = []
    after: str | None = None
    with shop.read(asker) as session:
        while True:
            page = records.find(session, Query("shop.deals", sort=sort, limit=limit, after=after))
            found += [one.values["name"] for one in page.records]
            after = page.next
            if after is None:
                return found


def test_records_are_sorted_by_a_link_as_the_linked_ones_stand(shop: Workspace, owner: Principal) -> None:
    assert pages(shop, owner, ["stage"]) == [*IN_ORDER, "None"]
    down = pages(shop, owner, ["-stage", "name"])
    assert down == [
        "Won0", "Won1", "Sent0", "Sent1", "Also sent0", "Also sent1", "Draft0", "Draft1", "Anywhere0", "Anywhere1",
        "None",
    ]  # fmt: skip


def test_a_name_that_is_a_choice_stands_in_the_order_of_the_choices(shop: Workspace, owner: Principal) -> None:
    assert [one[-1] for one in pages(shop, owner, ["boss"])] == ["1"] * 5 + ["0"] * 5 + ["e"]
    with shop.read(owner) as session:
        (won, *_rest) = records.find(session, Query("shop.stages", sort=["-position"])).records
        assert won.values["deals"] == "Won1, Won0"
        assert verify(session) == []


def test_so_they_are_offered_and_so_a_board_has_its_stacks(shop: Workspace, owner: Principal) -> None:
    with shop.read(owner) as session:
        names = [name for _id, name in queries.find_titles(session, "shop.stages", "")]
        assert names == ["Draft", "Also sent", "Sent", "Won", "Anywhere"]
        deals = session.layout.table("shop.deals")
        stacks = views.stacks(session, deals, deals.views["board"], Query("shop.deals"))
        assert [one.label for one in stacks][:5] == names
        assert {one.count for one in totals.groups(session, Query("shop.deals"), ["stage"])} == {1, 2}


def test_another_order_is_followed(shop: Workspace, owner: Principal) -> None:
    with shop.write(owner) as session:
        document = copy.deepcopy(dict(apps.export(session, "shop")))
        document["tables"]["stages"]["order"] = "kind"
        apps.apply(session, document)
        stages = records.find(session, Query("shop.stages")).records
        kinds = {"Won": "z", "Sent": "a"}
        records.update(session, "shop.stages", {one.id: {"kind": kinds.get(one.values["name"])} for one in stages})
    assert pages(shop, owner, ["stage"])[:6] == ["Won0", "Won1", "Sent0", "Sent1", "Also sent0", "Also sent1"]


def test_who_does_not_see_the_order_sees_them_by_name(shop: Workspace, owner: Principal) -> None:
    with shop.write(owner) as session:
        document = copy.deepcopy(dict(apps.export(session, "shop")))
        seen = {"stages": {"read": True, "fields": {"position": "hidden"}}, "people": {"read": True}}
        document["roles"] = {"rep": {"label": "Rep", "tables": {**seen, "deals": {"read": True}}}}
        apps.apply(session, document)
        mirror(session, [Person("usr00000000000002", "Bo", "bo@example.com", "member")])
        roles.give(session, "shop.rep", "usr00000000000002")
    asker = person("usr00000000000002", "member")
    assert pages(shop, asker, ["stage"])[:4] == ["Also sent0", "Also sent1", "Anywhere0", "Anywhere1"]


@pytest.mark.parametrize(
    ("order", "says"), [("nothing", "no field `nothing`"), ("of", "leads to records, so they cannot stand by it")]
)
def test_an_order_that_cannot_be_is_told(order: str, says: str) -> None:
    tables = copy.deepcopy(TABLES)
    tables["stages"]["order"] = order
    (problem,) = check({"formwork": 1, "key": "shop", "label": "Shop", "version": "1.0.0", "tables": tables})
    assert problem.at == "/tables/stages/order"
    assert says in problem.says
