"""Connections are handed out and taken back; those that the server closed meanwhile are replaced."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from engine.access.principals import Principal
from engine.errors import Unavailable
from engine.storage import connections
from engine.storage.connections import Connections
from engine.storage.prepared import ask_directly
from engine.storage.stores import Workspace
from tests.support.databases import CLOSE_OTHERS


def test_connections_that_the_server_closed_are_replaced(
    workspace: Workspace, owner: Principal, postgres_url: str
) -> None:
    with workspace.read(owner) as one, workspace.read(owner) as other:
        assert one.ask("SELECT 1") == other.ask("SELECT 1")
    if workspace.database.dialect == "postgresql":
        with sa.create_engine(postgres_url, poolclass=sa.NullPool).connect() as connection:
            connection.exec_driver_sql(CLOSE_OTHERS)
    with workspace.read(owner) as session:
        assert int(session.ask("SELECT 2")[0][0]) == 2
    with workspace.write(owner) as session:
        assert session.layout.version >= 0


def test_a_transaction_begins_with_the_first_question_and_leaves_nothing_open(
    workspace: Workspace, owner: Principal
) -> None:
    with workspace.write(owner) as session:
        session.connection.exec_driver_sql("CREATE TABLE kept (name TEXT)")
    with workspace.read(owner) as before, workspace.write(owner) as session:
        session.connection.exec_driver_sql("INSERT INTO kept VALUES ('a')")
        assert [int(row[0]) for row in before.ask("SELECT count(*) FROM kept")] == [0]
    with workspace.read(owner) as session:
        assert [int(row[0]) for row in session.ask("SELECT count(*) FROM kept")] == [1]


def test_who_needs_one_connection_too_many_hears_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "WAIT", 0.0)
    few = Connections(sa.create_engine("sqlite://", poolclass=sa.NullPool), keep=1, most=2)
    first, answer = few.take(lambda connection: ask_directly(connection, "SELECT 1"))
    assert answer == [(1,)]
    few.take(lambda connection: None)
    with pytest.raises(Unavailable):
        few.take(lambda connection: None)
    few.give_back(first)
    again, _nothing = few.take(lambda connection: None)
    assert again is first
