"""Prepared statements give and take the same values as SQLAlchemy's own, and a long read at once is broken off."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from engine.access.principals import Principal
from engine.errors import Conflict
from engine.storage import sql_types
from engine.storage.databases import TookLong, at_once
from engine.storage.prepared import Prepared
from engine.storage.stores import Workspace
from tests.support.statements import counted

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
