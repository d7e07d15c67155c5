"""The audit log: who did what to people, apps and settings. (What is done to records is in the log of changes.)

An entry is written in the transaction of its act, so that neither is there without the other. Each holds the SHA-256
of itself and of the entry before it: whoever changes, takes out or slips in one would have to write all later ones
anew, which shows against a hash that somebody noted (`formwork audit verify --since`). How the oldest go without
breaking the chain stands in `audit_purging.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass
from typing import Any, Literal

import sqlalchemy as sa

from engine.access import door
from engine.access.principals import Principal
from engine.addresses import read_url
from engine.origin import origin
from engine.storage.audit_tables import entries as _entries
from engine.storage.automation_tables import packed, unpacked
from engine.storage.session import Session, timestamp
from engine.storage.stores import Store
from engine.storage.turns import may_last
from engine.text import Text, _

SHOWN = 50
SLICE = 1_000  # entries read at a time when all are looked at
PURGED = "audit.purged"  # the act whose entry holds where the chain begins since

Result = Literal["done", "refused", "failed"]
Open = Callable[[], AbstractContextManager[Session]]

_c = _entries.c
_OLD = (_c.number, _c.at, _c.act, _c.by_kind, _c.by_id, _c.user_id, _c.workspace_id, _c.says, _c.about)
_WHERE_FROM = (_c.address, _c.session, _c.request, _c.result)
_COLUMNS = (*_OLD, *_WHERE_FROM, _c.hash)


@dataclass(frozen=True)
class Entry:
    """One act: its number in the chain, when, a word for it (`app.changed`), by whom, the sentence, and its facts.

    `by_kind` and `by_id` name the principal, `user_id` the person acted for; `workspace_id` is empty in a
    workspace's own log. `address`, `session` and `request` say where it came from (`engine/origin.py`), `result` what
    became of it; all four are empty in entries from before they were kept.
    """

    number: int
    at: str
    act: str
    by_kind: str
    by_id: str
    user_id: str
    workspace_id: str
    says: Text
    about: dict[str, Any]
    address: str
    session: str
    request: str
    result: str
    hash: str


@dataclass(frozen=True)
class Log:
    """A log to be taken along: what it is called, how to read its store, and in the control store whose it is."""

    chain: str
    read: Open
    workspace: str | None = None


@dataclass(frozen=True)
class Verdict:
    """How many entries follow from one another, the last one's hash, and the number of the first that is wrong.

    `found` are those of the hashes looked for that are among them; `first` is the number of the first that is kept.
    """

    count: int
    hash: str
    broken_at: int | None = None
    found: frozenset[str] = frozenset()
    first: int = 1

    @property
    def is_whole(self) -> bool:
        """Whether every entry follows from the one before it."""
        return self.broken_at is None


def note(session: Session, act: str, says: Text, *, workspace: str = "", result: Result = "done", **about: Any) -> None:
    """Remember an act of the session's principal; it is written when the transaction is about to be committed.

    `says` is a sentence without its subject ("changed the app {app}"); `about` are facts for machines. `workspace`
    is for the control store: whose log it belongs to.
    """
    if not session.noted:
        session.before_commit(lambda: _append(session))
    session.noted.append((act, workspace, says, about, result))


def note_often(
    session: Session, act: str, says: Text, *, workspace: str = "", result: Result = "done", **about: Any
) -> None:
    """The same for what anybody can have happen as often as they like: only so often (`engine/storage/tally.py`).

    The next entry says how many were left out, as `left_out`.
    """
    left_out = session.store.tally.take(act)
    if left_out is not None:
        note(session, act, says, workspace=workspace, result=result, **about, **_counted(left_out))


def note_apart(store: Store, principal: Principal, act: str, says: Text, **about: Any) -> None:
    """The same in a transaction of its own, for what was refused: nothing of the act itself is kept."""
    may_last()  # where it may not, it is done again elsewhere, and counts once
    left_out = store.tally.take(act)
    if left_out is not None:
        with store.write(principal) as session:
            note(session, act, says, result="refused", **about, **_counted(left_out))


def note_egress(store: Store, principal: Principal, url: str) -> None:
    """A call was refused because of where its URL leads."""
    host = read_url(url).host
    note_apart(store, principal, "egress.refused", _("was not let out to {host}", host=host), host=host)


def entries(
    session: Session, *, workspace: str | None = None, before: int | None = None, limit: int = SHOWN
) -> list[Entry]:
    """Entries before number `before`, newest first. Raises `Forbidden` for who does not own the workspace."""
    door.enter_owner(session.principal)
    wanted = sa.select(*_COLUMNS).order_by(_c.number.desc()).limit(limit)
    if workspace is not None:
        wanted = wanted.where(_c.workspace_id == workspace)
    if before is not None:
        wanted = wanted.where(_c.number < before)
    return [_entry(row) for row in session.connection.execute(wanted)]


def export(note_in: Open, *logs: Log) -> Iterator[str]:
    """Whole logs as JSON lines, oldest entry first, for who owns the workspace; that they took them is noted there.

    Each line has the facts of an `Entry`, and in `chain` what its log is called. In ASCII, so that nothing in it steers
    a terminal. Each slice is read in a transaction of its own. Raises `Forbidden`.
    """
    with note_in() as session:
        door.enter_owner(session.principal)
        note(session, "audit.exported", _("exported the audit log"), chains=[one.chain for one in logs])
    return (f"{json.dumps({'chain': log.chain, **asdict(one)})}\n" for log in logs for one in _kept(log))


def verify(session: Session, since: Collection[str] = ()) -> Verdict:
    """Work the whole chain out again, and look in it for hashes that were noted earlier.

    Raises `Forbidden` for who does not own the workspace.
    """
    door.enter_owner(session.principal)
    number, hash = _gone(session)
    count, first = 0, number + 1
    found: set[str] = set()
    for row in _all(session):
        if row[0] != number + 1 or row[-1] != _hash(hash, *_hashed(row)):
            return Verdict(count, hash, row[0], frozenset(found), first)
        number, hash, count = row[0], row[-1], count + 1
        if hash in since:
            found.add(hash)
    return Verdict(count, hash, None, frozenset(found), first)


def _counted(left_out: int) -> dict[str, Any]:
    return {"left_out": left_out} if left_out else {}


def _append(session: Session) -> None:
    """Write what was noted at the end of the chain. On PostgreSQL others wait here, each for a moment only."""
    if session.dialect == "postgresql":
        session.connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext(current_schema()), 1)"))
    last = sa.select(_c.number, _c.hash).order_by(_c.number.desc()).limit(1)
    number, hash = session.connection.execute(last).one_or_none() or (0, "")
    asker, came, rows = session.principal, origin(), []
    for act, workspace, says, about, result in session.noted:
        number += 1
        values = (
            number, timestamp(session.now), act, asker.kind, asker.id, asker.user_id or "", workspace,
            _json(packed(says)), _json(about), came.address, came.session, came.request, result,
        )  # fmt: skip
        hash = _hash(hash, *values)
        rows.append(dict(zip((one.key for one in _COLUMNS), (*values, hash), strict=True)))
    session.connection.execute(sa.insert(_entries), rows)


def _entry(row: Any) -> Entry:
    values: dict[str, Any] = {column.key: value or "" for column, value in zip(_COLUMNS, row, strict=True)}
    return Entry(**values | {"says": unpacked(json.loads(values["says"])), "about": json.loads(values["about"])})


def _kept(log: Log) -> Iterator[Entry]:
    only = () if log.workspace is None else (_c.workspace_id == log.workspace,)
    last: int | None = None
    while True:
        with log.read() as session:
            door.enter_owner(session.principal)
            rows = _slice(session, last, only)
        yield from map(_entry, rows)
        if len(rows) < SLICE:
            return
        last = rows[-1][0]


def _all(session: Session) -> Iterator[tuple[Any, ...]]:
    """All entries in order, from the first number that there is."""
    last: int | None = None
    while True:
        rows = _slice(session, last)
        yield from rows
        if len(rows) < SLICE:
            return
        last = rows[-1][0]


def _slice(session: Session, last: int | None, only: Collection[sa.ColumnElement[bool]] = ()) -> list[tuple[Any, ...]]:
    wanted = sa.select(*_COLUMNS).where(*only).order_by(_c.number).limit(SLICE)
    found = session.connection.execute(wanted if last is None else wanted.where(_c.number > last))
    return list(map(tuple, found))


def _gone(session: Session) -> tuple[int, str]:
    """Number and hash of the last entry that was purged, as the log itself says; of none where it says nothing."""
    first = session.connection.execute(sa.select(sa.func.min(_c.number))).scalar() or 1
    for about in session.connection.execute(sa.select(_c.about).where(_c.act == PURGED)).scalars():
        with suppress(ValueError, KeyError):
            said = json.loads(about)
            if said["through"] == first - 1:
                return first - 1, str(said["hash"])
    return 0, ""


def _hashed(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """What an entry's hash is made of: all of it, but of one from before all was kept, what there was then."""
    values = row[:-1]
    return values[: len(_OLD)] if set(values[len(_OLD) :]) == {None} else values


def _hash(before: str, *values: Any) -> str:
    return hashlib.sha256(_json([before, *values]).encode()).hexdigest()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_no_text)


def _no_text(value: Any) -> list[str]:
    """What SQLite lets somebody put where a text belongs: something else than any text."""
    return [repr(value)]
