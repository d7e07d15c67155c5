"""Taking back what a transaction did: the log read backwards, through the same door as every write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from engine import history, record_writes, records
from engine.access import door, judging
from engine.errors import Conflict, NotFound, Refused
from engine.history import Entry
from engine.rules import checks
from engine.storage import record_rows
from engine.storage.session import Change, Session
from engine.text import _


def undo(session: Session, transaction_id: str) -> int:
    """Take back what a transaction did; how many records that concerned.

    Open the session with `cause=f"undo:{transaction_id}"`. Raises `Conflict`, and takes nothing back, when
    somebody changed one of its values since; `NotFound` when there is nothing to take back.
    """
    entries = history.of_transaction(session, transaction_id)
    if not entries or (session.seen is not session.whole and not all(_is_theirs(session, one) for one in entries)):
        raise NotFound(_("There is nothing to undo (any more)."))
    take_back(session, [entry.change for entry in entries])
    return len({(entry.change.table, entry.change.record_id) for entry in entries})


def _is_theirs(session: Session, one: Entry) -> bool:
    """Whether somebody who does not see everything did this themselves, in a table that they see."""
    return one.user_id == session.principal.user_id and one.change.table in session.seen.apps.tables


def take_back(session: Session, changes: Iterable[Change]) -> None:
    """Reverse changes, which are given newest first. Raises `Conflict` as `undo` does."""
    changes = list(changes)
    gone = {change.record_id for change in changes if change.kind == "deleted"}
    judged = [one for one in changes if not _only_unlinked(session, one, gone)]
    _judge(session, judged, {"created": "delete", "updated": "before"})
    with session.behind(), checks.together(session):
        for kind, table, group in _runs(changes):
            if table not in session.layout.apps.tables:
                raise Conflict(_("The table was removed meanwhile, so this cannot be undone."))
            _TAKE_BACK[kind](session, table, group)
        _check_links(session, changes)
    _judge(session, judged, {"updated": "after", "deleted": "create"})


def _judge(session: Session, changes: Sequence[Change], stages: Mapping[str, judging.Stage]) -> None:
    """Whether the asker may write what taking these changes back writes. Raises `Forbidden`, `Refused`."""
    if session.seen is session.whole:
        return
    given: dict[tuple[str, judging.Stage], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one in changes:
        if one.kind in stages:
            keys = {*one.before, *one.after} if one.kind == "updated" else set()
            given[one.table, stages[one.kind]][one.record_id] |= keys
    problems = [
        problem for (table, stage), ids in given.items() for problem in judging.problems(session, table, stage, ids)
    ]
    if problems:
        raise Refused([replace(problems[0], at="")])


def _only_unlinked(session: Session, change: Change, gone: set[str]) -> bool:
    """Whether the change is only what deleting other records brought about."""
    if change.kind != "updated" or change.table not in session.whole.apps.tables:
        return False
    fields = session.whole.table(change.table).fields
    return all(key in fields and fields[key].is_link and gone & set(_ids(was)) for key, was in change.before.items())


def _check_links(session: Session, changes: Iterable[Change]) -> None:
    """What links lead to again may itself have been deleted since."""
    leading: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for change in changes:
        fields = session.layout.table(change.table).fields
        for key, value in change.before.items():
            if key in fields and fields[key].is_link and value:
                leading[fields[key].targets].update(value if fields[key].many else [value])
    for addresses, ids in sorted(leading.items()):
        if len(record_rows.existing_in(session, addresses, ids, hold="there")) < len(ids):
            raise Conflict(_("A record that it leads to was deleted since, so it was not undone."))


def _runs(changes: Iterable[Change]) -> Iterable[tuple[str, str, list[Change]]]:
    """Neighbouring changes of one kind in one table, each record once, so that each group is one set of writes."""
    group: list[Change] = []
    seen: set[str] = set()
    for change in changes:
        if group and ((change.kind, change.table) != (group[0].kind, group[0].table) or change.record_id in seen):
            yield group[0].kind, group[0].table, group
            group, seen = [], set()
        group.append(change)
        seen.add(change.record_id)
    if group:
        yield group[0].kind, group[0].table, group


def _undo_created(session: Session, address: str, changes: list[Change]) -> None:
    table = session.layout.table(address)
    now = record_rows.read(session, table, [one.record_id for one in changes], lock=True)
    for change in changes:
        held = now.get(change.record_id)
        if held is None or _differs(held, _comparable(change.after)):
            raise _changed_since()
    records.delete(session, address, [one.record_id for one in changes])


def _undo_updated(session: Session, address: str, changes: list[Change]) -> None:
    table = session.layout.table(address)
    door.enter(session.principal, "update", table)
    now = record_rows.read(session, table, [one.record_id for one in changes], lock=True)
    back: dict[str, dict[str, Any]] = {}
    for change in changes:
        held = now.get(change.record_id)
        kept = {key: value for key, value in change.after.items() if key in table.fields}
        if held is None or _differs(held, kept):
            raise _changed_since()
        back[change.record_id] = {key: value for key, value in change.before.items() if key in table.fields}
    record_writes.write(session, table, back, now, back=True)


def _undo_deleted(session: Session, address: str, changes: list[Change]) -> None:
    table = session.layout.table(address)
    door.enter(session.principal, "create", table)
    ids = [one.record_id for one in changes]
    if record_rows.existing(session, table, ids):
        raise _changed_since()
    restored = [
        (one.record_id, {k: v for k, v in one.before.items() if k in table.fields}) for one in reversed(changes)
    ]
    record_writes.insert(session, table, restored, back=True)


_TAKE_BACK = {"created": _undo_created, "updated": _undo_updated, "deleted": _undo_deleted}


def _comparable(after: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in after.items() if key not in {"updated_at", "updated_by"}}


def _ids(value: Any) -> list[str]:
    return [] if not value else [value] if isinstance(value, str) else list(value)


def _differs(held: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    return any(held.get(key) != value for key, value in expected.items() if key in held)


def _changed_since() -> Conflict:
    return Conflict(_("Somebody changed this since, so it was not undone. Nothing was overwritten."))
