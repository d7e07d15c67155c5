"""The stores of one installation: the control store, and one store per workspace."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from engine.access.principals import ENGINE, Principal
from engine.errors import Forbidden
from engine.formulas import sqlite
from engine.storage import data_folder, migrations
from engine.storage.databases import (
    Database,
    postgresql_database,
    postgresql_server,
    sqlite_database,
)
from engine.storage.layout import Layout, Versions, current_versions, first_texts, load, versions_in
from engine.storage.prepared import Prepared, Row
from engine.storage.process_lock import ProcessLock
from engine.storage.role_holders import roles_held
from engine.storage.session import Observer, Proof, Session, Unproven, said, transaction
from engine.storage.tally import Tally
from engine.storage.turns import may_last
from engine.text import _

CONTROL_SCHEMA = "formwork"
MOST_ANSWERS = 1_000  # of the control store that are remembered
ONLY_LOOKS = _("You look as somebody else, and can change nothing meanwhile. End that first.")


class Store:
    """One set of tables behind one door: sessions to read and to write it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.observers: list[Observer] = []
        self.tally = Tally()  # of what is written down only so often (engine/audit.py)
        self.writes = 0  # transactions that have written here, and ended
        self._layout: Layout | None = None
        self._known: tuple[Layout, Versions] | None = None  # as the last transaction found it
        self._held: tuple[int, Mapping[str, frozenset[str]]] = (-1, {})

    def read(self, principal: Principal = ENGINE, proof: Proof | None = None) -> AbstractContextManager[Session]:
        """A transaction that only reads. With a `proof` it raises `Unproven` unless that holds."""
        return transaction(self, principal, writing=False, cause=None, observers=(), proof=proof)

    def write(
        self, principal: Principal = ENGINE, cause: str | None = None, proof: Proof | None = None
    ) -> AbstractContextManager[Session]:
        """A transaction that may write; it commits at the end of the with-block, or not at all.

        `cause` says what brought it about (`import:imp...`, `undo:trx...`, `run:run...`) and is kept in the log.
        Raises `Forbidden` for a share and for a guise: whoever comes so leaves nothing behind; `Unproven` as `read`.
        """
        if principal.only_looks:
            raise Forbidden(ONLY_LOOKS if principal.guise else _("By this link one can only look."))
        return transaction(self, principal, writing=True, cause=cause, observers=self.observers, proof=proof)

    def layout_in(self, session: Session) -> Layout:
        """The layout as the transaction sees it; from memory unless another process changed it.

        With a proof it is presumed to be what it was a moment ago until the first question shows it: see `first`.
        """
        known = self._known
        if session.proof is None or known is None:
            return self._layout_of(session, current_versions(session))
        layout, versions = known
        session.holders, session.hooks, session.presumes = versions.holders, versions.hooks, versions
        return layout

    def first(self, session: Session, statement: Prepared, values: Mapping[str, Any]) -> list[Row]:
        """What the first question finds of a transaction that presumes. Raises `Unproven` where it was wrong to."""
        presumed, session.presumes = session.presumes, None
        asking = first_texts(session)
        connection, first, found = self.database.begin_with(asking, statement, values, writing=session.writing)
        session.begun(connection)
        if versions_in(session, first) != presumed:
            raise Unproven
        return found()

    def prove(self, session: Session) -> None:
        """The same where nothing else is asked."""
        presumed, session.presumes = session.presumes, None
        if current_versions(session) != presumed:
            raise Unproven

    def _layout_of(self, session: Session, versions: Versions) -> Layout:
        session.holders, session.hooks = versions.holders, versions.hooks
        layout = self._layout
        if layout is None or layout.version != versions.definitions:
            may_last()
            layout = load(session, versions.definitions)
            self._layout = layout
        self._known = layout, versions
        return layout

    def roles_of(self, session: Session, person: str) -> frozenset[str]:
        """The addresses of the roles that a person has; from memory unless somebody has others since."""
        known, held = self._held
        if known != session.holders or session.holders_changed:
            held = roles_held(session)
            if not session.holders_changed:
                self._held = (session.holders, held)
        return held.get(person, frozenset())

    def publish_layout(self, layout: Layout) -> None:
        """A committed change of definitions: later sessions begin with it."""
        self._layout = layout


