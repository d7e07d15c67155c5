"""A session is one transaction of one store. This is the one place that commits."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import Executable
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from engine.access.principals import Principal
from engine.errors import Collided, Problem, Refused, TookTooLong, Unavailable
from engine.ids import new_id
from engine.storage.adding import Adding, Columns
from engine.storage.prepared import Prepared, Row, ask_directly, end_directly, forget, send
from engine.storage.time_limits import allow, was_broken_off
from engine.storage.turns import may_last
from engine.text import _

if TYPE_CHECKING:
    from engine.storage.layout import Layout, Versions
    from engine.storage.stores import Store, Workspace

T = TypeVar("T")
WAITS = (0.05, 0.2, 0.5)  # seconds at most before doing it again
_thread = threading.local()  # `kept`, `alone`: see `again`
WRITE_WAIT = 30.0  # seconds that a writer waits for the one before it on SQLite


_COLLIDED = _("Somebody else changed the same thing at the same time. Try again.")


@dataclass(frozen=True)
class Change:
    """The fact that one record was created, updated or deleted.

    `before` and `after` hold the stored values of the fields that changed (all of them when created or
    deleted); computed fields are not in them, since they follow from the others.
    """

    table: str
    record_id: str
    kind: str  # created | updated | deleted
    before: dict[str, Any]
    after: dict[str, Any]


Observer = Callable[["Session"], None]


@dataclass(frozen=True)
class Proof:
    """That the one who asks still may: part of a transaction's first question instead of a question of its own.

    `condition` is SQL without parameters. Where it is not true, or `holds` says no, `Unproven` is raised instead of the
    answer to that question.
    """

    condition: str
    holds: Callable[[], bool]


class Unproven(Exception):
    """Who asks may no more what they might a moment ago, or something about them is to be looked at."""


@dataclass
class Session:
    """What verbs work with: a transaction that begins with the first question, who asks, and one instant called now."""

    store: Store
    principal: Principal
    writing: bool
    cause: str | None = None
    proof: Proof | None = None
    now: datetime = field(default_factory=lambda: _milliseconds(datetime.now(UTC)))
    changes: list[Change] = field(default_factory=list)
    # By table address the records whose values may differ now; None: all of them.
    touched: dict[str, set[str] | None] = field(default_factory=dict)
    written: list[Any] = field(default_factory=list)  # what was written, as computed fields follow it (written.py)
    unsettled: list[Any] | None = None  # what was written while its working out waits (engine/computed.py)
    unchecked: list[Any] | None = None  # what was written while the checks wait for the rest (engine/rules/checks.py)
    layout_changed: bool = False  # whether this transaction changed an app
    presumes: Versions | None = None  # what it takes for granted until its first question proves it
    holders: int = 0  # the version of who has which roles, once `whole` is known
    hooks: int = 0  # how many there are to be told of changes, once `whole` is known
    holders_changed: bool = False  # whether this transaction gave or took roles
    quiet: bool = False  # whether what is written starts nothing (an import of what happened long ago)
    noted: list[Any] = field(default_factory=list)  # acts for the audit log (engine/audit.py)
    _before_commit: list[Callable[[], None]] = field(default_factory=list)
    _after_commit: list[Callable[[], None]] = field(default_factory=list)
    _layout: Layout | None = None
    _seen: Layout | None = None
    _roles: dict[str, list[str]] | None = None
    _behind: bool = False
    _connection: Connection | None = None

    @property
    def connection(self) -> Connection:
        """The database inside the transaction, in which all is carried out that was to be until now."""
        self.send()
        return self._inside

    @property
    def _inside(self) -> Connection:
        if self.presumes:
            self.prove()
        if self._connection is None:
            self.ask()
        return cast("Connection", self._connection)

    @cached_property
    def transaction_id(self) -> str:
        """The name under which the log keeps what is done here."""
        return new_id("trx")

    @property
    def alone(self) -> bool:
        """Whether nobody else shall write meanwhile, since they were in the way before."""
        return getattr(_thread, "alone", False)

    @property
    def dialect(self) -> str:
        return self.store.database.dialect

    @property
    def workspace(self) -> Workspace:
        """The workspace whose store this is (not for the control store)."""
        return cast("Workspace", self.store)

    @property
    def layout(self) -> Layout:
        """The apps of this workspace as the principal sees them: what it may not see is not there.

        Behind the door (`behind`) they are all there.
        """
        return self.whole if self._behind else self.seen

    @property
    def seen(self) -> Layout:
        """The same behind the door too: for asking what the principal may do."""
        if self._seen is None:
            from engine.access import shown

            self._seen = shown.of(self)
        return self._seen

    @property
    def whole(self) -> Layout:
        """The apps of this workspace and the SQL tables that hold them, whoever asks."""
        if self._layout is None:
            self._layout = self.store.layout_in(self)
        return self._layout

    @property
    def roles(self) -> dict[str, list[str]]:
        """The keys of the roles that the principal has in each app; owners and builders have all."""
        if self._roles is None:
            from engine.access import sight

            self._roles = sight.roles_of(self)
        return self._roles

    @contextmanager
    def behind(self) -> Iterator[Layout]:
        """Inside, everything is seen: for what the engine does once the door has been asked."""
        outside, self._behind = self._behind, True
        try:
            yield self.whole
        finally:
            self._behind = outside

    @contextmanager
    def in_front(self) -> Iterator[Layout]:
        """Inside, only what the principal sees is seen: for naming something to it from behind the door."""
        outside, self._behind = self._behind, False
        try:
            yield self.seen
        finally:
            self._behind = outside

    def in_guise(self, principal: Principal) -> Session:
        """The same transaction, asked by somebody else: for telling what they may see and do. It ends with this one."""
        whole, connection = self.whole, self.connection  # known before, since both see the same
        made = replace(
            self, principal=principal, _layout=whole, _connection=connection, _seen=None, _roles=None, _behind=False
        )
        made.transaction_id = self.transaction_id
        return made

    def use_layout(self, layout: Layout) -> None:
        """From here on this transaction has other tables; everybody else once it is committed."""
        self._layout = layout
        self._seen = self._roles = None
        self.layout_changed = True
        self.after_commit(lambda: self.store.publish_layout(layout))

    def prepared(self, key: Hashable, make: Callable[[], Executable]) -> Prepared:
        """The statement that `make` gives, made once per version of the definitions for everything called `key`."""
        return self.layout.remember(key, lambda: Prepared(make()))

    def ask(self, *texts: str) -> list[Row]:
        """What the last of these texts without parameters answers. As the first question of all it costs no more than
        the beginning of the transaction on PostgreSQL: both go out in one message.
        """
        if self.presumes:
            self.prove()
        if self._connection is not None:
            return ask_directly(self._connection, *texts)
        self._connection, found = self.store.database.begin(writing=self.writing, asking=texts)
        return found

    def rows(self, statement: Prepared, values: Mapping[str, Any]) -> list[Row]:
        """What a prepared statement finds (nothing, if it is one that writes)."""
        values = self._asked(values)
        if self.presumes:
            return self.store.first(self, statement, values)
        return statement.rows(self._inside, values)

    def _asked(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """With what stands in each question of somebody who may not see everything."""
        if self._seen is None or self._seen is self._layout:
            return values
        return {**self._seen.asked_by(self), **values}

    def prove(self) -> None:
        """Raises `Unproven` unless what was presumed is so, if that has not been asked yet."""
        if self.presumes:
            self.store.prove(self)

    def take_time(self, seconds: float) -> None:
        """Let each statement from here on work for so long (see `time_limits.py`) before it is broken off."""
        allow(self.connection, seconds)

    def begun(self, connection: Connection) -> None:
        """The transaction has begun, on this connection."""
        self._connection = connection

    def run(self, statement: Prepared, each: Iterable[Mapping[str, Any]]) -> None:
        """Carry a prepared statement out once for each set of values, whatever it finds."""
        statement.run(self._inside, map(self._asked, each))

    def add(self, adding: Adding, columns: Columns) -> None:
        """Add rows, given as the values of each column."""
        adding.run(self._inside, columns)

    def send(self) -> None:
        """On PostgreSQL what finds nothing waits for the next question, to be one message with it: it goes out now."""
        send(self._inside)

    def forget(self) -> None:
        """What waits so is not carried out."""
        forget(self._inside)

    def end(self, *, keep: bool) -> None:
        """End the transaction, if it has begun: what was written is kept, or nothing is."""
        if self._connection is not None:
            end(self._connection, keep=keep)

    def release(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self.store.database.release(self._connection, writing=self.writing)

    def before_commit(self, act: Callable[[], None]) -> None:
        """Do `act` as the last thing in the transaction, when all else has been written."""
        self._before_commit.append(act)

    def after_commit(self, act: Callable[[], None]) -> None:
        """Do `act` once the transaction is committed, and only then."""
        self._after_commit.append(act)

    def touch(self, table: str, record_ids: Sequence[str] | set[str] | None) -> None:
        """Remember that these records (None: all) may satisfy other conditions than before."""
        before = self.touched.get(table, set())
        self.touched[table] = None if before is None or record_ids is None else before | set(record_ids)


@contextmanager
def transaction(
    store: Store,
    principal: Principal,
    *,
    writing: bool,
    cause: str | None,
    observers: Sequence[Observer],
    proof: Proof | None = None,
) -> Iterator[Session]:
    """One transaction: everything inside commits together at the end of the block, or nothing does.

    Raises `Unavailable` when the database does not answer or is locked for too long, `TookTooLong` when it works for
    too long on one statement, `Conflict` when another transaction came first, `Unproven` where the proof does not
    hold: then nothing that was found counts.
    """
    if writing:
        may_last()
    lock = store.database.write_lock
    if writing and not _acquire(lock):
        raise Unavailable(_("Somebody else is writing for a long time. Try again in a moment."))
    try:
        session = Session(store, principal, writing, cause, proof)
        try:
            if proof is not None:
                session._layout = store.layout_in(session)
            try:
                yield session
            finally:
                session.prove()  # who asked nothing was answered, or refused, by what they presumed
            if writing:
                for observe in observers:
                    with session.behind():  # what observes is the engine, not the one who wrote
                        observe(session)
                for act in session._before_commit:
                    act()
            session.end(keep=writing)
            _thread.kept = _kept() + writing
        except BaseException:
            session.end(keep=False)
            raise
        finally:
            session.release()
    except DBAPIError as error:
        if _is_overtaken(session):
            raise Collided(_COLLIDED) from error
        raise said(error) from error
    except (SQLAlchemyError, TypeError, ValueError) as error:  # a value that is of no such type
        if _is_overtaken(session):
            raise Collided(_COLLIDED) from error
        raise
    finally:
        if writing:
            store.writes += 1
            _release(lock)
    for act in session._after_commit:
        act()


def again(act: Callable[[], T]) -> T:
    """What `act` gives, which opens its transactions itself; begun anew when others were in the way, a few times.

    From the second time on it writes alone, so that two who always meet come to an end. It is not begun anew when one
    of its transactions is committed by then: that would be done twice. Raises `Collided`.
    """
    kept = _kept()
    try:
        for wait in WAITS:
            try:
                return act()
            except Collided:
                if _kept() != kept:
                    raise
            may_last()
            time.sleep(random.uniform(0, wait))  # noqa: S311 - no secret; two that collided shall not meet again
            _thread.alone = True
        return act()
    finally:
        _thread.alone = False


def _kept() -> int:
    """How many transactions this thread has committed."""
    return getattr(_thread, "kept", 0)


def end(connection: Connection, *, keep: bool) -> None:
    """End the connection's transaction: what was written is kept, or nothing is."""
    if connection.invalidated:
        return
    try:
        if connection.in_transaction():  # as SQLAlchemy sees it: something has been asked through it
            send(connection) if keep else forget(connection)
            connection.commit() if keep else connection.rollback()
        else:
            end_directly(connection, keep=keep)
    except BaseException as error:
        if not keep:
            connection.invalidate(error)  # nobody shall go on in its transaction
        raise


