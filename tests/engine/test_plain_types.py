"""Field types that hold a value of their own: stored, filtered, sorted, in expressions, in history."""

from __future__ import annotations

from typing import Any

import pytest

from engine import history, queries, records, totals, undo
from engine.access.principals import Principal
from engine.errors import Refused
from engine.field_types import InvalidValue, field_types
from engine.queries import Query
from engine.showing import Shown
from engine.storage.session import Session
from engine.storage.stores import Workspace
from tests.support.workspaces import install

FIELDS: dict[str, Any] = {
    "name": {"type": "text"},
    "stars": {"type": "rating", "max": 5},
    "done": {"type": "progress"},
    "took": {"type": "duration"},
    "at": {"type": "time"},
    "data": {"type": "json"},
    "place": {"type": "location"},
    "hours": {"type": "formula", "formula": "{took} / 3600"},
    "where": {"type": "formula", "formula": '"At " & {place}'},
    "id_shown": {"type": "record_id"},
    "search": {"type": "button", "url": '"https://example.com/?q=" & ENCODE_URL_COMPONENT({name})', "text": "Find"},
    "raw": {"type": "formula", "formula": "LEN({data})"},
}
THINGS: list[dict[str, Any]] = [
    {
        "name": "a",
        "stars": 4,
        "done": 0.25,
        "took": 5400,
        "at": "09:30",
        "data": {"b": [1, None], "a": "\u0000é"},
        "place": {"lat": 60.17, "lng": 0.000001, "label": "Helsinki"},
    },
    {
        "name": "b",
        "stars": 2,
        "done": 1,
        "took": 60,
        "at": "14:00:05",
        "data": False,
        "place": {"lat": -1, "lng": 1e-06},
    },
    {"name": "c"},
]


@pytest.fixture
def shop(workspace: Workspace, owner: Principal) -> Workspace:
    install(workspace, owner, {"things": {"title": "name", "fields": FIELDS}})
    with workspace.write(owner) as session:
        records.create(session, "shop.things", THINGS)
    return workspace


def found(shop: Workspace, owner: Principal, *where: Any, sort: str = "name") -> list[dict[str, Any]]:
    with shop.read(owner) as session:
        return [one.values for one in records.find(session, Query("shop.things", where, [sort])).records]


def names(shop: Workspace, owner: Principal, *where: Any, sort: str = "name") -> str:
    return "".join(one["name"] for one in found(shop, owner, *where, sort=sort))


def test_gives_back_what_was_stored(shop: Workspace, owner: Principal) -> None:
    a, b, c = found(shop, owner)
    assert {key: a[key] for key in THINGS[0]} == {**THINGS[0], "at": "09:30:00"}
    assert (b["data"], b["place"]) == (False, {"lat": -1, "lng": 0.000001})
    assert [c[key] for key in ("stars", "took", "at", "data", "place")] == [None] * 5


@pytest.mark.parametrize(
    ("field", "op", "value", "expected"),
    [
        ("stars", "at_least", 3, "a"),
        ("done", "less", 0.5, "a"),
        ("took", "greater", 60, "a"),
        ("at", "is_before", "14:00", "a"),
        ("at", "is", "2:00:05 pm", "b"),
        ("at", "between", ["09:00", "09:30"], "a"),
        ("at", "is_empty", None, "c"),
        ("data", "contains", "É", "a"),
        ("data", "is_not_empty", None, "ab"),
        ("place", "contains", "helsinki", "a"),
        ("place", "does_not_contain", "helsinki", "bc"),
    ],
)
def test_is_filtered(shop: Workspace, owner: Principal, field: str, op: str, value: Any, expected: str) -> None:
    assert names(shop, owner, {"field": field, "op": op, "value": value}) == expected


def test_is_in_expressions_what_it_says(shop: Workspace, owner: Principal) -> None:
    a, b, c = found(shop, owner)
    assert [one["hours"] for one in (a, b, c)] == [1.5, 0.0166666667, 0]
    assert [one["where"] for one in (a, b, c)] == ["At Helsinki", "At -1, 1e-06", "At "]
    assert a["raw"] == len('{"b": [1, null], "a": "\\u0000é"}')
    assert names(shop, owner, '={at} < "10"') == "ac"


def test_a_record_id_and_a_button_are_worked_out(shop: Workspace, owner: Principal) -> None:
    with shop.read(owner) as session:
        for one in records.find(session, Query("shop.things")).records:
            assert one.values["id_shown"] == one.id
            assert one.values["search"] == f"https://example.com/?q={one.values['name']}"
    assert names(shop, owner, {"field": "search", "op": "ends_with", "value": "?q=b"}) == "b"


def test_is_sorted_grouped_and_totalled(shop: Workspace, owner: Principal) -> None:
    assert names(shop, owner, sort="-took") == "abc"
    assert names(shop, owner, sort="at") == "abc"
    with shop.read(owner) as session:
        assert len(totals.groups(session, Query("shop.things"), ["data"])) == 3
        wanted = [("sum", "took"), ("average", "stars")]
        assert totals.totals(session, Query("shop.things"), wanted) == (5460, 3)