class Control(Store):
    """The installation's store: who there is, and which workspaces."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._answers: dict[tuple[Prepared, str], tuple[int, list[Row]]] = {}

    def answer(self, statement: Prepared, value: str) -> list[Row]:
        """What a statement with one parameter, `wanted`, finds. A transaction around it would cost more than it does.

        Where nobody else can write, since the database is a file, it is asked once until something is written.
        """
        writes, found = self._answers.get((statement, value), (-1, []))
        if writes == self.writes:
            return found
        writes = self.writes  # before asking: what is written meanwhile may be missing in the answer
        try:
            found = self.database.answer(statement, {"wanted": value})
        except DBAPIError as error:
            raise said(error) from error
        if self.database.dialect == "sqlite":
            if len(self._answers) >= MOST_ANSWERS:
                self._answers.clear()
            self._answers[statement, value] = writes, found
        return found

    def spelled(self, wanted: sa.ColumnElement[bool]) -> str:
        """A condition as one text, which a workspace's transaction may ask, too, where all stores are one database."""
        dialect, places = self.database.readers.engine.dialect, {None: self.database.schema}
        compiled = wanted.compile(
            dialect=dialect,
            schema_translate_map=places,
            render_schema_translate=True,
            compile_kwargs={"literal_binds": True},
        )
        return str(compiled)


class Workspace(Store):
    """One organisation's store."""

    def __init__(
        self,
        workspace_id: str,
        database: Database,
        files: Path,
        time_zone: str,
        language: str,
    ) -> None:
        super().__init__(database)
        self.id = workspace_id
        self.files = files
        self.time_zone = time_zone
        self.language = language


class Stores:
    """All stores of an installation. Close it at the end, so that SQLite's files are left tidy."""

    def __init__(
        self,
        data: Path,
        database_url: str = "",
        time_zone: str = "UTC",
        language: str = "en",
    ) -> None:
        """Open (and make or migrate) the control store. Raises `Misconfigured`, `FolderInUse`, `Unavailable`."""
        self.data = data
        self.time_zone = time_zone
        self.language = language
        self._server = postgresql_server(database_url, CONTROL_SCHEMA) if database_url else None
        data_folder.prepare(data, local=not database_url)
        self._lock = None if self._server is not None else ProcessLock(data)
        self._workspaces: dict[str, Workspace] = {}
        self._opening = threading.Lock()
        self._on_open: list[Callable[[Workspace], None]] = []
        self._opened: list[Database] = []
        try:
            self.control = Control(self._database("control", CONTROL_SCHEMA))
            migrations.migrate(self.control.database, "control")
        except BaseException:
            self.close()
            raise

    def workspace(self, workspace_id: str) -> Workspace:
        """A workspace's store, opened (made, migrated) the first time it is asked for."""
        found = self._workspaces.get(workspace_id)
        if found is not None:
            return found
        may_last()
        with self._opening:
            if workspace_id not in self._workspaces:
                database = self._database(f"workspaces/{workspace_id}", workspace_id)
                migrations.migrate(database, "workspace")
                workspace = Workspace(
                    workspace_id,
                    database,
                    self.data / "files" / workspace_id,
                    self.time_zone,
                    self.language,
                )
                for act in self._on_open:
                    act(workspace)
                self._workspaces[workspace_id] = workspace
            return self._workspaces[workspace_id]

    def on_open(self, act: Callable[[Workspace], None]) -> None:
        """Do `act` with each workspace as it is opened (verbs register their observers so)."""
        self._on_open.append(act)

    def close(self) -> None:
        """Close every connection and let another process in."""
        for database in reversed(self._opened):
            database.dispose()
        if self._lock is not None:
            self._lock.release()

    def _database(self, file: str, schema: str) -> Database:
        if self._server is not None:
            database = postgresql_database(self._server, schema)
        else:
            database = sqlite_database(self.data / f"{file}.sqlite", sqlite.register)
        self._opened.append(database)
        return database
