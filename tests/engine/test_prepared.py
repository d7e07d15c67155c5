"""Prepared statements give and take the same values as SQLAlchemy's own, and a long read at once is broken off."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa

from engine import records
from engine.access.principals import Principal
from engine.errors import Conflict
from engine.queries import Query
from engine.storage import sql_types
from engine.storage.prepared import Prepared
from engine.storage.savepoints import attempt
from engine.storage.session import again
from engine.storage.stores import Stores, Workspace
from engine.storage.turns import TookLong, at_once
from tests.support.statements import counted
from tests.support.workspaces import install

VALUES: dict[str, Any] = {
    "text": "100% of \u8d8a \\ ':x' ?",
    "number": 12.5,
    "whole": 3,
    "yes": True,
    "day": "2026-03-31",
    "instant": "2026-03-31T14:30:00.250Z",
    "many": ["a", "b"],
}
TABLE = sa.Table(
    "kept",
    sa.MetaData(),
    sa.Column("text", sql_types.TEXT),
    sa.Column("number", sql_types.NUMBER),
    sa.Column("whole", sql_types.NUMBER),
    sa.Column("yes", sql_types.BOOLEAN),
    sa.Column("day", sql_types.DATE),
    sa.Column("instant", sql_types.DATE_TIME),
    sa.Column("many", sql_types.JSON_LIST),
)
INSERT, SELECT = Prepared(sa.insert(TABLE)), Prepared(sa.select(TABLE))


def test_values_go_in_and_come_out_as_through_sqlalchemy(workspace: Workspace, owner: Principal) -> None:
    empty = dict.fromkeys(VALUES)
    with workspace.write(owner) as session:
        TABLE.create(session.connection)
        session.run(INSERT, [VALUES, empty])
        session.connection.execute(sa.insert(TABLE), [VALUES])
        found = session.rows(SELECT, {})
        assert found == [tuple(row) for row in session.connection.execute(sa.select(TABLE))]
        assert found == [tuple(VALUES.values()), tuple(empty.values()), tuple(VALUES.values())]
        percent = Prepared(sa.select(TABLE.c.whole).where(TABLE.c.text.like("100\\%%", escape="\\")).limit(1))
        assert session.rows(percent, {}) == [(3,)]
        listed = Prepared(
            sa.select(sa.func.count()).where(TABLE.c.whole.in_([1, 3]), TABLE.c.day == sa.bindparam("on"))
        )
        assert session.rows(listed, {"on": "2026-03-31"}) == [(2,)]


def test_numbers_and_instants_come_back_as_they_went_in(workspace: Workspace, owner: Principal) -> None:
    numbers = [0, -3, 0.1, 1e-10, -0.5, 123456789.123456, 999_999_999_999_999, 2**53, 1e20, 1e300]
    instants = [f"2026-03-31T14:30:00.{part}Z" for part in ("000", "100", "120", "007")] + ["0999-12-31T23:59:59.999Z"]
    with workspace.write(owner) as session:
        TABLE.create(session.connection)
        session.run(INSERT, [{**VALUES, "number": one} for one in numbers])
        session.run(INSERT, [{**VALUES, "instant": one, "number": None} for one in instants])
        found = [row[0] for row in session.rows(Prepared(sa.select(TABLE.c.number).where(TABLE.c.number != 7)), {})]
        assert found == numbers
        assert [type(one) for one in found] == [type(one) for one in numbers]
        when = Prepared(sa.select(TABLE.c.instant).where(TABLE.c.number.is_(None)))
        assert [row[0] for row in session.rows(when, {})] == instants


def test_what_the_driver_refuses_is_told_as_always_and_the_transaction_is_gone(
    workspace: Workspace, owner: Principal
) -> None:
    with workspace.write(owner) as session:
        session.connection.exec_driver_sql("CREATE TABLE once (name TEXT PRIMARY KEY)")
    once = sa.table("once", sa.column("name"))
    with pytest.raises(Conflict), workspace.write(owner) as session:
        session.run(Prepared(sa.insert(once)), [{"name": "a"}, {"name": "a"}])
    with workspace.read(owner) as session:
        assert session.rows(Prepared(sa.select(once.c.name)), {}) == []


def test_what_waits_for_the_next_question_belongs_where_it_was_said(workspace: Workspace, owner: Principal) -> None:
    """On PostgreSQL what finds nothing goes out with the next question, the end of a part, or the end of all."""
    with workspace.write(owner) as session:
        session.connection.exec_driver_sql("CREATE TABLE once (name TEXT PRIMARY KEY)")
    once = sa.table("once", sa.column("name"))
    add, names = Prepared(sa.insert(once)), Prepared(sa.select(once.c.name).order_by("name"))
    with workspace.write(owner) as session:
        session.run(add, [{"name": "a"}])
        with suppress(LookupError), attempt(session):
            session.run(add, [{"name": "taken back"}])
            raise LookupError
        with attempt(session):
            session.run(add, [{"name": "b"}])
        with pytest.raises(sa.exc.IntegrityError), attempt(session):
            session.run(add, [{"name": "b"}])
        assert session.rows(names, {}) == [("a",), ("b",)]
        assert session.rows(Prepared(sa.delete(once).where(once.c.name == "a")), {}) == []
        assert session.rows(Prepared(sa.delete(once).where(once.c.name == "b").returning(once.c.name)), {}) == [("b",)]
        session.run(add, [{"name": "last"}])
    with workspace.read(owner) as session:
        assert session.rows(names, {}) == [("last",)]


def test_prepared_statements_are_counted(workspace: Workspace, owner: Principal) -> None:
    with counted(workspace) as said, workspace.read(owner) as session:
        session.rows(Prepared(sa.select(sa.literal_column("1"))), {})
        session.connection.execute(sa.select(sa.literal_column("2")))
    assert len(said) == 2


LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500000) SELECT count(*) FROM n"


def test_a_long_read_at_once_is_broken_off_and_a_write_does_not_begin(workspace: Workspace, owner: Principal) -> None:
    if workspace.database.dialect == "sqlite":
        with pytest.raises(TookLong), at_once(seconds=0), workspace.read(owner) as session:
            session.connection.exec_driver_sql(LONG)
    with pytest.raises(TookLong), at_once(seconds=0), workspace.write(owner):
        pass
    with workspace.read(owner) as session:
        assert session.connection.exec_driver_sql(LONG).scalar() == 500_000


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_connections_keep_no_plan_of_tables_that_are_others_now(stores: Stores, owner: Principal) -> None:
    """Two workspaces have the same app, in which the same field has different types."""
    types = {"wsp00000000000001": ("number", 7), "wsp00000000000002": ("text", "seven")}
    for name, (kind, _value) in types.items():
        install(stores.workspace(name), owner, {"things": {"fields": {"size": {"type": kind}}}})
    for name, (_kind, value) in types.items():
        workspace = stores.workspace(name)
        for _again in range(8):  # writing, since reading ends with ROLLBACK, after which the driver forgets
            with workspace.write(owner) as session:
                (one,) = records.create(session, "shop.things", [{"size": value}])
                assert records.get(session, "shop.things", one).values["size"] == value


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_reads_while_the_tables_change_is_told_to_begin_anew(workspace: Workspace, owner: Principal) -> None:
    install(workspace, owner, {"things": {"fields": {"size": {"type": "number"}}}})
    asked: list[int] = []

    def read() -> int:
        with workspace.read(owner) as session:
            layout = session.layout
            asked.append(layout.version)
            if len(asked) == 1:
                become = {"things": {"fields": {"size": {"type": "text"}}}}
                somebody.submit(install, workspace, owner, become).result()
            return len(records.find(session, Query("shop.things", sort=["size"])).records)

    with workspace.write(owner) as session:
        records.create(session, "shop.things", [{"size": 7}])
    with ThreadPoolExecutor(1) as somebody:
        assert again(read) == 1
    assert len(asked) == 2
