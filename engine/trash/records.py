"""Bringing deleted records back: their values, what linked to them, and what was deleted along with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from engine import history, record_writes
from engine.access import door
from engine.definitions.language import Field, Table
from engine.errors import Conflict
from engine.field_types import InvalidValue
from engine.rules import checks
from engine.storage import record_rows
from engine.storage.record_rows import Values
from engine.storage.session import Change, Session
from engine.text import _
from engine.values import options_of


class Deleted(Protocol):
    """A record in the trash."""

    @property
    def table(self) -> str | None: ...
    @property
    def key(self) -> str | None: ...
    @property
    def transaction_id(self) -> str: ...


def restore(session: Session, wanted: Sequence[Deleted]) -> None:
    """Bring records back, those of one act together. Raises `Conflict`, `Refused` where a rule speaks against it."""
    by_act: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for one in wanted:
        by_act[one.transaction_id].add((one.table or "", one.key or ""))
    with checks.together(session):
        for transaction_id, chosen in by_act.items():
            session.cause = f"restore:{transaction_id}"
            changes = [entry.change for entry in history.of_transaction(session, transaction_id)]
            _restore(session, changes, _with_their_own(session, changes, chosen))


def _restore(session: Session, changes: Sequence[Change], chosen: set[tuple[str, str]]) -> None:
    by_table: dict[str, dict[str, Values]] = {}
    for change in changes:  # newest first: what links to others comes after them
        if change.kind == "deleted" and (change.table, change.record_id) in chosen:
            by_table.setdefault(change.table, {})[change.record_id] = change.before
    ids = {record_id for held in by_table.values() for record_id in held}
    for address, held in by_table.items():
        table = session.layout.table(address)
        door.enter(session.principal, "create", table)
        if record_rows.existing(session, table, held, hold="there"):
            continue
        there = _there(session, table, held.values()) | ids
        restored = [(key, _fitting(session, table, values, there)) for key, values in sorted(held.items())]
        record_writes.insert(session, table, restored, back=True)
    unlinked: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        if change.kind == "updated" and change.table in session.layout.apps.tables:
            unlinked[change.table].append(change)
    for address, some in unlinked.items():
        _link_again(session, session.layout.table(address), some, ids)


def _with_their_own(session: Session, changes: Sequence[Change], chosen: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The records chosen, and those that the same act deleted because they belonged to them."""
    whole, found = set(chosen), True
    while found:
        found = False
        ids = {record_id for _table, record_id in whole}
        for change in changes:
            table = session.layout.apps.tables.get(change.table)
            if change.kind != "deleted" or table is None or (change.table, change.record_id) in whole:
                continue
            owned = (one for one in table.fields.values() if one.is_link and one.on_delete == "cascade")
            if any(ids & set(_ids(change.before.get(one.key))) for one in owned):
                whole.add((change.table, change.record_id))
                found = True
    return whole


def _link_again(session: Session, table: Table, changes: Sequence[Change], ids: set[str]) -> None:
    """Links that were taken off records that stayed lead back, unless somebody has linked them elsewhere since."""
    held = record_rows.read(session, table, {one.record_id for one in changes}, lock=True)
    news: dict[str, Values] = {}
    for change in changes:
        if change.record_id in held:
            now = {**held[change.record_id], **news.get(change.record_id, {})}
            if led_back := _led_back(table, change, now, ids):
                news.setdefault(change.record_id, {}).update(led_back)
    record_writes.write(session, table, news, {record_id: held[record_id] for record_id in news}, back=True)


def _led_back(table: Table, change: Change, now: Values, ids: set[str]) -> Values:
    """The links of a record that holds `now`, with those of `ids` that the change took off in their old places."""
    news: Values = {}
    for key, was in change.before.items():
        field = table.fields.get(key)
        if field is None or not field.is_link or not set(_ids(was)) & ids:
            continue
        if not field.many:
            news |= {key: was} if now.get(key) is None else {}
            continue
        linked = list(now.get(key) or [])
        for place, one in enumerate(_ids(was)):
            if one in ids and one not in linked:
                linked.insert(place, one)
        news |= {key: linked} if linked != now.get(key) else {}
    return news


def _there(session: Session, table: Table, held: Iterable[Mapping[str, Any]]) -> set[str]:
    """The records that the links of these records led to and that are still there."""
    there: set[str] = set()
    values = list(held)
    for field in _own_links(table):
        wanted = {one for each in values for one in _ids(each.get(field.key))}
        there |= record_rows.existing_in(session, field.targets, wanted, hold="there")
    return there


def _fitting(session: Session, table: Table, held: Mapping[str, Any], there: set[str]) -> Values:
    """The values as the fields are now: of links what is still there, of converted fields what they can hold."""
    links = {one.key for one in _own_links(table)}
    values: Values = {}
    for key, value in held.items():
        field = table.fields.get(key)
        if field is None or not (field.writable or field.kind.system or field.kind.drawn):
            continue
        if key in links:
            left = [one for one in _ids(value) if one in there]
            if field.required and not left:
                says = _("The record that {field} leads to is gone. Restore that one first.", field=field.label)
                raise Conflict(says)
            values[key] = left if field.many else next(iter(left), None)
        elif field.kind.system:
            values[key] = value
        else:
            values[key] = _as_held_now(session, field, value)
    return values


def _as_held_now(session: Session, field: Field, value: Any) -> Any:
    options = options_of(session, field)
    try:
        return field.kind.accept(value, options)
    except InvalidValue:
        try:
            return field.kind.read(str(value), options)
        except InvalidValue:
            return field.kind.empty()


def _own_links(table: Table) -> list[Field]:
    return [one for one in table.fields.values() if one.is_link and one.inverse_of is None]


def _ids(value: Any) -> list[str]:
    if not value:
        return []
    return [value] if isinstance(value, str) else list(value)
