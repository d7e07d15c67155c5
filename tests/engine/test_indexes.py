"""Indexes that appear by themselves, and that the SQL of our questions is served by them, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
import sqlalchemy as sa

from engine import indexes, queries, records, totals
from engine.access.principals import Principal, person
from engine.errors import Forbidden, NotFound
from engine.indexes import REPEATED, Index
from engine.queries import Query
from engine.storage import indexes as sql_indexes
from engine.storage.index_shapes import Shape
from engine.storage.prepared import Prepared
from engine.storage.session import Session
from engine.storage.stores import Workspace
from tests.support.workspaces import OWNER_ID, install

ORDERS = "shop.orders"
BIG = 200  # records
CHOICES = {key: {"label": key} for key in ("new", "paid", "sent", "done", "lost")}
PAID = {"field": "status", "op": "is", "value": "paid"}
TABLES: dict[str, Any] = {
    "orders": {
        "title": "number",
        "fields": {
            "number": {"type": "text"},
            "status": {"type": "select", "choices": CHOICES},
            "amount": {"type": "number", "decimals": 2},
            "on": {"type": "date"},
            "urgent": {"type": "checkbox"},
            "customer": {"type": "link", "to": "customers", "inverse": "orders"},
            "word": {"type": "formula", "formula": 'IF({amount} > 50, "much", "")'},
        },
        "views": {
            "all": {"type": "grid"},
            "paid": {
                "type": "grid",
                "filter": {"all": [PAID, {"field": "amount", "op": "at_least", "value": 10}]},
                "sort": ["-on"],
            },
        },
    },
    "customers": {
        "title": "name",
        "fields": {"name": {"type": "text"}},
        "views": {"named": {"type": "grid", "sort": ["name"]}},
    },
}
SHAPE = Shape(ORDERS, ("status",), ("-on",))


@pytest.fixture
def shop(workspace: Workspace, owner: Principal, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A table that is just big enough, with a saved view that needs an index."""
    monkeypatch.setattr(indexes, "LEAST_RECORDS", BIG)
    install(workspace, owner, TABLES)
    keys = list(CHOICES)
    rows = [
        {"number": f"{n}", "status": keys[n % 5], "amount": n % 97, "on": f"2026-{n % 12 + 1:02}-{n % 28 + 1:02}"}
        for n in range(BIG)
    ]
    with workspace.write(owner) as session:
        records.create(session, ORDERS, rows)
    return workspace


def _indexes(workspace: Workspace, table: str = ORDERS) -> list[Index]:
    with workspace.read() as session:
        return indexes.of_table(session, session.layout.table(table))


def test_a_saved_view_of_a_big_table_gets_an_index(shop: Workspace) -> None:
    assert indexes.tend(shop) == 1
    (made,) = _indexes(shop)
    assert made.shape == SHAPE
    assert made.fields == [("status", False), ("on", True)]
    assert (made.state, made.why, made.used_at) == ("ready", ["paid"], None)
    assert made.size is None or made.size > 4_000
    assert indexes.tend(shop) == 0
    assert _indexes(shop, "shop.customers") == []  # too small


def test_its_use_is_noted(shop: Workspace, owner: Principal) -> None:
    indexes.tend(shop)
    with shop.read(owner) as session:
        records.find(session, Query(ORDERS, [PAID], ["-on"]))
    indexes.tend(shop)
    assert _indexes(shop)[0].used_at


