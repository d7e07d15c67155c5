"""Payloads, written in the transaction that they tell of; the hook's own row numbers them in the order of commits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from engine.access import judging
from engine.access.principals import Principal
from engine.automations.starts import something_began
from engine.definitions import conditions
from engine.definitions.apps import Apps
from engine.definitions.language import SYSTEM_FIELDS, App, Field, Table
from engine.errors import Refused
from engine.hooks import following, specification
from engine.hooks.specification import SOURCES, Specification
from engine.storage import record_rows
from engine.storage.hook_tables import hook_payloads, hooks
from engine.storage.session import Change, Session, timestamp
from engine.storage.stores import Stores
from engine.storage.workspace_tables import revisions
from engine.text import label_in

Part = dict[str, Any]
_c = hooks.c


def attach(stores: Stores) -> None:
    """Let every workspace that is opened from now on write payloads. Call it before the first one is opened."""
    stores.on_open(lambda workspace: workspace.observers.append(gather))


def gather(session: Session) -> None:
    """Write a payload for each hook that the transaction concerns. Called just before the commit."""
    layout = session.layout  # with it comes the count of hooks
    if not session.hooks or not (session.changes or session.layout_changed):
        return
    now = timestamp(session.now)
    wanted = sa.select(_c.id, _c.app, _c.specification, _c.url, _c.notifies).where(_c.expires_at > now).order_by(_c.id)
    waiting = session.connection.execute(wanted).all()
    folded = _folded(session.changes)
    before = {key: _app_before(session, key) for key in {row.app for row in waiting}} if session.layout_changed else {}
    for row in waiting:
        app = layout.apps.get(row.app)
        if app is None:
            continue
        try:
            wishes = specification.read(json.loads(row.specification), app)
        except Refused:  # what it asked for is gone; it is told of nothing until it is there again
            continue
        if not _is_asked_for(wishes, session.principal):
            continue
        document = {
            **_definitions(wishes, before.get(row.app), app, session.workspace.language),
            **_records(session, wishes, app, folded),
        }
        if document:
            _write(session, row.id, document, calls=bool(row.url and row.notifies))


def _is_asked_for(wishes: Specification, by: Principal) -> bool:
    """Whether somebody's changes are of a source that the hook asks for."""
    if wishes.sources is not None and SOURCES.get(by.kind) not in wishes.sources:
        return False
    return wishes.form is None or by.kind != "public_form" or by.id == wishes.form


def _write(session: Session, hook_id: str, document: Part, *, calls: bool) -> None:
    now = timestamp(session.now)
    principal = session.principal
    values: dict[str, Any] = {"last_number": _c.last_number + 1}
    if calls:
        values["due_at"] = sa.func.coalesce(_c.due_at, now)
        session.after_commit(something_began.set)
    raised = sa.update(hooks).where(_c.id == hook_id).values(**values).returning(_c.last_number)
    number = session.connection.execute(raised).scalar_one()
    by = {"kind": principal.kind, "id": principal.id, "user": principal.user_id}
    told = json.dumps({"by": by, **document}, ensure_ascii=False)
    session.connection.execute(sa.insert(hook_payloads).values(hook_id=hook_id, number=number, at=now, document=told))


def _folded(changes: list[Change]) -> dict[str, dict[str, Change]]:
    """What became of each record in the end, by table and id; what came and went at once is left out."""
    found: dict[str, dict[str, Change]] = {}
    for change in changes:
        records = found.setdefault(change.table, {})
        first = records.get(change.record_id)
        if first is None:
            records[change.record_id] = change
        elif change.kind == "deleted":
            if first.kind == "created":
                del records[change.record_id]
            else:
                records[change.record_id] = change
        else:
            before = {**change.before, **first.before} if first.kind != "created" else {}
            kind = "updated" if first.kind == "deleted" else first.kind
            records[change.record_id] = Change(change.table, change.record_id, kind, before, first.after | change.after)
    return found


def _records(session: Session, wishes: Specification, app: App, folded: Mapping[str, Mapping[str, Change]]) -> Part:
    tables: Part = {}
    for table in app.tables.values():
        changes = _in_scope(session, wishes, table, folded.get(table.address, {}))
        worked_out = following.values(session, table, changes)
        created, changed, destroyed = {}, {}, []
        for record_id, change in changes.items():
            after = {**change.after, **worked_out.get(record_id, {})}
            if change.kind == "created" and wishes.wants("tableData", "add", table.key):
                created[record_id] = {"at": change.after.get("created_at"), "values": _shown(table, after)}
            elif change.kind == "deleted" and wishes.wants("tableData", "remove", table.key):
                destroyed.append(record_id)
            elif change.kind == "updated" and wishes.wants("tableData", "update", table.key):
                current = {key: value for key, value in _shown(table, after).items() if _is_watched(wishes, key)}
                if current:
                    previous = {key: change.before.get(key) for key in current if key in change.after}
                    changed[record_id] = {"current": current, "previous": previous}
        if changed:
            _add_values(session, wishes, table, changed)
        told = {"created": created, "changed": changed, "destroyed": destroyed}
        if any(told.values()):
            tables[table.key] = {name: value for name, value in told.items() if value}
    return {"records": tables} if tables else {}