def _is_overtaken(session: Session) -> bool:
    """Whether a reader's tables are not those any more that it began with. A writer keeps them from changing."""
    if session.writing or session._layout is None or session.dialect == "sqlite":  # where a reader sees what was
        return False
    with session.store.read(session.principal) as fresh:
        return fresh.layout.version != session._layout.version


def _acquire(lock: Any) -> bool:
    return bool(lock.acquire(timeout=WRITE_WAIT)) if hasattr(lock, "acquire") else True


def _release(lock: Any) -> None:
    if hasattr(lock, "release"):
        lock.release()


def said(error: DBAPIError) -> Exception:
    """The database's complaint in words; an unforeseen one stays as it is, to be found in the log."""
    state = getattr(error.orig, "sqlstate", None) or ""
    if "cannot contain NUL" in str(error.orig):  # PostgreSQL's driver, of any text of anybody's; SQLite takes it
        return Refused([Problem("", _("It holds the character NUL, which no text can hold. Take it out."), "nul")])
    if was_broken_off(error):
        return TookTooLong(
            _("This takes too long, so it was broken off; nothing was changed. Ask for less at once: add a condition.")
        )
    if state == "23505" or "UNIQUE constraint failed" in str(error.orig):
        return Collided(
            _("Somebody else saved the same value at the same moment, and it may be there once. Try again.")
        )
    if state in {"40001", "40P01", "55P03"}:
        return Collided(_COLLIDED)
    # On SQLite an OperationalError may also be our own wrong SQL, which must not hide as "unavailable".
    busy = any(word in str(error.orig) for word in ("locked", "disk I/O", "full", "unable to open"))
    if error.connection_invalidated or state.startswith(("08", "57", "53")) or (not state and busy):
        return Unavailable(_("The database does not answer. Try again in a moment."))
    if isinstance(error, OperationalError) and not state and "sqlite3" not in type(error.orig).__module__:
        return Unavailable(_("The database does not answer. Try again in a moment."))
    return error


def _milliseconds(instant: datetime) -> datetime:
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def timestamp(instant: datetime) -> str:
    """An instant as records hold it: `YYYY-MM-DDTHH:MM:SS.mmmZ`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
