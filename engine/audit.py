"""The audit log: who did what to people, apps and settings. (What is done to records is in the log of changes.)

An entry is written in the transaction of its act, so that neither is there without the other. Each holds the SHA-256
of itself and of the entry before it: whoever changes, takes out or slips in one would have to write all later ones
anew, which shows against a hash that somebody noted (`formwork audit verify --since`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.access import door
from engine.access.principals import Principal
from engine.addresses import read_url
from engine.storage.audit_tables import entries as _entries
from engine.storage.automation_tables import packed, unpacked
from engine.storage.session import Session, timestamp
from engine.storage.stores import Store
from engine.storage.turns import may_last
from engine.text import Text, _

SHOWN = 50
SLICE = 1_000  # entries read at a time when all are looked at
_c = _entries.c
_COLUMNS = (_c.number, _c.at, _c.act, _c.by_kind, _c.by_id, _c.user_id, _c.workspace_id, _c.says, _c.about, _c.hash)


@dataclass(frozen=True)
class Entry:
    """One act: its number in the chain, when, a word for it (`app.changed`), by whom, the sentence, and its facts.

    `by_kind` and `by_id` name the principal, `user_id` the person acted for; `workspace_id` is empty in a
    workspace's own log.
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
    hash: str


@dataclass(frozen=True)
class Verdict:
    """How many entries follow from one another, the last one's hash, and the number of the first that is wrong.

    `found` are those of the hashes looked for that are among them.
    """

    count: int
    hash: str
    broken_at: int | None = None
    found: frozenset[str] = frozenset()

    @property
    def is_whole(self) -> bool:
        """Whether every entry follows from the one before it."""
        return self.broken_at is None


def note(session: Session, act: str, says: Text, *, workspace: str = "", **about: Any) -> None:
    """Remember an act of the session's principal; it is written when the transaction is about to be committed.

    `says` is a sentence without its subject ("changed the app {app}"); `about` are facts for machines. `workspace`
    is for the control store: whose log it belongs to.
    """
    if not session.noted:
        session.before_commit(lambda: _append(session))
    session.noted.append((act, workspace, says, about))


def note_often(session: Session, act: str, says: Text, *, workspace: str = "", **about: Any) -> None:
    """The same for what anybody can have happen as often as they like: only so often (`engine/storage/tally.py`).

    The next entry says how many were left out, as `left_out`.
    """
    left_out = session.store.tally.take(act)
    if left_out is not None:
        note(session, act, says, workspace=workspace, **about, **_counted(left_out))


def note_apart(store: Store, principal: Principal, act: str, says: Text, **about: Any) -> None:
    """The same in a transaction of its own, for what was refused: nothing of the act itself is kept."""
    may_last()  # where it may not, it is done again elsewhere, and counts once
    left_out = store.tally.take(act)
    if left_out is not None:
        with store.write(principal) as session:
            note(session, act, says, **about, **_counted(left_out))


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
    return [
        Entry(*row[:7], unpacked(json.loads(row[7])), json.loads(row[8]), row[9])
        for row in session.connection.execute(wanted)
    ]


def verify(session: Session, since: Collection[str] = ()) -> Verdict:
    """Work the whole chain out again, and look in it for hashes that were noted earlier.

    Raises `Forbidden` for who does not own the workspace.
    """
    door.enter_owner(session.principal)
    count, hash = 0, ""
    found: set[str] = set()
    for row in _all(session):
        if row[0] != count + 1 or row[-1] != _hash(hash, *row[:-1]):
            return Verdict(count, hash, row[0], frozenset(found))
        count, hash = row[0], row[-1]
        if hash in since:
            found.add(hash)
    return Verdict(count, hash, None, frozenset(found))


def _counted(left_out: int) -> dict[str, Any]:
    return {"left_out": left_out} if left_out else {}


def _append(session: Session) -> None:
    """Write what was noted at the end of the chain. On PostgreSQL others wait here, each for a moment only."""
    if session.dialect == "postgresql":
        session.connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext(current_schema()), 1)"))
    last = sa.select(_c.number, _c.hash).order_by(_c.number.desc()).limit(1)
    number, hash = session.connection.execute(last).one_or_none() or (0, "")
    asker, rows = session.principal, []
    for act, workspace, says, about in session.noted:
        number += 1
        values = (
            number, timestamp(session.now), act, asker.kind, asker.id, asker.user_id or "", workspace,
            _json(packed(says)), _json(about),
        )  # fmt: skip
        hash = _hash(hash, *values)
        rows.append(dict(zip((one.key for one in _COLUMNS), (*values, hash), strict=True)))
    session.connection.execute(sa.insert(_entries), rows)


def _all(session: Session) -> Iterator[tuple[Any, ...]]:
    """All entries in order, from the first number that there is."""
    last: int | None = None
    while True:
        wanted = sa.select(*_COLUMNS).order_by(_c.number).limit(SLICE)
        rows = session.connection.execute(wanted if last is None else wanted.where(_c.number > last)).all()
        yield from map(tuple, rows)
        if len(rows) < SLICE:
            return
        last = rows[-1][0]


def _hash(before: str, *values: Any) -> str:
    return hashlib.sha256(_json([before, *values]).encode()).hexdigest()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
