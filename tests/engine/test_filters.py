"""Every operator against real records, on both databases."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from engine import records
from engine.access.principals import Principal
from engine.definitions.check_conditions import check_condition
from engine.definitions.conditions import paths, uses_clock
from engine.errors import Refused
from engine.filters import HELD
from engine.queries import Query
from engine.storage.stores import Workspace
from tests.support.workspaces import OWNER_ID, install

TABLES: dict[str, Any] = {
    "parts": {
        "title": "name",
        "fields": {
            "name": {"type": "text"},
            "price": {"type": "number", "decimals": 2},
            "bought": {"type": "date"},
            "seen": {"type": "date_time"},
            "sold": {"type": "checkbox"},
            "state": {"type": "select", "choices": {"new": {"label": "New"}, "old": {"label": "Old"}}},
            "owner": {"type": "user"},
            "group": {"type": "link", "to": "groups", "inverse": "parts"},
            "tags": {"type": "link", "to": "tags", "many": True, "inverse": "parts"},
        },
    },
    "groups": {"title": "name", "fields": {"name": {"type": "text"}, "rank": {"type": "number"}}},
    "tags": {"title": "name", "fields": {"name": {"type": "text"}, "weight": {"type": "number"}}},
}
TODAY = datetime.datetime(2026, 3, 18, 12, 0, tzinfo=datetime.UTC)  # a Wednesday

Find = Callable[[Any], str]


@pytest.fixture
def find(workspace: Workspace, owner: Principal) -> Find:
    """The names of the parts, in order, that satisfy a condition on 18 March 2026."""
    install(workspace, owner, TABLES)
    with workspace.write(owner) as session:
        group, other = records.create(session, "shop.groups", [{"name": "A", "rank": 1}, {"name": "B", "rank": 2}])
        red, blue = records.create(session, "shop.tags", [{"name": "red", "weight": 5}, {"name": "blue", "weight": 1}])
        ids.update(group=group, other=other, red=red, blue=blue)
        rows: list[dict[str, Any]] = [
            {"name": "Café-Crème 50%", "price": 1, "bought": "2026-03-18", "state": "new", "group": group},
            {"name": "CAFÉ noir", "price": 1.5, "bought": "2026-03-15", "state": "old", "owner": OWNER_ID},
            {"name": "decaf", "price": -2, "bought": "2026-02-28", "sold": True, "tags": [red, blue], "group": other},
            {"name": "青茶，绿茶", "price": 10, "bought": "2025-12-31", "tags": [red]},
            {},
        ]
        rows[0]["seen"], rows[1]["seen"] = "2026-03-18T09:00:00Z", "2026-03-17T23:59:59.999Z"
        made = records.create(session, "shop.parts", rows)
        letters = dict(zip(made, "abcde", strict=True))

    def found(condition: Any) -> str:
        with workspace.read(owner) as session:
            session.now = TODAY
            page = records.find(session, Query("shop.parts", [condition]))
            return "".join(sorted(letters[one.id] for one in page.records))

    return found


ids: dict[str, str] = {}


def _test(field: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "op": op} | ({} if value is None else {"value": value})


@pytest.mark.parametrize(
    ("field", "op", "value", "names"),
    [
        ("name", "is", "decaf", "c"),
        ("name", "is_not", "decaf", "abde"),
        ("name", "contains", "CAF", "abc"),
        ("name", "contains", "café", "ab"),
        ("name", "contains", "0%", "a"),
        ("name", "does_not_contain", "caf", "de"),
        ("name", "contains_word", "crème", "a"),
        ("name", "contains_word", "CAFÉ", "ab"),
        ("name", "contains_word", "caf", ""),
        ("name", "contains_word", "50%", "a"),
        ("name", "contains_word", "绿茶", "d"),
        ("name", "contains_word", "茶", ""),
        ("name", "starts_with", "de", "c"),
        ("name", "ends_with", "NOIR", "b"),
        ("name", "matches_pattern", "^[A-Z].*[0-9]+%$", "a"),
        ("name", "length_equals", 5, "cd"),
        ("name", "length_at_least", 6, "ab"),
        ("name", "length_at_most", 5, "cde"),
        ("name", "is_empty", None, "e"),
        ("name", "is_not_empty", None, "abcd"),
        ("price", "equals", 1.5, "b"),
        ("price", "not_equals", 1.5, "acde"),
        ("price", "less", 1, "c"),
        ("price", "at_most", 1, "ac"),
        ("price", "greater", 1, "bd"),
        ("price", "at_least", 1, "abd"),
        ("price", "between", [0, 2], "ab"),
        ("price", "is_whole", None, "acd"),
        ("price", "is_empty", None, "e"),
        ("price", "equals", "={price}", "abcd"),
        ("sold", "is", True, "c"),
        ("sold", "is", False, "abde"),
        ("state", "is", "new", "a"),
        ("state", "is_not", "new", "bcde"),
        ("state", "is_any_of", ["new", "old"], "ab"),
        ("state", "is_none_of", ["new"], "bcde"),
        ("state", "is_empty", None, "cde"),
        ("owner", "is_me", None, "b"),
        ("owner", "is", OWNER_ID, "b"),
        ("bought", "is", "today", "a"),
        ("bought", "is", {"days_ago": 3}, "b"),
        ("bought", "is_not", "today", "bcde"),
        ("bought", "is_before", {"weeks_ago": 1}, "cd"),
        ("bought", "is_on_or_before", "2026-02-28", "cd"),
        ("bought", "is_after", {"months_ago": 1}, "abc"),
        ("bought", "is_on_or_after", "yesterday", "a"),
        ("bought", "between", [{"months_ago": 1}, "yesterday"], "bc"),
        ("bought", "within", "this_week", "ab"),
        ("bought", "within", "last_month", "c"),
        ("bought", "within", "last_quarter", "d"),
        ("bought", "within", "this_year", "abc"),
        ("bought", "within", "last_year", "d"),
        ("bought", "within", {"last_days": 3}, "ab"),
        ("bought", "within", {"last_weeks": 3}, "abc"),
        ("bought", "within", {"last_years": 1}, "abcd"),
        ("bought", "within", {"next_months": 1}, "a"),
        ("bought", "is_before", "=TODAY()", "bcd"),
        ("seen", "is", "today", "a"),
        ("seen", "is_before", "today", "b"),
        ("seen", "is_empty", None, "cde"),
        ("group.name", "is", "B", "c"),
        ("group.rank", "at_most", 1, "a"),
        ("group", "is_empty", None, "bde"),
        ("tags", "is_empty", None, "abe"),
        ("tags", "is_not_empty", None, "cd"),
        ("tags", "count_equals", 0, "abe"),
        ("tags", "count_at_least", 2, "c"),
        ("tags", "count_at_most", 1, "abde"),
        ("tags", "has", _test("weight", "less", 3), "c"),
        ("tags", "has", {"all": [_test("weight", "less", 3), _test("name", "is", "red")]}, ""),
        ("tags", "has_no", _test("weight", "less", 3), "abde"),
        ("group.parts", "is_not_empty", None, "ac"),
        ("group", "has", _test("rank", "at_least", 2), "c"),
        ("group", "has", _test("parts", "has", _test("price", "less", 0)), "c"),
        ("group", "has_no", _test("rank", "at_least", 2), "abde"),
        ("tags", "has", _test("parts", "has", _test("group", "has", _test("name", "is", "B"))), "cd"),
    ],
)
def test_what_an_operator_finds(find: Find, field: str, op: str, value: Any, names: str) -> None:
    assert find(_test(field, op, value)) == names


def test_linked_records_are_named_by_their_ids(find: Find) -> None:
    assert find(_test("tags", "contains", [ids["red"]])) == "cd"
    assert find(_test("tags", "contains", [ids["red"], ids["blue"]])) == "c"
    assert find(_test("tags", "is_any_of", [ids["red"], ids["blue"]])) == "cd"
    assert find(_test("tags", "does_not_contain", [ids["blue"]])) == "abde"
    assert find(_test("group", "is_any_of", [ids["group"], ids["other"]])) == "ac"
    assert find(_test("group", "is_not", ids["group"])) == "bcde"


def test_groups_nest_to_five_levels(find: Find) -> None:
    condition: Any = _test("name", "is", "decaf")
    for level in range(5):
        condition = {"any" if level % 2 else "all": [condition, _test("sold", "is", True)]}
    assert find(condition) == "c"
    with pytest.raises(Refused, match="5 levels"):
        find({"all": [condition]})


@pytest.mark.parametrize(
    ("condition", "at"),
    [
        ({"field": "name"}, "/where/0"),
        ({"any": [{"op": "is"}]}, "/where/0/any/0"),
        ({"any": [], "all": []}, "/where/0"),
        ({"any": "name"}, "/where/0"),
        (17, "/where/0"),
        (_test("nothing", "is", 1), "/where/0/field"),
        (_test("name", "resembles", "x"), "/where/0/op"),
        (_test("name", "is", 3), "/where/0/value"),
        (_test("name", "is", ["a"]), "/where/0/value"),
        (_test("name", "length_equals", -1), "/where/0/value"),
        (_test("name", "length_equals", True), "/where/0/value"),
        (_test("name", "matches_pattern", "(a+)+("), "/where/0/value"),
        (_test("name", "is"), "/where/0/value"),
        (_test("price", "equals", "3"), "/where/0/value"),
        (_test("price", "equals", "={name}"), "/where/0/value"),
        (_test("price", "between", [3]), "/where/0/value"),
        (_test("state", "is_any_of", ["new", "gone"]), "/where/0/value"),
        (_test("state", "is_any_of", []), "/where/0/value"),
        (_test("bought", "is", "someday"), "/where/0/value"),
        (_test("bought", "is", {"years_from_now": 9000}), "/where/0/value"),
        (_test("bought", "within", "=TODAY()"), "/where/0/value"),
        (_test("tags", "count_equals", 1.5), "/where/0/value"),
        (_test("tags", "has", _test("size", "is", 1)), "/where/0/value/field"),
        (_test("tags", "has", 3), "/where/0/value"),
        (_test("tags", "contains", [1]), "/where/0/value"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_place(find: Find, condition: Any, at: str) -> None:
    with pytest.raises(Refused) as refused:
        find(condition)
    assert refused.value.problems[0].at == at


def test_a_condition_on_linked_records_depends_on_their_fields(find: Find, workspace: Workspace) -> None:
    with workspace.read() as session:
        scope = session.layout.types.scope("shop.parts")
        has = _test(
            "tags", "has", {"all": [_test("weight", "less", 3), _test("parts", "has", _test("seen", "is_empty"))]}
        )
        assert not check_condition(has, scope)
        assert paths(has, scope) == {("tags",), ("tags", "weight"), ("tags", "parts"), ("tags", "parts", "seen")}
        assert not uses_clock(has, scope)
        assert uses_clock(_test("tags", "has", _test("parts", "has", _test("seen", "is", "today"))), scope)
        assert uses_clock(_test("bought", "within", {"last_days": 3}), scope)


def test_every_operator_has_a_sentence_with_its_field() -> None:
    for held in HELD.values():
        for operator in held.operators.values():
            assert "{field}" in operator.sentence.message
            assert ("{value}" in operator.sentence.message) == (operator.takes != "nothing")
