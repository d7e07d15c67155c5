"""The log of changes in an archive: what happened to the records that are in it, when, and by whom.

What brought a change about is told by its sort alone (`import:`), since the import itself stays behind.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from engine import held_files, history
from engine.archives.filling import judged
from engine.archives.matching import Matched, Turn
from engine.archives.parts import (
    HISTORY,
    PAGE,
    Named,
    Tell,
    checked_id,
    chunks,
    existing,
    kind_of,
    listed,
    spelled,
    stored,
)
from engine.archives.unpacking import Archive, damaged
from engine.definitions.language import Field, Table
from engine.field_types import InvalidValue
from engine.history import Entry
from engine.ids import ALPHABET
from engine.storage import record_rows, workspace_tables
from engine.storage.record_rows import Values, among
from engine.storage.session import Change, Session, timestamp
from engine.values import is_empty

_changes = workspace_tables.changes
_c = _changes.c
_KINDS = ("created", "updated", "deleted")
_OF_APPS = ("automation", "public_form")  # principals that are parts of an app


def lines(session: Session, app: str, named: Named, tell: Tell) -> Iterator[bytes]:
    """What happened to each record that is there, oldest first; whom and what it names is noted in `named`."""
    tables = session.layout.apps[app].tables.values()
    fields = {table.address: _noted(session, table, named) for table in tables}
    for some in _pages(session, list(fields)):
        there = existing(session, [(one.change.table, one.change.record_id) for one in some])
        told = [one for one in some if one.change.record_id in there]
        for one in told:
            kept = fields[one.change.table]
            if one.user_id:
                named.people.add(one.user_id)
            values = [{key: held[key] for key in kept if key in held} for held in (one.change.before, one.change.after)]
            for held in values:
                for key, ids in kept.items():
                    if ids is not None and key in held:
                        ids.update(one for one in listed(held[key]) if isinstance(one, str))
            yield spelled(_spelled(app, one, *values)) + b"\n"
        tell(len(told))


def _noted(session: Session, table: Table, named: Named) -> dict[str, set[str] | None]:
    """The fields of the table that an archive holds, each with where its ids are noted."""
    return {one.key: named.by(kind_of(session, one)) for one in stored(session, table)}


def _spelled(app: str, one: Entry, before: Values, after: Values) -> dict[str, Any]:
    said = {
        "id": one.change.record_id,
        "table": one.change.table.removeprefix(f"{app}."),
        "kind": one.change.kind,
        "at": one.at,
        "transaction": one.transaction_id,
        "by": one.by_kind,
        "part": one.by_id.removeprefix(f"{app}.") if one.by_kind in _OF_APPS else "",
        "person": one.user_id,
        "cause": _sort_of(one.cause),
        "before": before,
        "after": after,
    }
    return {key: value for key, value in said.items() if value}


def _sort_of(cause: str | None) -> str:
    word, colon, _which = (cause or "").partition(":")
    return f"{word}{colon}"


def _pages(session: Session, addresses: Sequence[str]) -> Iterator[list[Entry]]:
    last = 0
    while some := history.after(session, addresses, last, PAGE):
        yield some
        last = some[-1].id


class Recalling:
    """The log of an archive on its way into the log of this workspace."""

    def __init__(self, session: Session, archive: Archive, here: Matched, app: str) -> None:
        self._session = session
        self._archive = archive
        self._here = here
        self._app = app
        self._tables = session.layout.apps[app].tables
        self._fields: dict[str, dict[str, tuple[Field, Turn]]] = {
            key: {one.key: (one, here.turning(one, counted=False)) for one in stored(session, table)}
            for key, table in self._tables.items()
        }

    def bring(self, tell: Tell) -> int:
        """Write the log of the records that are there now; how many changes. Raises `Refused`."""
        count = 0
        for some in chunks(self._archive.lines(HISTORY)):
            given = [one for _line, one in some]
            if not all(one.get("table") in self._tables and one.get("kind") in _KINDS for one in given):
                raise damaged()
            records = [
                (self._tables[one["table"]].address, self._here.record(checked_id("rec", one["id"]))) for one in given
            ]
            if {record_id for _table, record_id in records} - existing(self._session, records):
                raise damaged()
            taken = self._taken({checked_id("trx", one.get("transaction")) for one in given})
            entries = [
                self._entry(one, address, record_id, taken)
                for one, (address, record_id) in zip(given, records, strict=True)
            ]
            history.keep(self._session, entries)
            for entry in entries:
                for held in (entry.change.before, entry.change.after):
                    table = self._session.layout.table(entry.change.table)
                    held_files.note_uses(self._session, table, [(entry.change.record_id, held)])
            count += len(entries)
            tell(len(entries))
        for table in self._tables.values():
            self._begin(table)
        return count

    def _begin(self, table: Table) -> None:
        """Records of which the log tells nothing begin here."""
        sql, session = self._session.layout.sql(table), self._session
        told, last = sa.exists().where(_c.record_id == sql.c.id, _c.table_address == table.address), ""
        while True:
            wanted = sa.select(sql.c.id).where(~told, sql.c.id > last).order_by(sql.c.id).limit(PAGE)
            ids = list(session.connection.execute(wanted).scalars())
            if not ids:
                return
            last = ids[-1]
            held = record_rows.read(session, table, ids)
            filled = {one: {key: value for key, value in held[one].items() if not is_empty(value)} for one in ids}
            history.log(session, [Change(table.address, one, "created", {}, filled[one]) for one in ids])
            session.changes.clear()

    def _taken(self, transactions: set[str]) -> set[str]:
        """Those that are names of other transactions here."""
        own = [one.address for one in self._tables.values()]
        wanted = sa.select(_c.transaction_id).where(
            among(self._session, _c.transaction_id, transactions), _c.table_address.not_in(own)
        )
        return set(self._session.connection.execute(wanted.distinct()).scalars())

    def _entry(self, one: Mapping[str, Any], address: str, record_id: str, taken: set[str]) -> Entry:
        try:
            at = timestamp(datetime.datetime.fromisoformat(one["at"]))
        except (KeyError, TypeError, ValueError) as error:
            raise damaged() from error
        transaction, person = one["transaction"], self._here.person(one.get("person"))
        by = one["by"] if one.get("by") in _PRINCIPALS else "person"
        part, cause = _text(one.get("part")), _text(one.get("cause"))
        by_id = f"{self._app}.{part}" if by in _OF_APPS else person or ""
        before, after = (self._values(one["table"], one.get(name) or {}) for name in ("before", "after"))
        return Entry(
            0,
            _other(transaction, self._session.transaction_id) if transaction in taken else transaction,
            at,
            by,
            by_id,
            person,
            cause or None,
            Change(address, record_id, one["kind"], before, after),
        )

    def _values(self, table: str, given: Mapping[str, Any]) -> Values:
        """What the fields, as they are, still take; pages would not know how to show the rest."""
        values: Values = {}
        for key, (of, turn) in self._fields[table].items():
            if not isinstance(given, dict):
                raise damaged()
            if key not in given:
                continue
            try:
                there = turn(given[key])
                values[key] = there if is_empty(there) else judged(self._session, of, there)
            except (InvalidValue, TypeError, ValueError):
                continue
        return values


_PRINCIPALS = ("person", "token", "public_form", "share", "automation", "engine")


def _other(transaction: str, salt: str) -> str:
    """Another name for a transaction, always the same in one archive, so that what was done together stays together."""
    number = int.from_bytes(hashlib.sha256(f"{salt}{transaction}".encode()).digest())
    digits = []
    for _each in range(14):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return f"trx{''.join(digits)}"


def _text(given: Any) -> str:
    return given[:200] if isinstance(given, str) else ""