def test_is_taken_back(shop: Workspace, owner: Principal) -> None:
    with shop.write(owner) as session:
        (thing,) = queries.ids_of(session, Query("shop.things", [{"field": "name", "op": "is", "value": "a"}]))
        records.update(session, "shop.things", {thing: {"data": [1], "place": None, "at": "08:00"}})
        transaction = session.transaction_id
    with shop.write(owner, cause=f"undo:{transaction}") as session:
        assert history.of_record(session, "shop.things", thing)[0].change.after["data"] == [1]
        undo.undo(session, transaction)
    a = found(shop, owner)[0]
    assert {key: a[key] for key in THINGS[0]} == {**THINGS[0], "at": "09:30:00"}


def test_an_autonumber_counts_up_and_comes_back_with_its_record(workspace: Workspace, owner: Principal) -> None:
    fields: dict[str, Any] = {"name": {"type": "text"}}
    install(workspace, owner, {"things": {"title": "name", "fields": fields}})
    with workspace.write(owner) as session:
        old = records.create(session, "shop.things", [{"name": "a"}, {"name": "b"}])
    fields = {**fields, "number": {"type": "autonumber", "start": 10}}
    install(workspace, owner, {"things": {"title": "name", "fields": fields}})
    with workspace.write(owner) as session:
        (last,) = records.create(session, "shop.things", [{"name": "c"}])
        assert [one["number"] for one in numbered(session)] == [10, 11, 12]
    with workspace.write(owner) as session:
        records.delete(session, "shop.things", [last, old[0]])
        transaction = session.transaction_id
    with workspace.write(owner) as session:
        records.create(session, "shop.things", [{"name": "d"}])
        assert [one["number"] for one in numbered(session)] == [11, 13]
    with workspace.write(owner, cause=f"undo:{transaction}") as session:
        undo.undo(session, transaction)
        assert [one["number"] for one in numbered(session)] == [10, 11, 12, 13]
    with workspace.write(owner) as session, pytest.raises(Refused):
        records.update(session, "shop.things", {old[0]: {"number": 99}})


def numbered(session: Session) -> list[dict[str, Any]]:
    return [one.values for one in records.find(session, Query("shop.things", sort=["number"])).records]


# Every type that people set: a fixed default, an expression as default, and two values of which one is taken already.
DEFAULTS: dict[str, tuple[dict[str, Any], Any, str, Any, Any]] = {
    "text": ({}, "new", '="A" & 1', "A1", "x"),
    "long_text": ({}, "new", '="a"', "a", None),
    "rich_text": ({}, "**a**", '="*b*"', "*b*", None),
    "number": ({"decimals": 1}, 1.5, "=1/4", 0.3, 7),
    "currency": ({"currency": "EUR"}, 2, "=1/3", 0.33, 7),
    "percent": ({}, 0.5, "=1/4", 0.25, 0.7),
    "progress": ({}, 0.5, "=1/4", 0.25, 0.7),
    "rating": ({}, 3, "=2+2", 4, 5),
    "duration": ({}, 60, "=60*60", 3600, 7),
    "checkbox": ({}, True, "=1=1", True, None),
    "date": ({}, "2026-01-01", "=DATE(2026, 2, 3)", "2026-02-03", "2026-03-04"),
    "date_time": (
        {},
        "2026-01-01T10:00:00Z",
        '=DATETIME_PARSE("2026-02-03 10:00")',
        "2026-02-03T10:00:00.000Z",
        "2026-03-04T10:00:00.000Z",
    ),
    "time": ({}, "9:00", '="8:30"', "08:30:00", "10:00:00"),
    "select": ({"choices": {"a": {"label": "A"}, "b": {"label": "B"}}}, "a", '="b"', "b", "a"),
    "multi_select": ({"choices": {"a": {"label": "A"}, "b": {"label": "B"}}}, ["b", "a"], '="b"', ["b"], None),
    "user": ({}, "usr00000000000001", "=ME()", "usr00000000000001", "usr00000000000001"),
    "users": ({}, ["usr00000000000001"], "=ME()", ["usr00000000000001"], None),
    "email": ({}, "a@example.com", '="b@example.com"', "b@example.com", "c@example.com"),
    "url": ({}, "example.com", '="https://example.com/" & 1', "https://example.com/1", "https://example.com"),
    "phone": ({"country": "DE"}, "030 1234567", '="+4930123456"', "+4930123456", "+49301234567"),
    "barcode": ({}, "a", '="b"', "b", "c"),
    "json": ({}, {"a": 1}, '="x"', "x", None),
    "location": ({}, {"label": "Home"}, '="60.17, 24.94"', {"lat": 60.17, "lng": 24.94}, None),
}


