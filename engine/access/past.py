"""The past of a record, as somebody sees it who does not see all fields and records."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from engine.definitions.language import Field, Table
from engine.storage import record_rows
from engine.storage.answers import answer
from engine.storage.expressions import Records, clock_of, moment
from engine.storage.record_rows import Values
from engine.storage.session import Change, Session

if TYPE_CHECKING:
    from engine.history import Entry


def seen(session: Session, table: Table, entries: Sequence[Entry]) -> list[Entry]:
    """What happened to records that are seen: fields that are seen, links to records that are, and who and when.

    A field that is seen in some records only has no past where it is empty now.
    """
    fields = table.fields
    masked = [one for one in fields.values() if one.masked]
    open_ones = {one.key for one in fields.values() if not one.masked}
    ids = {entry.change.record_id for entry in entries}
    shown = filled(session, table, ids, masked)
    there = {one.key: _there(session, one, entries) for one in fields.values() if one.is_link}

    def told(record_id: str, values: Values) -> Values:
        keys = open_ones | shown.get(record_id, set())
        return {key: _without(values[key], there.get(key)) for key in values if key in keys}

    found = []
    for entry in entries:
        change: Change = entry.change
        before, after = told(change.record_id, change.before), told(change.record_id, change.after)
        if change.kind != "updated" or before != after:
            found.append(replace(entry, change=replace(change, before=before, after=after)))
    return found


def filled(session: Session, table: Table, ids: Collection[str], fields: Sequence[Field]) -> dict[str, set[str]]:
    """Which of the fields are seen and not empty, by record: there one that is masked has a past."""
    if not fields or not ids:
        return {}
    records = Records(session.layout, table, session.layout.rows(table), clock_of(session))
    keys = [one.key for one in fields]
    asked = answer(session, table, keys)

    def made() -> sa.Select[Any]:
        return sa.select(*asked.columns(records)).where(record_rows.among_listed(session, records.rows.c.id))

    statement = session.prepared(("filled", table.address, *keys), made)
    rows = session.rows(statement, {**moment(session), **record_rows.listed(session, list(ids))})
    held = asked.read(session, rows)
    return {one: {key for key, value in held[one].items() if value not in (None, "", [])} for one in held}


def _there(session: Session, link: Field, entries: Sequence[Entry]) -> set[str]:
    ids = {
        one
        for entry in entries
        for values in (entry.change.before, entry.change.after)
        for one in _ids(values.get(link.key))
    }
    return {
        one for address in link.targets for one in record_rows.existing(session, session.layout.table(address), ids)
    }


def _without(value: Any, there: set[str] | None) -> Any:
    if there is None:
        return value
    kept = [one for one in _ids(value) if one in there]
    return kept if isinstance(value, list) else next(iter(kept), None)


def _ids(value: Any) -> list[str]:
    return [] if not value else [value] if isinstance(value, str) else list(value)
