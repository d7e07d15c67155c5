"""Both databases for expressions that need no tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool, StaticPool

from engine.formulas import sqlite
from engine.storage.databases import take_plainly
from tests.engine.formulas.plain.meaning import PEOPLE
from tests.support.databases import PostgresServer


def _with_people(connection: Any, _record: Any) -> None:
    """Expressions look there for what people are called."""
    cursor = connection.cursor()
    cursor.execute("CREATE TEMP TABLE _people (id TEXT, name TEXT)")
    for person, name in PEOPLE.items():
        cursor.execute(f"INSERT INTO _people VALUES ('{person}', '{name}')")
    cursor.close()


@pytest.fixture(scope="session")
def on_sqlite() -> Iterator[sa.Engine]:
    """An empty SQLite database in memory that knows our functions."""
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    sa.event.listen(engine, "connect", lambda connection, _record: sqlite.register(connection))
    sa.event.listen(engine, "connect", _with_people)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def on_postgresql(postgres_server: PostgresServer, postgres_database: str) -> sa.Engine:
    """A PostgreSQL database; each use connects anew, because other tests close all connections."""
    options = {"options": "-c timezone=UTC"}  # as the product's connections are, wherever the machine stands
    engine = sa.create_engine(postgres_server.url(postgres_database), poolclass=NullPool, connect_args=options)
    sa.event.listen(engine, "connect", take_plainly)
    sa.event.listen(engine, "connect", _with_people)
    return engine


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> sa.Engine:
    """One database, then the other."""
    found: sa.Engine = request.getfixturevalue(f"on_{request.param}")
    return found
