"""By a share one sees what its maker sees of one view, and less; and leaves nothing behind."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from engine import apps, history, queries, records, roles, totals, views
from engine.access import door, principals
from engine.access.principals import Principal, Shared
from engine.errors import Forbidden, NotFound, Refused
from engine.queries import Query
from tests.engine.access.conftest import Shop
from tests.engine.access.shop import ANA, APP, AS_ANA, AS_REP, REP

VIEWS: dict[str, Any] = {
    "all": {"type": "grid", "label": "All"},
    "open": {
        "type": "grid",
        "label": "Names",
        "fields": ["level", "deals", "tags"],
        "sort": ["-credit", "name"],
        "group": "owner",
        "totals": {"credit": "sum", "name": "count"},
        "filter": {"field": "credit", "op": "at_least", "value": 20},
    },
    "board": {"type": "kanban", "label": "Board", "by": "level", "sum": "credit", "fields": ["owner"]},
}


def share(view: str = "open", record: str = "", by: Principal = AS_ANA) -> Principal:
    return principals.share("shr00000000000001", Shared("crm.accounts", view, record, by))


@pytest.fixture
def ids(shop: Shop) -> list[str]:
    document = copy.deepcopy(APP)
    document["tables"]["accounts"]["views"] = VIEWS
    document["roles"]["rep"]["tables"]["accounts"]["export"] = True
    with shop.workspace.write(AS_ANA) as session:
        apps.apply(session, document)
    given = [
        {"name": "Alder", "credit": 10, "level": "a", "owner": REP},
        {"name": "Birch", "credit": 20, "level": "b", "owner": REP},
        {"name": "Cedar", "credit": 30, "level": "b"},
    ]
    made = shop.create("accounts", *given)
    shop.create("deals", {"title": "Big", "account": made[1], "amount": 5})
    return made


def test_it_shows_the_records_and_fields_of_the_view(shop: Shop, ids: list[str]) -> None:
    (birch, cedar) = sorted(shop.find("accounts", share()), key=lambda one: str(one.values["name"]))
    assert (birch.id, cedar.id) == (ids[1], ids[2])
    assert birch.values.keys() == {"name", "level", "deals", "tags"}
    assert birch.values["name"] == "Birch"
    assert len(birch.values["deals"]) == 1
    with shop.workspace.read(share()) as session:
        assert set(session.layout.apps.tables) == {"crm.accounts", "crm.deals", "crm.tags"}
        assert queries.titles(session, "crm.deals", birch.values["deals"]) == {birch.values["deals"][0]: "Big"}
        assert set(session.layout.table("crm.deals").fields) == {"title", "account"}
        assert set(session.layout.table("crm.tags").fields) >= {"name"}
        view = views.get(session, "crm.accounts", "open")
        assert view.options == {"fields": ["level", "deals", "tags"], "sort": ["name"], "totals": {"name": "count"}}
        assert "filter" not in str(session.layout.apps["crm"].document)


def test_what_is_looked_up_is_called_by_its_name(shop: Shop, ids: list[str]) -> None:
    with shop.workspace.write(AS_ANA) as session:
        document = copy.deepcopy(dict(apps.export(session, "crm")))
        document["tables"]["deals"]["fields"]["tags"] = {"type": "lookup", "through": "account", "field": "tags"}
        document["tables"]["deals"]["views"] = {"tags": {"type": "grid", "fields": ["tags"]}}
        apps.apply(session, document)
        (tag,) = records.create(session, "crm.tags", [{"name": "urgent"}])
        records.update(session, "crm.accounts", {ids[1]: {"tags": [tag]}})
    by_tags = principals.share("shr0", Shared("crm.deals", "tags", "", AS_ANA))
    assert [one.values for one in shop.find("deals", by_tags)] == [{"title": "Big", "tags": [tag]}]
    with shop.workspace.read(by_tags) as session:
        assert queries.titles(session, "crm.tags", [tag]) == {tag: "urgent"}
        assert set(session.layout.table("crm.tags").fields) == {"name"}


def test_a_record_that_the_view_does_not_show_is_not_there(shop: Shop, ids: list[str]) -> None:
    with pytest.raises(NotFound):
        shop.get("accounts", ids[0], share())
    assert shop.get("accounts", ids[1], share())["level"] == "b"


def test_one_record_is_shown_with_the_fields_of_a_view(shop: Shop, ids: list[str]) -> None:
    alone = share(record=ids[0])
    assert [one.id for one in shop.find("accounts", alone)] == [ids[0]]
    assert shop.get("accounts", ids[0], alone).keys() == {"name", "level", "deals", "tags"}
    with pytest.raises(NotFound):
        shop.get("accounts", ids[1], alone)


@pytest.mark.parametrize("key", ["credit", "owner", "phone", "twice", "created_at", "nothing"])
def test_nothing_that_is_not_shown_can_be_asked(shop: Shop, ids: list[str], key: str) -> None:
    with shop.workspace.read(share()) as session:
        for query in (
            Query("crm.accounts", sort=[key]),
            Query("crm.accounts", sort=[f"-{key}"]),
            Query("crm.accounts", fields=[key]),
            Query("crm.accounts", where=[{"field": key, "op": "is_not_empty"}]),
            Query("crm.accounts", where=[{"any": [{"field": key, "op": "is_empty"}]}]),
        ):
            with pytest.raises(Refused):
                records.find(session, query)
        with pytest.raises(Refused):
            totals.groups(session, Query("crm.accounts"), [key])
        with pytest.raises(Refused):
            totals.totals(session, Query("crm.accounts"), [("filled", key)])


def test_a_search_looks_into_what_is_shown_only(shop: Shop, ids: list[str]) -> None:
    assert [one.id for one in shop.find("accounts", share(), search="birch")] == [ids[1]]
    assert not shop.find("accounts", share(), search="30")  # a credit
    assert not shop.find("accounts", share(), search="Alder")  # not in the view


def test_totals_count_what_the_view_shows(shop: Shop, ids: list[str]) -> None:
    with shop.workspace.read(share()) as session:
        assert queries.count(session, Query("crm.accounts")) == 2
        assert totals.totals(session, Query("crm.accounts"), [("filled", "name")]) == (2,)
        assert [one.values for one in totals.groups(session, Query("crm.accounts"), ["level"])] == [("b",)]


def test_a_board_has_its_stacks_and_no_more_people_than_are_there(shop: Shop, ids: list[str]) -> None:
    with shop.workspace.read(share("board")) as session:
        table = session.layout.table("crm.accounts")
        view = views.get(session, "crm.accounts", "board")
        assert set(table.fields) == {"name", "owner", "level"}
        found = views.stacks(session, table, view, Query("crm.accounts"))
        assert {one.value: (one.count, one.total) for one in found} == {"a": (1, None), "b": (2, None)}
        by_owner = replace(view, options={"by": "owner"})
        assert [one.value for one in views.stacks(session, table, by_owner, Query("crm.accounts"))] == [REP, ANA]


def test_it_writes_nothing_and_enters_nothing_else(shop: Shop, ids: list[str]) -> None:
    with pytest.raises(Forbidden), shop.workspace.write(share()):
        pass
    with shop.workspace.read(share()) as session:
        with pytest.raises(NotFound):
            history.of_record(session, "crm.accounts", ids[1])
        with pytest.raises(NotFound):
            records.find(session, Query("crm.deals"))
        with pytest.raises(NotFound):
            records.find(session, Query("crm.secrets"))
        for enter in (door.enter_builder, door.enter_owner):
            with pytest.raises(Forbidden):
                enter(session.principal)
        with pytest.raises(Forbidden):
            apps.export(session, "crm")
        table = session.layout.table("crm.accounts")
        acts: tuple[door.Act, ...] = ("read", "history", "create", "update", "delete", "export", "choose")
        assert {act for act in acts if door.may(session.principal, act, table)} == {"read"} == door.SHARED


@pytest.mark.parametrize("view", ["open", "board"])
def test_nothing_that_is_hidden_shows_in_any_answer(shop: Shop, ids: list[str], view: str) -> None:
    """The same questions get the same answers whatever the hidden fields and records hold."""

    def answers() -> list[Any]:
        with shop.workspace.read(share(view)) as session:
            keys = list(session.layout.table("crm.accounts").fields)
            single = [key for key in keys if not session.layout.table("crm.accounts").fields[key].many]
            found: list[Any] = [views.get(session, "crm.accounts", view)]
            for word in ("", "Elm", "300", "42", "Birch", "Secret", "Hidden"):
                query = Query("crm.accounts", search=word)
                found += [queries.count(session, query), [one.values for one in records.find(session, query).records]]
            found += [records.find(session, Query("crm.accounts", sort=[key])).records for key in single]
            found += [totals.groups(session, Query("crm.accounts"), [key]) for key in single]
            wanted = [(function, key) for key in single for function in ("unique", "filled")]
            found.append(totals.totals(session, Query("crm.accounts"), wanted))
            found += [queries.titles(session, "crm.accounts", ids), set(session.layout.apps.tables)]
        return found

    hidden: dict[str, Any] = {"phone": "Hidden", "claimed": True, "credit": 300}
    before = answers()
    for number, record in enumerate(ids[1:]):
        shop.update("accounts", record, **{**hidden, "credit": 300 - number})
    if view == "open":  # where the first record is not shown at all, whatever it is called
        shop.update("accounts", ids[0], name="Elm", phone="42", level="b")
        shop.create("accounts", {"name": "Elm", "credit": 1})
    shop.create("deals", {"title": "Secret", "amount": 42})
    shop.create("secrets", {"name": "Secret"})
    assert answers() == before


def test_it_shows_no_more_than_its_maker_sees(shop: Shop, ids: list[str]) -> None:
    mine = share("all", by=AS_REP)
    seen, shown = shop.find("accounts", AS_REP), shop.find("accounts", mine)
    assert [one.id for one in shown] == [one.id for one in seen]
    assert {one.id for one in seen} < set(ids)
    for one, other in zip(seen, shown, strict=True):
        assert other.values.keys() <= one.values.keys()
        assert all(one.values[key] == value for key, value in other.values.items())
    with shop.workspace.write(AS_ANA) as session:
        roles.take(session, "crm.rep", REP)
    with pytest.raises(NotFound):  # from the next request on
        shop.find("accounts", mine)


def test_what_may_not_be_taken_out_is_not_shown(shop: Shop, ids: list[str]) -> None:
    def let_out(rule: bool | str) -> None:
        with shop.workspace.write(AS_ANA) as session:
            document = copy.deepcopy(dict(apps.export(session, "crm")))
            document["roles"]["rep"]["tables"]["accounts"]["export"] = rule
            apps.apply(session, document)

    let_out('={level} = "a"')
    assert [one.values["name"] for one in shop.find("accounts", share("all", by=AS_REP))] == ["Alder"]
    let_out(rule=False)
    with pytest.raises(NotFound):
        shop.find("accounts", share("all", by=AS_REP))


LINES: dict[str, Any] = {
    "orders": {
        "title": "name",
        "fields": {
            "name": {"type": "text"},
            "open": {"type": "checkbox"},
            "lines": {"type": "line_items", "of": "lines", "by": "order", "order": "place", "fields": ["what", "tag"]},
        },
        "views": {
            "open": {"type": "grid", "fields": ["name", "lines"], "filter": "={open}"},
            "names": {"type": "grid", "fields": ["name"]},
        },
    },
    "lines": {
        "title": "what",
        "fields": {
            "order": {"type": "link", "to": "orders", "on_delete": "cascade"},
            "place": {"type": "number"},
            "what": {"type": "text"},
            "cost": {"type": "number"},
            "tag": {"type": "link", "to": "tags"},
        },
    },
}  # fmt: skip


def with_lines(shop: Shop, export: Any = True) -> tuple[str, str]:
    """An order with two lines that the view shows, and one that it does not; by a rep who sees no costs."""
    document = copy.deepcopy(APP)
    document["tables"] |= LINES
    orders = {"read": True, "export": True}
    document["roles"]["rep"]["tables"] |= {
        "orders": orders, "lines": {"read": True, "export": export, "fields": {"cost": "hidden"}},
    }  # fmt: skip
    shop.install(document)
    (tag,) = shop.create("tags", {"name": "vip"})
    lines = [{"what": "pen", "cost": 7, "tag": tag}, {"what": "ink", "cost": 8}]
    order, closed = shop.create(
        "orders",
        {"name": "Open", "open": True, "lines": lines},
        {"name": "Closed", "lines": [{"what": "cup", "cost": 9}]},
    )
    return order, closed


def lines_by(shop: Shop, asker: Principal, order: str) -> list[dict[str, Any]]:
    with shop.workspace.read(asker) as session:
        return [dict(one.values) for one in records.lines(session, "crm.orders", order, "lines")]


def share_of_orders(view: str = "open", by: Principal = AS_ANA) -> Principal:
    return principals.share("shr00000000000001", Shared("crm.orders", view, "", by))


def test_of_lines_it_shows_what_their_list_shows(shop: Shop) -> None:
    order, closed = with_lines(shop)
    first, second = lines_by(shop, share_of_orders(), order)
    assert (first["what"], second["what"]) == ("pen", "ink")
    assert "cost" not in first
    with pytest.raises(NotFound):
        lines_by(shop, share_of_orders(), closed)
    with shop.workspace.read(share_of_orders()) as session:
        assert session.layout.table("crm.tags").fields.keys() == {"name"}
        for table in ("crm.lines", "crm.tags"):
            with pytest.raises(NotFound):
                records.find(session, Query(table))


def test_where_a_view_shows_no_lines_there_are_none(shop: Shop) -> None:
    with_lines(shop)
    with shop.workspace.read(share_of_orders("names")) as session:
        assert session.layout.apps.tables.keys() == {"crm.orders"}


@pytest.mark.parametrize(("export", "left"), [(True, ["pen", "ink"]), ('={what} = "ink"', ["ink"])])
def test_lines_leave_as_far_as_the_maker_may_take_them_along(shop: Shop, export: Any, left: list[str]) -> None:
    order, _closed = with_lines(shop, export)
    found = lines_by(shop, share_of_orders(by=AS_REP), order)
    assert [one["what"] for one in found] == left


def test_lines_that_may_not_leave_are_only_counted(shop: Shop) -> None:
    with_lines(shop, export=False)
    with shop.workspace.read(share_of_orders(by=AS_REP)) as session:
        lines = session.layout.table("crm.orders").fields["lines"]
        assert not session.layout.shows_lines(lines)
        assert "place" not in session.layout.table("crm.lines").fields