def test_a_slow_question_that_repeats_gets_one(
    shop: Workspace, owner: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexes.tend(shop)
    monkeypatch.setattr(indexes, "SLOW_SECONDS", 0)
    question = Query(ORDERS, [{"field": "status", "op": "is", "value": "new"}, "={amount} > 3"], ["amount", "-number"])
    for _time in range(REPEATED):
        assert indexes.tend(shop) == 0
        with shop.read(owner) as session:
            records.find(session, question)
    assert indexes.tend(shop) == 1
    made = _indexes(shop)[-1]
    assert made.shape == Shape(ORDERS, ("status",), ("amount", "-number"))
    assert made.why == [indexes.ASKED]


@pytest.mark.parametrize(
    ("where", "equal"),
    [
        ([], ("status",)),
        (["={created_by} = ME()"], ("created_by", "status")),  # as the rule of a role may say
        ([PAID, {"field": "created_by", "op": "is", "value": OWNER_ID}], ("created_by", "status")),
        ([{"field": "amount", "op": "greater", "value": 5}], None),
        ([{"field": "number", "op": "contains", "value": "1"}], None),
    ],
)
def test_slow_groups_that_repeat_get_one_that_holds_their_totals(
    shop: Workspace,
    owner: Principal,
    monkeypatch: pytest.MonkeyPatch,
    where: list[Any],
    equal: tuple[str, ...] | None,
) -> None:
    indexes.tend(shop)
    monkeypatch.setattr(indexes, "SLOW_SECONDS", 0)
    found = []
    for _time in range(REPEATED + 1):
        with shop.read(owner) as session:
            found.append(totals.groups(session, Query(ORDERS, where), ["status"], [("sum", "amount")]))
        indexes.tend(shop)
    made = [one.shape for one in _indexes(shop) if one.shape != SHAPE]
    assert made == ([Shape(ORDERS, equal, ("amount",))] if equal else [])
    assert found[-1] == found[0]


def test_what_is_refused_stays_away_until_it_is_permitted(shop: Workspace, owner: Principal) -> None:
    indexes.tend(shop)
    name = _indexes(shop)[0].name
    with shop.write(owner) as session:
        indexes.refuse(session, name)
    assert indexes.tend(shop) == 0
    assert _indexes(shop)[0].state == "refused"
    assert "ax_" not in _plan(shop, owner, Query(ORDERS, [PAID], ["-on"]))
    with shop.write(owner) as session:
        indexes.permit(session, name)
    assert indexes.tend(shop) == 1
    with shop.write(person("usr00000000000002", "member")) as session, pytest.raises(Forbidden):
        indexes.refuse(session, name)
    with shop.write(owner) as session, pytest.raises(NotFound):
        indexes.refuse(session, "ax_nothing")


def test_it_follows_the_definition(shop: Workspace, owner: Principal) -> None:
    """An index by the order of choices holds that order; when it changes, the index is made anew."""
    tables = {**TABLES, "orders": {**TABLES["orders"], "views": {"all": {"type": "grid", "sort": ["status"]}}}}
    install(shop, owner, tables)
    assert indexes.tend(shop) == 1
    (before,) = _indexes(shop)
    assert before.shape == Shape(ORDERS, (), ("status",))
    fields = TABLES["orders"]["fields"]
    turned = {**fields, "status": {"type": "select", "choices": {"first": {"label": "First"}, **CHOICES}}}
    install(shop, owner, {**tables, "orders": {**tables["orders"], "fields": turned}})
    assert indexes.tend(shop) == 1
    (after,) = _indexes(shop)
    assert after.name != before.name
    install(shop, owner, {"customers": TABLES["customers"]})
    assert indexes.tend(shop) == 0
    assert _all(shop) == []


def test_one_that_nothing_needs_goes_after_a_time(
    shop: Workspace, owner: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexes.tend(shop)
    install(shop, owner, {**TABLES, "orders": {**TABLES["orders"], "views": {}}})
    indexes.tend(shop)
    assert len(_indexes(shop)) == 1
    monkeypatch.setattr(indexes, "UNUSED_DAYS", -1)
    indexes.tend(shop)
    assert _indexes(shop) == []


def test_a_build_that_fails_is_told_and_blocks_nothing(
    shop: Workspace, owner: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.errors import Unavailable
    from engine.storage import indexes as building

    def fails(*_arguments: object) -> None:
        raise Unavailable("Others were writing all the time.")

    monkeypatch.setattr(building, "build", fails)
    assert indexes.tend(shop) == 0
    assert (_indexes(shop)[0].state, _indexes(shop)[0].says) == ("failed", "Others were writing all the time.")


def _all(workspace: Workspace) -> list[Any]:
    with workspace.read() as session:
        return indexes._rows(session)


QUESTIONS: list[tuple[Query, Shape | None]] = [
    (Query(ORDERS, [PAID], ["-on"]), SHAPE),
    (Query(ORDERS, [PAID], ["on"]), Shape(ORDERS, ("status",), ("on",))),
    (Query(ORDERS, ['=AND({status} = "paid", {amount} >= 5)'], ["-on"]), SHAPE),
    (Query(ORDERS, [{"all": [PAID, {"any": [PAID, PAID]}]}], ["-on"]), SHAPE),
    (Query(ORDERS, [{"field": "amount", "op": "equals", "value": 7}]), Shape(ORDERS, ("amount",), ())),
    (Query(ORDERS, [{"field": "on", "op": "within", "value": "this_month"}]), Shape(ORDERS, (), ("on",))),
    (Query(ORDERS, ["={created_by} = ME()"], ["-on"]), Shape(ORDERS, ("created_by",), ("-on",))),
    (Query(ORDERS, [], ["amount", "-on"]), Shape(ORDERS, (), ("amount", "-on"))),
    (Query(ORDERS, [], ["status"]), Shape(ORDERS, (), ("status",))),
    (Query(ORDERS, [], ["-word"]), Shape(ORDERS, (), ("-word",))),
    (Query(ORDERS, [], ["-created_at"]), Shape(ORDERS, (), ("-created_at",))),
    (Query(ORDERS, [{"any": [PAID, {"field": "amount", "op": "equals", "value": 7}]}]), None),
    (Query(ORDERS, [{"field": "number", "op": "contains", "value": "1"}]), None),
    (Query(ORDERS, [{"field": "customer", "op": "is", "value": "rec00000000000000"}]), None),  # has one as a link
    (Query(ORDERS, [], ["customer"]), None),
    (Query(ORDERS), None),
]


@pytest.mark.parametrize(("query", "shape"), QUESTIONS, ids=[str(number) for number in range(len(QUESTIONS))])
def test_an_index_of_the_shape_serves_the_question(
    shop: Workspace, owner: Principal, query: Query, shape: Shape | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(shop, owner, {**TABLES, "orders": {**TABLES["orders"], "views": {}}})
    monkeypatch.setattr(indexes, "SLOW_SECONDS", 0)
    with shop.read(owner) as session:
        for _time in range(REPEATED):
            before = records.find(session, query)
    indexes.tend(shop)
    assert [one.shape for one in _indexes(shop)] == ([shape] if shape else [])
    if shape is None:
        return
    plan = _plan(shop, owner, query)
    assert "ax_shop__orders" in plan
    if query.sort:
        assert "TEMP B-TREE" not in plan
        assert "Sort Key" not in plan
    with shop.read(owner) as session:
        after = records.find(session, query)
        assert [one.id for one in after.records] == [one.id for one in before.records]
    following = _plan(shop, owner, Query(query.table, query.where, query.sort, after=after.next, limit=10))
    assert not query.sort or "TEMP B-TREE" not in following


def test_one_record_is_found_by_its_id_also_by_whom_a_rule_limits(
    shop: Workspace, owner: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though all of the table is theirs, and an index holds whose each record is."""
    clerk = {"label": "Clerk", "default": True, "tables": {"orders": {"read": "={created_by} = ME()"}}}
    install(shop, owner, TABLES, roles={"clerk": clerk})
    monkeypatch.setattr(indexes, "SLOW_SECONDS", 0)
    member = person(OWNER_ID, "member")
    for _time in range(REPEATED):
        with shop.read(member) as session:
            found = records.find(session, Query(ORDERS, sort=["-on"])).records[0]
    indexes.tend(shop)
    assert Shape(ORDERS, ("created_by",), ("-on",)) in [one.shape for one in _indexes(shop)]
    with shop.read(member) as session:
        said = _said(lambda: records.get(session, ORDERS, found.id))
        plan = _plans(session, said)
    assert "ax_shop__orders" not in plan


def _plan(workspace: Workspace, owner: Principal, query: Query) -> str:
    """How the database goes about the question's statements."""
    with workspace.write(owner) as session:
        if session.dialect == "postgresql":
            session.connection.exec_driver_sql("ANALYZE shop__orders")
            # So small a table would be read whole, or in the order of its ids while reading here and there is dear.
            for setting in ("enable_seqscan = off", "enable_bitmapscan = off", "random_page_cost = 1"):
                session.connection.exec_driver_sql(f"SET LOCAL {setting}")
        return _plans(session, _said(lambda: queries.page_of(session, query)))


def _plans(session: Session, said: list[tuple[str, Any]]) -> str:
    explain = "EXPLAIN " if session.dialect == "postgresql" else "EXPLAIN QUERY PLAN "
    about = [statement for statement in said if "shop__orders" in statement[0]]
    lines = [session.connection.exec_driver_sql(explain + sql, values) for sql, values in about]
    return "\n".join(str(row[-1]) for found in lines for row in found)


def _said(ask: Callable[[], Any]) -> list[tuple[str, Any]]:
    """The statements of a question."""
    said: list[tuple[str, Any]] = []
    rows = Prepared.rows

    def noting(prepared: Prepared, connection: sa.Connection, values: Any) -> Any:
        said.append(prepared.spelled(connection.dialect, values))
        return rows(prepared, connection, values)

    with mock.patch.object(Prepared, "rows", noting):
        ask()
    return said


def test_what_is_present_is_what_is_listed(shop: Workspace) -> None:
    indexes.tend(shop)
    with shop.read() as session:
        assert sql_indexes.present(session) == {_indexes(shop)[0].name}
