"""The history of a record in words: who did what, and which values became which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine import history, people
from engine.definitions.language import Table
from engine.history import Entry
from engine.storage import trash_rows
from engine.storage.session import Session
from engine.text import Label, Text, _
from web.addresses import At
from web.fields import Shown, shown_field
from web.names import Names, ids_of, names_of

LIMIT = 20  # entries that a record's page shows at first
MOST = 200


@dataclass(frozen=True)
class Told:
    """One change as people read it. `changes` are (field, old value, new value)."""

    who: Label
    who_id: str
    is_person: bool
    says: Text
    at: str
    changes: list[tuple[Shown, Any, Any]]
    transaction_id: str


@dataclass(frozen=True)
class History:
    """What happened to a record, newest first; `more` when older entries were left out."""

    entries: list[Told]
    names: Names
    more: bool


def history_of(session: Session, at: At, table: Table, record_id: str, limit: int = LIMIT) -> History:
    """Raises `NotFound` when there is no such table."""
    found = history.of_record(session, table.address, record_id, limit + 1)
    entries = found[:limit]
    keys = {key for one in entries for values in (one.change.before, one.change.after) for key in values}
    held = [values for one in entries for values in (one.change.before, one.change.after)]
    known = people.names(session)
    # Where records are seen by a rule, what is gone cannot be asked whether it was the reader's to see.
    tables = session.layout.apps.tables
    fields = [one for key in keys if (one := table.fields.get(key))]
    links = [one.key for one in fields if one.targets and all(tables[at].rights is None for at in one.targets)]
    linked = {record_id for values in held for key in links for record_id in ids_of(values.get(key))}
    deleted = trash_rows.names(session, linked)
    names = deleted | names_of(session, at, table, sorted(keys), held) | known
    return History([_told(session, table, one, known) for one in entries], names, len(found) > limit)


def _told(session: Session, table: Table, entry: Entry, known: Mapping[str, str]) -> Told:
    change = entry.change
    layout = session.layout
    changed: list[tuple[Shown, Any, Any]] = []
    if change.kind == "updated":
        fields = [one for key, one in table.fields.items() if key in change.before or key in change.after]
        changed = [
            (shown_field(layout, one), change.before.get(one.key), change.after.get(one.key))
            for one in fields
            if not one.kind.system
        ]
    who = _who(session, entry, known)
    is_person = entry.by_kind == "person"
    return Told(who, entry.by_id, is_person, entry.says, entry.at, changed, entry.transaction_id)


def _who(session: Session, entry: Entry, known: Mapping[str, str]) -> Label:
    if entry.by_kind == "automation":
        automation = session.layout.apps.automations.get(entry.by_id)
        return automation.label if automation else _("An automation that was removed")
    if entry.by_kind == "public_form":
        address, _dot, key = entry.by_id.rpartition(".")
        table = session.layout.apps.tables.get(address)
        form = table.forms.get(key) if table else None
        return form.label if form else _("A public form")
    name = known.get(entry.user_id or "")
    if entry.by_kind == "token" and name:
        return _("{name} by the API", name=name)
    return name or (_("Formwork") if entry.by_kind == "engine" else _("Somebody who left"))
