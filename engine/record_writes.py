"""Records whose values have been accepted are written: what every way in comes to in the end.

Rules are asked here, computed fields follow, and the change is logged, all in the caller's transaction.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from engine import computed, held_files, history, limits, rules, sequences, snapshots, trees
from engine.definitions.language import Field, Table
from engine.errors import Conflict, NotFound, refuse
from engine.queries import titles
from engine.rules import checks, unique
from engine.storage import record_rows, trash_rows
from engine.storage.record_rows import Values
from engine.storage.session import Change, Session, timestamp
from engine.text import Text, _
from engine.values import check_taken, check_unique, is_empty
from engine.written import Written


def insert(session: Session, table: Table, records: Sequence[tuple[str, Values]], *, back: bool = False) -> None:
    """Write records whose values have been accepted, system fields included: for create and for restoring.

    `back`: they were there before. Raises `Refused` where a rule of the table speaks against it.
    """
    if not records:
        return
    records = sequences.draw(session, table, records)
    if not back:
        records = snapshots.of_new(session, table, records)
    whole = dict(records)
    if back:  # fields may take less by now, and somebody may have taken what may be there once
        refuse([*check_taken(session, table, whole), *check_unique(session, table, whole)])
    refuse(rules.on_create(session, table, whole, back=back))
    record_rows.insert(session, table, records, computed.with_new(session, table))
    unique.keep(session, table, whole)
    held_files.note_uses(session, table, records)
    if back:
        trash_rows.take_out(session, "record", table.app, table.address, list(whole))
    ids = [record_id for record_id, _values in records]
    written = Written()
    written.wrote(table.address, ["id", *table.fields], ids)
    written.made[table.address] = set(ids)
    for field in _links(table):
        written.linked(table.address, field.key, _linked_in([values for _id, values in records], field))
    own = {one.key for one in record_rows.stored_fields(session, table)} | {
        f.key for f in record_rows.many_links(table)
    }
    history.log(
        session,
        [Change(table.address, record_id, "created", {}, _filled(values, own)) for record_id, values in records],
    )
    _follow(session, table, ids, written)


def write(
    session: Session,
    table: Table,
    changed: Mapping[str, Values],
    before: Mapping[str, Values],
    *,
    back: bool = False,
) -> None:
    """Set values that have been accepted; `before` holds the records' stored values until now.

    `back`: the values were there before. Raises `Refused` where a rule of the table speaks against it.
    """
    if not changed:
        return
    if not back:
        changed = snapshots.of_changed(session, table, changed)
    if back:
        refuse([*check_taken(session, table, changed), *check_unique(session, table, changed)])
    refuse(rules.on_update(session, table, changed, before, back=back))
    stamp = {"updated_at": timestamp(session.now), "updated_by": session.principal.user_id}
    record_rows.update(session, table, {record_id: {**values, **stamp} for record_id, values in changed.items()})
    unique.keep(session, table, {record_id: {**before[record_id], **values} for record_id, values in changed.items()})
    held_files.note_uses(session, table, changed.items())
    written = Written()
    alike: dict[tuple[str, ...], list[str]] = {}
    for record_id, values in changed.items():
        alike.setdefault(tuple(values), []).append(record_id)
    for keys, ids in alike.items():
        written.wrote(table.address, [*keys, *stamp], ids)
    written.left(table.address, [(record_id, before[record_id]) for record_id in changed])
    for field in _links(table):
        touched = [values for values in changed.values() if field.key in values]
        olds = [before[record_id] for record_id, values in changed.items() if field.key in values]
        written.linked(table.address, field.key, _linked_in([*touched, *olds], field))
    history.log(
        session,
        [
            Change(
                table.address,
                record_id,
                "updated",
                {key: before[record_id].get(key) for key in values},
                dict(values),
            )
            for record_id, values in changed.items()
        ],
    )
    _follow(session, table, list(changed), written)


def held(session: Session, table: Table, ids: Sequence[str]) -> dict[str, Values]:
    """All that records hold, which nobody else changes now. Raises `NotFound` for one that the asker does not see."""
    seen = set(ids) if table.rights is None else record_rows.existing(session, table, ids)
    with session.behind() as layout:
        before = record_rows.read(session, layout.table(table.address), ids, lock=True)
    missing = [record_id for record_id in ids if record_id not in before or record_id not in seen]
    if missing:
        raise NotFound(_("There is no record {id} (any more).", id=missing[0]))
    return before


def delete(session: Session, table: Table, before: Mapping[str, Values], going: frozenset[str] = frozenset()) -> None:
    """Delete the records whose stored values are `before`, after seeing to the links that lead to them.

    `going` are those that they are deleted along with, which links may lead back to.
    """
    if not before:
        return
    going |= before.keys()
    refuse(rules.on_delete(session, table, before))
    for (address, key), linked in record_rows.referring(session, table, list(before)).items():
        other = session.layout.table(address)
        field = other.fields[key]
        left = {record_id: targets for record_id, targets in linked.items() if record_id not in going}
        if not left:
            continue
        if field.on_delete == "refuse":
            raise Conflict(_still_needed(session, other, len(left)))
        olds = record_rows.read(session, other, list(left), lock=True)
        if field.on_delete == "cascade":
            delete(session, other, olds, going)
            continue
        gone = set(before)
        news: dict[str, Values] = {
            record_id: {key: [one for one in old[key] if one not in gone] if field.many else None}
            for record_id, old in olds.items()
        }
        against = rules.on_update(session, other, news, olds, back=False)
        if against:
            if not _sees_all(session, other):
                raise Conflict(_("Other records still need it."))
            says = _(
                "It cannot be taken off {table} that lead to it: {why}",
                table=other.plural or other.label,
                why=against[0].says,
            )
            raise Conflict(says)
        write(session, other, news, olds)
    names = titles(session, table.address, list(before))
    record_rows.delete(session, table, list(before))
    trash_rows.put_records(session, table.app, table.address, names)
    unique.forget(session, table, list(before))
    written = Written()
    written.left(table.address, before.items(), gone=True)
    for field in _links(table):
        written.linked(table.address, field.key, _linked_in(list(before.values()), field))
    computed.refresh(session, written)
    checks.after_write(session, written, table, ())
    own = {one.key for one in record_rows.stored_fields(session, table)} | {
        f.key for f in record_rows.many_links(table)
    }
    history.log(
        session,
        [Change(table.address, record_id, "deleted", _filled(values, own), {}) for record_id, values in before.items()],
    )


def _still_needed(session: Session, table: Table, count: int) -> Text:
    """Which records are in the way; those that the asker may not see are not counted to them."""
    if not _sees_all(session, table):
        return _("Other records still need it.")
    name = table.plural or table.label
    return _("{count} {table} still need it. Delete them first, or link them to another.", count=count, table=name)


def _sees_all(session: Session, table: Table) -> bool:
    seen = session.seen.apps.tables.get(table.address)
    return seen is not None and (seen.rights is None or seen.rights.read is True)


def _follow(session: Session, table: Table, ids: Sequence[str], written: Written) -> None:
    """What every write that has been logged brings about: computed fields, then the checks on the outcome."""
    session.touch(table.address, ids)
    computed.refresh(session, written)
    limits.after_write(session, written, table, ids)
    trees.after_write(session, written, table, ids)
    checks.after_write(session, written, table, ids)


def _links(table: Table) -> list[Field]:
    return [one for one in table.fields.values() if one.is_link and one.inverse_of is None]


def _linked_in(records: Sequence[Mapping[str, Any]], field: Field) -> set[str]:
    """The records that a link of any of these records leads to."""
    values = [value for one in records if (value := one.get(field.key))]
    return set(itertools.chain.from_iterable(values) if field.many else values)


def _filled(values: Mapping[str, Any], own: Collection[str]) -> Values:
    return {key: value for key, value in values.items() if key in own and not is_empty(value)}
