"""The log of changes: written with every write, read as history, by record, by transaction, by cause."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa

from engine.access import door, past
from engine.definitions.language import Table
from engine.storage import record_rows, workspace_tables
from engine.storage.adding import Adding
from engine.storage.session import Change, Session, timestamp
from engine.text import Text, _

_changes = workspace_tables.changes


_WHO = ("transaction_id", "at", "by_kind", "by_id", "user_id", "cause")
_LOG = Adding(_changes, [one.key for one in _changes.columns if one.key != "id"])


@dataclass(frozen=True)
class Entry:
    """One change as the log holds it: what, of which record, when, by whom, and what brought it about."""

    id: int
    transaction_id: str
    at: str
    by_kind: str
    by_id: str
    user_id: str | None
    cause: str | None
    change: Change

    @property
    def says(self) -> Text:
        """What was done to the record, as it follows the name of who did it."""
        cause = (self.cause or "").partition(":")[0]
        return _BY_CAUSE.get((cause, self.change.kind)) or _BY_KIND[self.change.kind]


_BY_CAUSE: Mapping[tuple[str, str], Text] = {
    ("import", "created"): _("imported this record"),
    ("import", "updated"): _("changed by an import"),
    ("correction", "updated"): _("corrected what was sent"),
    ("undo", "created"): _("brought this record back"),
    ("undo", "updated"): _("took a change back"),
    ("undo", "deleted"): _("took back that this record was created"),
    ("restore", "created"): _("restored this record"),
    ("restore", "updated"): _("restored a record that this one leads to"),
}
_BY_KIND: Mapping[str, Text] = {
    "created": _("created this record"),
    "updated": _("changed"),
    "deleted": _("deleted this record"),
}


def log(session: Session, changes: Sequence[Change]) -> None:
    """Store changes in the transaction that makes them."""
    if not changes:
        return
    asker = session.principal
    alike = (session.transaction_id, timestamp(session.now), asker.kind, asker.id, asker.user_id, session.cause)
    session.add(
        _LOG,
        [
            *([value] * len(changes) for value in alike),
            [change.table for change in changes],
            [change.record_id for change in changes],
            [change.kind for change in changes],
            [_spelled(change.before) for change in changes],
            [_spelled(change.after) for change in changes],
        ],
    )
    session.changes.extend(changes)


def keep(session: Session, entries: Sequence[Entry]) -> None:
    """Store what happened elsewhere, when it did and by whom; their numbers are given here."""
    if not entries:
        return
    session.add(
        _LOG,
        [
            *([getattr(one, name) for one in entries] for name in _WHO),
            [one.change.table for one in entries],
            [one.change.record_id for one in entries],
            [one.change.kind for one in entries],
            [_spelled(one.change.before) for one in entries],
            [_spelled(one.change.after) for one in entries],
        ],
    )


def _spelled(values: Mapping[str, Any]) -> str:
    try:
        return orjson.dumps(values).decode()
    except TypeError:  # a whole number in JSON that no processor could count to
        return json.dumps(values, ensure_ascii=False)


def of_record(
    session: Session, table: str, record_id: str, limit: int = 100, *, before: int | None = None
) -> list[Entry]:
    """What happened to one record as far as the asker sees it, newest first; `before` is the last one already seen."""
    return _seen(session, session.layout.table(table), _changes.c.record_id == record_id, limit, before)


def of_table(session: Session, table: str, limit: int = 100, *, before: int | None = None) -> list[Entry]:
    """The same for all records of a table."""
    return _seen(session, session.layout.table(table), sa.true(), limit, before)


def _seen(session: Session, of: Table, which: sa.ColumnElement[bool], limit: int, before: int | None) -> list[Entry]:
    """It is read until there are enough, since what is not seen takes no room from what is."""
    door.enter(session.principal, "history", of)
    wanted = _wanted().where(_changes.c.table_address == of.address, which)
    wanted = wanted.order_by(_changes.c.id.desc()).limit(limit)
    found: list[Entry] = []
    while len(found) < limit:
        read = _entries(session, wanted if before is None else wanted.where(_changes.c.id < before))
        found += read if of.rights is None else _shown(session, of, read)
        if len(read) < limit:
            break
        before = read[-1].id
    return found[:limit]


def _shown(session: Session, of: Table, read: list[Entry]) -> list[Entry]:
    """Those of records that are there: what is gone cannot be asked whether it was theirs to see."""
    there = record_rows.existing(session, of, {one.change.record_id for one in read})
    return past.seen(session, of, [one for one in read if one.change.record_id in there])


def of_transaction(session: Session, transaction_id: str) -> list[Entry]:
    """All that one transaction did, newest first, whoever asks: for taking it back."""
    wanted = _wanted().where(_changes.c.transaction_id == transaction_id)
    return _entries(session, wanted.order_by(_changes.c.id.desc()))


def of_cause(session: Session, cause: str) -> list[Entry]:
    """All that came of one cause (`import:imp...`), newest first, whoever asks."""
    return _entries(session, _wanted().where(_changes.c.cause == cause).order_by(_changes.c.id.desc()))


def after(session: Session, tables: Sequence[str], last: int, limit: int) -> list[Entry]:
    """What happened in these tables after an entry of the log, oldest first, whoever asks: for taking it along."""
    wanted = _wanted().where(_changes.c.table_address.in_(tables), _changes.c.id > last)
    return _entries(session, wanted.order_by(_changes.c.id).limit(limit))


def _wanted() -> sa.Select[Any]:
    c = _changes.c
    return sa.select(
        c.id, c.transaction_id, c.at, c.by_kind, c.by_id, c.user_id, c.cause,
        c.table_address, c.record_id, c.kind, c.before, c.after,
    )  # fmt: skip


def _entries(session: Session, wanted: sa.Select[Any]) -> list[Entry]:
    return [
        Entry(
            row.id,
            row.transaction_id,
            row.at,
            row.by_kind,
            row.by_id,
            row.user_id,
            row.cause,
            Change(row.table_address, row.record_id, row.kind, json.loads(row.before), json.loads(row.after)),
        )
        for row in session.connection.execute(wanted)
    ]
