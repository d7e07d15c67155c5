"""The engine's own tables, by Alembic: `control/` for the control store, `workspace/` for each workspace."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from engine.errors import Misconfigured
from engine.storage.databases import Database
from engine.storage.session import end
from engine.storage.time_limits import WHOLE_TABLES, allow
from engine.text import _

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

VERSION_TABLE = "_migrations"

log = logging.getLogger("formwork.storage")
_version = sa.table(VERSION_TABLE, sa.column("version_num"))


def migrate(database: Database, store: Literal["control", "workspace"]) -> None:
    """Bring the store's own tables to the newest version, in one transaction.

    Raises `Misconfigured` when the store was written by a newer Formwork, or holds what a step does not expect; nothing
    is touched then.
    """
    if _version_in(database) == newest(store):
        return
    with database.write_lock:
        connection, _nothing = database.begin(writing=True)
        try:
            allow(connection, WHOLE_TABLES)
            make(connection, store)
            end(connection, keep=True)
        except DBAPIError as error:
            end(connection, keep=False)
            if error.connection_invalidated:
                raise
            log.exception("the tables of %s cannot be brought up to date", store)
            raise Misconfigured(
                _("The database cannot be brought up to date, and is left as it was. The log says why.")
            ) from error
        except BaseException:
            end(connection, keep=False)
            raise
        finally:
            database.release(connection, writing=True)


def make(connection: Connection, store: Literal["control", "workspace"]) -> None:
    """Bring the store's own tables to the newest version in a transaction that somebody else ends."""
    from alembic.script import ScriptDirectory

    _upgrade(connection, ScriptDirectory(str(Path(__file__).parent / store)))


def newest(store: str) -> str:
    """The newest version, without asking Alembic, whose import takes long: files are named by theirs, ascending."""
    files = (Path(__file__).parent / store / "versions").glob("[cw]*.py")
    return max(file.stem.partition("_")[0] for file in files)


def _version_in(database: Database) -> str | None:
    connection, _nothing = database.begin(writing=False)
    try:
        if not sa.inspect(connection).has_table(VERSION_TABLE):
            return None
        return connection.execute(sa.select(_version.c.version_num)).scalar()
    finally:
        end(connection, keep=False)
        database.release(connection, writing=False)


def _upgrade(connection: Connection, script: ScriptDirectory) -> None:
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.util import CommandError

    def steps(revision: Any, _context: MigrationContext) -> Any:
        try:
            return script._upgrade_revs("head", revision)
        except CommandError as error:
            raise Misconfigured(
                _(
                    "This database was written by a newer Formwork (version {version}).",
                    version=str(revision),
                )
            ) from error

    if connection.dialect.name == "postgresql":
        # Two processes starting together: the second waits here and then finds nothing to do.
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7041776)")
    context = MigrationContext.configure(
        connection,
        opts={"fn": steps, "version_table": VERSION_TABLE, "transactional_ddl": True},
    )
    with Operations.context(context):
        context.run_migrations()