def test_every_type_takes_defaults_and_can_be_unique(workspace: Workspace, owner: Principal) -> None:
    fields: dict[str, Any] = {"name": {"type": "text"}}
    for name, (options, fixed, worked_out, _value, taken) in DEFAULTS.items():
        fields[f"{name}_fixed"] = {"type": name, **options, "default": fixed}
        fields[f"{name}_worked_out"] = {"type": name, **options, "default": worked_out}
        if taken is not None:
            fields[f"{name}_unique"] = {"type": name, **options, "unique": True}
    install(workspace, owner, {"things": {"title": "name", "fields": fields}})
    unique = {f"{name}_unique": taken for name, (*_more, taken) in DEFAULTS.items() if taken is not None}
    with workspace.write(owner) as session:
        (one,) = records.create(session, "shop.things", [unique])
        values = records.get(session, "shop.things", one).values
    for name, (options, fixed, _worked_out, value, _taken) in DEFAULTS.items():
        assert values[f"{name}_worked_out"] == value, name
        assert values[f"{name}_fixed"] == field_types[name].accept(fixed, options), name
    with workspace.write(owner) as session, pytest.raises(Refused) as refused:
        records.create(session, "shop.things", [unique])
    assert {problem.at for problem in refused.value.problems} == {f"/0/{key}" for key in unique}


def test_a_default_of_another_kind_is_refused(workspace: Workspace, owner: Principal) -> None:
    with pytest.raises(Refused) as refused:
        install(workspace, owner, {"things": {"fields": {"size": {"type": "number", "default": "=TODAY()"}}}})
    assert [problem.at for problem in refused.value.problems] == ["/tables/things/fields/size/default"]


def test_a_text_says_what_is_wrong_in_words_of_its_own() -> None:
    options = {"min_length": 3, "pattern": "^[A-Z]+$", "message": {"en": "write it in capitals."}}
    text = field_types["text"]
    with pytest.raises(InvalidValue, match="at least 3"):
        text.accept("AB", options)
    with pytest.raises(InvalidValue, match=r"write it in capitals$"):
        text.accept("abc", options)
    assert text.accept("ABC", options) == "ABC"


def test_numbers_stand_with_separators_or_without() -> None:
    number = field_types["number"]
    assert number.display(12345, {}, "en") == "12,345"
    assert number.display(2026, {"separators": False, "prefix": "No. "}, "en") == "No. 2026"


def test_a_moment_is_typed_in_the_time_zone_of_its_field(workspace: Workspace, owner: Principal) -> None:
    fields = {"at": {"type": "date_time", "time_zone": "Asia/Shanghai"}}
    install(workspace, owner, {"things": {"title": "at", "fields": fields}})
    with workspace.write(owner) as session:
        (one,) = records.create(session, "shop.things", [{"at": "2026-03-31 14:30"}], reading="text")
        assert records.get(session, "shop.things", one).values["at"] == "2026-03-31T06:30:00.000Z"
    with pytest.raises(Refused):
        install(workspace, owner, {"things": {"fields": {"at": {"type": "date_time", "time_zone": "Mars/Base"}}}})


def test_zero_is_a_unique_value_too_and_a_text_must_fit_its_index(workspace: Workspace, owner: Principal) -> None:
    fields = {"size": {"type": "number", "unique": True}, "code": {"type": "text", "unique": True}}
    install(workspace, owner, {"things": {"title": "code", "fields": fields}})
    with workspace.write(owner) as session:
        records.create(session, "shop.things", [{"size": 0, "code": "é" * 600}])
    with workspace.write(owner) as session, pytest.raises(Refused) as refused:
        records.create(session, "shop.things", [{"size": 0}, {"code": "x" * 601}])
    assert [problem.at for problem in refused.value.problems] == ["/0/size", "/1/code"]


def test_a_default_that_reads_the_record_is_refused_since_that_is_not_there_yet(
    workspace: Workspace, owner: Principal
) -> None:
    fields = {"size": {"type": "number"}, "twice": {"type": "number", "default": "={size} * 2"}}
    with pytest.raises(Refused, match=r"cannot read \{size\}") as refused:
        install(workspace, owner, {"things": {"fields": fields}})
    assert [problem.at for problem in refused.value.problems] == ["/tables/things/fields/twice/default"]


def test_json_reads_as_it_is_even_if_it_looks_like_an_error(workspace: Workspace, owner: Principal) -> None:
    fields = {"data": {"type": "json"}, "place": {"type": "location"}, "wrong": {"type": "formula", "formula": "1 / 0"}}
    install(workspace, owner, {"things": {"fields": fields}})
    with workspace.write(owner) as session:
        given = {"data": {"error": "none"}, "place": {"lat": 52.5, "lng": 13.4}}
        (one,) = records.create(session, "shop.things", [given])
        of = session.layout.table("shop.things")
        (row,) = Shown(session, of, list(fields)).rows([records.get(session, "shop.things", one).values])
    assert (row["data"], row["place"]) == ('{"error": "none"}', "52.5, 13.4")
    assert row["wrong"].startswith("#ERROR!")
