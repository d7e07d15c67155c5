"""Fields that hold several choices or several people: written, filtered, used in expressions, taken back."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from engine import apps, by_item, history, queries, records, totals, undo
from engine.access.principals import Principal
from engine.errors import Refused
from engine.people import Person, mirror
from engine.queries import Query
from engine.storage.stores import Workspace
from tests.support.workspaces import OWNER_ID, install

BOB_ID = "usr00000000000002"
CHOICES = {"red": {"label": "Red"}, "blue": {"label": {"en": "Blue", "zh": "蓝"}}, "green": {"label": "Green, light"}}
TABLES: dict[str, Any] = {
    "things": {
        "title": "name",
        "fields": {
            "name": {"type": "text"},
            "tags": {"type": "multi_select", "choices": CHOICES},
            "team": {"type": "users"},
            "joined": {"type": "formula", "formula": 'ARRAYJOIN({tags}, " / ")'},
            "is_red": {"type": "formula", "formula": 'CONTAINS({tags}, "Red")'},
            "how_many": {"type": "formula", "formula": "COUNTALL({tags})"},
            "mine": {"type": "formula", "formula": "CONTAINS({team}, ME())"},
            "box": {"type": "link", "to": "boxes", "inverse": "things"},
            "box_tags": {"type": "lookup", "through": "box", "field": "tags"},
        },
    },
    "boxes": {
        "title": "name",
        "fields": {
            "name": {"type": "text"},
            "tags": {"type": "multi_select", "choices": CHOICES, "default": ["red"]},
            "all_tags": {"type": "lookup", "through": "things", "field": "tags"},
        },
    },
}
THINGS: list[dict[str, Any]] = [
    {"name": "a", "tags": ["blue", "red"], "team": [OWNER_ID]},
    {"name": "b", "tags": ["red"], "team": [BOB_ID, OWNER_ID]},
    {"name": "c", "tags": ["green"], "team": [BOB_ID]},
    {"name": "d"},
]


@pytest.fixture
def shop(workspace: Workspace, owner: Principal) -> Workspace:
    install(workspace, owner, TABLES)
    with workspace.write(owner) as session:
        mirror(
            session,
            [Person(OWNER_ID, "Ada", "ada@example.com", "owner"), Person(BOB_ID, "Bob", "bob@example.com", "member")],
        )
        records.create(session, "shop.things", THINGS)
    return workspace


def names(shop: Workspace, owner: Principal, *where: Any, sort: str = "name") -> str:
    with shop.read(owner) as session:
        found = records.find(session, Query("shop.things", where, [sort])).records
    return "".join(one.values["name"] for one in found)


def one(shop: Workspace, owner: Principal, name: str) -> dict[str, Any]:
    with shop.read(owner) as session:
        where = {"field": "name", "op": "is", "value": name}
        return records.find(session, Query("shop.things", [where])).records[0].values


@pytest.mark.parametrize(
    ("op", "value", "found"),
    [
        ("has_any_of", ["red", "green"], "abc"),
        ("has_any_of", ["blue"], "a"),
        ("has_all_of", ["red", "blue"], "a"),
        ("has_none_of", ["red"], "cd"),
        ("is_exactly", ["red"], "b"),
        ("is_exactly", ["red", "blue"], "a"),
        ("is_empty", None, "d"),
        ("is_not_empty", None, "abc"),
    ],
)
def test_filters(shop: Workspace, owner: Principal, op: str, value: Any, found: str) -> None:
    assert names(shop, owner, {"field": "tags", "op": op, "value": value}) == found


def test_filters_people(shop: Workspace, owner: Principal) -> None:
    assert names(shop, owner, {"field": "team", "op": "is_me"}) == "ab"
    assert names(shop, owner, {"field": "team", "op": "has_any_of", "value": [BOB_ID]}) == "bc"
    assert names(shop, owner, "=CONTAINS({team}, ME())") == "ab"


def test_filters_what_is_looked_up(shop: Workspace, owner: Principal) -> None:
    with shop.write(owner) as session:
        (box,) = records.create(session, "shop.boxes", [{"name": "box"}])
        (thing,) = queries.ids_of(session, Query("shop.things", [{"field": "name", "op": "is", "value": "a"}]))
        records.update(session, "shop.things", {thing: {"box": box}})
    assert one(shop, owner, "a")["box_tags"] == ["red"]
    assert names(shop, owner, {"field": "box.tags", "op": "has_any_of", "value": ["red"]}) == "a"
    assert names(shop, owner, {"field": "box_tags", "op": "has_none_of", "value": ["red"]}) == "bcd"
    with shop.read(owner) as session:
        assert records.get(session, "shop.boxes", box).values["all_tags"] == ["red", "blue"]


def test_is_in_expressions_what_it_holds(shop: Workspace, owner: Principal) -> None:
    a, d = one(shop, owner, "a"), one(shop, owner, "d")
    assert (a["joined"], a["is_red"], a["how_many"], a["mine"]) == ("Red / Blue", True, 2, True)
    assert (d["joined"], d["is_red"], d["how_many"], d["mine"]) == (None, False, 0, False)


def test_is_stored_in_the_order_of_the_choices_and_read_from_what_people_type(
    shop: Workspace, owner: Principal
) -> None:
    with shop.write(owner) as session:
        typed = {"name": "e", "tags": '蓝, "Green, light"', "team": f"{BOB_ID}, {BOB_ID}"}
        records.create(session, "shop.things", [typed, {"name": "f", "tags": ["green", "red"]}], reading="text")
    assert one(shop, owner, "e")["tags"] == ["blue", "green"]
    assert one(shop, owner, "e")["team"] == [BOB_ID]
    assert one(shop, owner, "f")["tags"] == ["red", "green"]


def test_refuses_what_is_no_choice_and_who_is_nobody(shop: Workspace, owner: Principal) -> None:
    with shop.write(owner) as session, pytest.raises(Refused) as refused:
        records.create(session, "shop.things", [{"tags": ["red", "pink"]}, {"team": ["usr99999999999999"]}])
    assert [problem.at for problem in refused.value.problems] == ["/0/tags", "/1/team"]


def test_sorts_and_groups_by_the_whole_list(shop: Workspace, owner: Principal) -> None:
    assert names(shop, owner, sort="tags") == "bacd"
    with shop.read(owner) as session:
        found = totals.groups(session, Query("shop.things"), ["tags"], [("unique", "tags"), ("filled", "team")])
        summed = totals.totals(session, Query("shop.things"), [("empty", "tags"), ("unique", "team")])
        with pytest.raises(Refused):
            totals.totals(session, Query("shop.things"), [("sum", "tags")])
    assert {str(group.values[0]): group.count for group in found} == {
        "['red', 'blue']": 1, "['red']": 1, "['green']": 1, "None": 1,
    }  # fmt: skip
    assert summed == (1, 3)


def each(shop: Workspace, owner: Principal, *by: str, table: str = "things", total: Any = ()) -> dict[Any, Any]:
    with shop.read(owner) as session:
        found = totals.groups(session, Query(f"shop.{table}"), by, total)
        return {
            one.values[0] if len(by) == 1 else one.values: one.count if not total else (one.count, *one.totals)
            for one in found
        }


def test_groups_by_each_item_count_a_record_in_each_of_its_items(shop: Workspace, owner: Principal) -> None:
    assert each(shop, owner, "each:tags") == {"red": 2, "blue": 1, "green": 1, None: 1}
    assert each(shop, owner, "each:team") == {OWNER_ID: 2, BOB_ID: 2, None: 1}
    assert each(shop, owner, "each:team", "is_red") == {
        (OWNER_ID, True): 2, (BOB_ID, True): 1, (BOB_ID, False): 1, (None, False): 1,
    }  # fmt: skip
    assert each(shop, owner, "each:team", "each:tags") == {
        (OWNER_ID, "red"): 2, (OWNER_ID, "blue"): 1, (BOB_ID, "red"): 1, (BOB_ID, "green"): 1, (None, None): 1,
    }  # fmt: skip
    assert each(shop, owner, "each:tags", total=[("sum", "how_many"), ("percent_filled", "team")]) == {
        "red": (2, 3, 1), "blue": (1, 2, 1), "green": (1, 1, 1), None: (1, 0, 0),
    }  # fmt: skip
    spread = each(shop, owner, "each:team", total=[("distribution", "is_red")])
    assert [(one["value"], one["count"]) for one in spread[BOB_ID][1]] == [(False, 1), (True, 1)]


def test_groups_by_each_linked_record(shop: Workspace, owner: Principal) -> None:
    with shop.write(owner) as session:
        one, two, empty = records.create(session, "shop.boxes", [{"name": name} for name in ("one", "two", "empty")])
        a, b, c, _d = queries.ids_of(session, Query("shop.things", sort=["name"]))
        records.update(session, "shop.things", {a: {"box": one}, b: {"box": one}, c: {"box": two}})
    assert each(shop, owner, "each:things", table="boxes") == {a: 1, b: 1, c: 1, None: 1}
    with shop.read(owner) as session:
        query = Query("shop.boxes", sort=["-name"])
        page = by_item.page(session, query, ["each:things"], {"each:things": [c, a, b]})
        assert [(values[0], record.id) for values, record in page] == [(c, two), (a, one), (b, one), (None, empty)]
        (second,) = by_item.page(session, replace(query, limit=1, offset=1), ["each:things"], {"each:things": [c, a]})
        assert (second[0], second[1].id) == ((a,), one)


def test_each_goes_with_lists_only(shop: Workspace, owner: Principal) -> None:
    for wrong in ("each:name", "each:box", "each:box_tags", "each:gone"):
        with pytest.raises(Refused, match="cannot be grouped by"):
            each(shop, owner, wrong)
    tables = copy.deepcopy(TABLES)
    tables["things"]["views"] = {"all": {"type": "grid", "group": ["each:tags", "each:name"]}}
    with pytest.raises(Refused) as refused:
        install(shop, owner, tables)
    assert [(one.at, one.code) for one in refused.value.problems] == [("/tables/things/views/all/group", "groups")]


def test_people_are_called_by_name_in_texts_and_a_new_name_is_followed(shop: Workspace, owner: Principal) -> None:
    tables = copy.deepcopy(TABLES)
    tables["things"]["fields"] |= {
        "boss": {"type": "user"},
        "says": {"type": "formula", "formula": '{boss} & ": " & {team}'},
        "is_bob": {"type": "formula", "formula": '{boss} = "Bob"'},
    }
    tables["boxes"]["fields"]["bosses"] = {
        "type": "rollup", "through": "things", "field": "boss", "function": "join",
    }  # fmt: skip
    install(shop, owner, tables)
    with shop.write(owner) as session:
        (box,) = records.create(session, "shop.boxes", [{"name": "one"}])
        thing = {"name": "e", "boss": BOB_ID, "team": [OWNER_ID, BOB_ID], "box": box}
        (thing_id,) = records.create(session, "shop.things", [thing])

    def said() -> tuple[Any, ...]:
        with shop.read(owner) as session:
            values = records.get(session, "shop.things", thing_id).values
            return values["says"], values["is_bob"], records.get(session, "shop.boxes", box).values["bosses"]

    assert said() == ("Bob: Ada, Bob", True, "Bob")
    with shop.write(owner) as session:
        mirror(session, [Person(BOB_ID, "Rob", "bob@example.com", "member")])
    assert said() == ("Rob: Ada, Rob", False, "Rob")


def test_has_a_history_and_is_taken_back(shop: Workspace, owner: Principal) -> None:
    with shop.write(owner) as session:
        (thing,) = queries.ids_of(session, Query("shop.things", [{"field": "name", "op": "is", "value": "a"}]))
        records.update(session, "shop.things", {thing: {"tags": ["red", "blue"], "team": []}})
        transaction = session.transaction_id
    with shop.write(owner, cause=f"undo:{transaction}") as session:
        change = history.of_record(session, "shop.things", thing)[0].change
        assert (change.before, change.after) == ({"team": [OWNER_ID]}, {"team": None})
        undo.undo(session, transaction)
    assert one(shop, owner, "a")["team"] == [OWNER_ID]
    with shop.write(owner) as session:
        records.delete(session, "shop.things", [thing])
        transaction = session.transaction_id
    with shop.write(owner, cause=f"undo:{transaction}") as session:
        undo.undo(session, transaction)
    assert one(shop, owner, "a")["tags"] == ["red", "blue"]


def test_becomes_another_type_and_back(shop: Workspace, owner: Principal) -> None:
    def turned(kind: dict[str, Any]) -> Any:
        things = {**TABLES["things"], "fields": {"name": {"type": "text"}, "tags": kind}}
        boxes = {"title": "name", "fields": {"name": {"type": "text"}}}
        with shop.write(owner) as session:
            apps.apply(
                session, {"formwork": 1, "key": "shop", "label": "Shop", "tables": {"things": things, "boxes": boxes}}
            )
        return one(shop, owner, "a")["tags"]

    assert turned({"type": "text"}) == "Red, Blue"
    assert turned({"type": "multi_select", "choices": CHOICES}) == ["red", "blue"]
    assert turned({"type": "select", "choices": CHOICES}) is None
    assert one(shop, owner, "b")["tags"] == "red"


def test_takes_a_default(shop: Workspace, owner: Principal) -> None:
    with shop.write(owner) as session:
        (box,) = records.create(session, "shop.boxes", [{}])
        assert records.get(session, "shop.boxes", box).values["tags"] == ["red"]