def _in_scope(
    session: Session, wishes: Specification, table: Table, changes: Mapping[str, Change]
) -> Mapping[str, Change]:
    """Those of records that are in the hook's view, or that may have left it by what was changed, or are gone."""
    view = table.views[wishes.view] if wishes.view and wishes.table == table.key else None
    if view is None or view.filter is None or not changes:
        return changes
    decide = {path[0] for path in conditions.paths(view.filter, session.layout.types.scope(table.address))}
    ids = [record_id for record_id, change in changes.items() if change.kind != "deleted"]
    (holds,) = judging.truths(session, table.address, [view.filter], ids).values()
    return {
        record_id: change
        for record_id, change in changes.items()
        if change.kind == "deleted" or holds.get(record_id) or (change.kind == "updated" and decide & set(change.after))
    }


def _add_values(session: Session, wishes: Specification, table: Table, changed: dict[str, Part]) -> None:
    """What comes along: the values before, where they are asked for, and those of fields that did not change."""
    for one in changed.values():
        if not wishes.previous:
            del one["previous"]
    if wishes.values == frozenset():
        return
    held = record_rows.read(session, table, list(changed))
    for record_id, one in changed.items():
        one["unchanged"] = {
            key: value
            for key, value in _shown(table, held.get(record_id, {})).items()
            if key not in one["current"] and (wishes.values is None or key in wishes.values)
        }


def _shown(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key in table.fields and key not in SYSTEM_FIELDS}


def _is_watched(wishes: Specification, key: str) -> bool:
    return wishes.fields is None or key in wishes.fields


def _app_before(session: Session, key: str) -> App | None:
    """The app as it was before this transaction changed it; None if it did not."""
    now = session.layout.apps.get(key)
    c = revisions.c
    wanted = sa.select(c.document, c.at).where(c.app == key).order_by(c.number.desc()).limit(2)
    rows = session.connection.execute(wanted).all()
    if now is None or len(rows) < 2 or rows[0].at != timestamp(session.now):
        return None
    return Apps([(json.loads(rows[1].document), now.revision)])[key]


def _definitions(wishes: Specification, before: App | None, after: App, language: str) -> Part:
    """Tables and fields that came, went, or are called or made another way."""
    if before is None:
        return {}
    told: Part = {}
    created = [key for key in after.tables if key not in before.tables and wishes.wants("tableMetadata", "add", key)]
    destroyed = [key for key in before.tables if key not in after.tables]
    destroyed = [key for key in destroyed if wishes.wants("tableMetadata", "remove", key)]
    tables: Part = {}
    for key, table in after.tables.items():
        if key in before.tables:
            parts = dict(_of_table(wishes, before.tables[key], table, language))
            if parts:
                tables[key] = parts
    if created:
        told["tables_created"] = {key: _table(after.tables[key], language) for key in created}
    if destroyed:
        told["tables_destroyed"] = destroyed
    return told | ({"tables": tables} if tables else {})


def _of_table(wishes: Specification, before: Table, after: Table, language: str) -> Iterator[tuple[str, Any]]:
    was, now = _named(before, language), _named(after, language)
    if was != now and wishes.wants("tableMetadata", "update", after.key):
        yield "metadata", {"current": now, "previous": was}
    old, new = _fields(before), _fields(after)
    watched = [key for key in {**new, **old} if wishes.schemas is None or key in wishes.schemas]
    created = {key: _field(new[key], language) for key in watched if key in new and key not in old}
    if created and wishes.wants("tableFields", "add", after.key):
        yield "fields_created", created
    destroyed = [key for key in watched if key in old and key not in new]
    if destroyed and wishes.wants("tableFields", "remove", after.key):
        yield "fields_destroyed", destroyed
    changed = {}
    for key in watched:
        if key in old and key in new and _told(old[key]) != _told(new[key]):
            changed[key] = {"current": _field(new[key], language)}
            if wishes.previous_definitions:
                changed[key]["previous"] = _field(old[key], language)
    if changed and wishes.wants("tableFields", "update", after.key):
        yield "fields_changed", changed


def _fields(table: Table) -> dict[str, Field]:
    return {key: one for key, one in table.fields.items() if key not in SYSTEM_FIELDS}


def _told(field: Field) -> tuple[Any, ...]:
    return field.type, field.label, field.help, dict(field.options)


def _field(field: Field, language: str) -> Part:
    return {"name": label_in(field.label, language, field.key), "type": field.type}


def _named(table: Table, language: str) -> Part:
    return {
        "name": label_in(table.label, language, table.key),
        "description": label_in(table.description, language) or None,
    }


def _table(table: Table, language: str) -> Part:
    fields = {key: _field(one, language) for key, one in _fields(table).items()}
    return {"metadata": _named(table, language), "fields": fields}
