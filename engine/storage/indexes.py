"""Indexes that are made and dropped while people work: on PostgreSQL without holding up writers."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from engine.definitions.language import Table
from engine.storage.index_shapes import PREFIX
from engine.storage.session import Session, said
from engine.storage.stores import Store
from engine.storage.time_limits import WHOLE_TABLES

_ON_SQLITE = "SELECT name FROM sqlite_master WHERE type = 'index' AND substr(name, 1, 3) = :prefix"
_ON_POSTGRESQL = (
    "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
    " WHERE c.relnamespace = CAST(current_schema() AS regnamespace) AND i.indisvalid AND left(c.relname, 3) = :prefix"
)
_SIZES_ON_SQLITE = "SELECT name, sum(pgsize) FROM dbstat WHERE substr(name, 1, 3) = :prefix GROUP BY name"
_SIZES_ON_POSTGRESQL = (
    "SELECT relname, pg_relation_size(oid) FROM pg_class"
    " WHERE relkind = 'i' AND relnamespace = CAST(current_schema() AS regnamespace) AND left(relname, 3) = :prefix"
)


def build(store: Store, index: sa.Index) -> None:
    """Make the index, which can take minutes. Raises `Conflict` when others were in the way for too long."""
    database = store.database
    if database.dialect == "sqlite":
        # SQLite has one writer anyway; readers go on.
        with store.write() as session:
            session.take_time(WHOLE_TABLES)
            session.connection.execute(sa.schema.CreateIndex(index, if_not_exists=True))
            _look_at(session, index)
        return
    options = {"isolation_level": "AUTOCOMMIT", "schema_translate_map": {None: database.schema}}
    with database.writers.engine.connect().execution_options(**options) as connection:
        connection.exec_driver_sql(f"SET statement_timeout = {WHOLE_TABLES:.0f}")
        try:
            connection.execute(sa.schema.CreateIndex(index))
        except DBAPIError as error:
            connection.execute(sa.schema.DropIndex(index, if_exists=True))  # PostgreSQL keeps what failed half-way
            raise said(error) from error


def _look_at(session: Session, index: sa.Index) -> None:
    """Let SQLite know how the index divides the table; without, it takes it for nearly as good as the records' ids.

    Nobody reads with what it knew before, since a new index has every connection look at the tables anew.
    """
    quoted = session.connection.dialect.identifier_preparer.format_index(index)
    session.connection.exec_driver_sql(f"ANALYZE {quoted}")


def drop(session: Session, name: str) -> None:
    """Take an index away, if it is there."""
    quoted = session.connection.dialect.identifier_preparer.quote(name)
    session.connection.exec_driver_sql(f"DROP INDEX IF EXISTS {quoted}")


def present(session: Session) -> set[str]:
    """The names of the indexes that appeared by themselves and are whole."""
    found = sa.text(_ON_SQLITE if session.dialect == "sqlite" else _ON_POSTGRESQL)
    return set(session.connection.execute(found, {"prefix": PREFIX}).scalars())


def sizes(session: Session) -> dict[str, int]:
    """How many bytes they take, by name; nothing where the database cannot tell."""
    asked = sa.text(_SIZES_ON_SQLITE if session.dialect == "sqlite" else _SIZES_ON_POSTGRESQL)
    try:
        return {name: int(size) for name, size in session.connection.execute(asked, {"prefix": PREFIX})}
    except DBAPIError:
        return {}  # an SQLite without dbstat


def has_records(session: Session, table: Table, number: int) -> bool:
    """Whether the table has at least so many records."""
    sql = session.layout.sql(table)
    found = sa.select(sql.c.id).order_by(sql.c.id).limit(1).offset(number - 1)
    return session.connection.execute(found).first() is not None
