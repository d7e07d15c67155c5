"""Records that are finished: which, why, and what they keep from being changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from engine.definitions.language import Field, Table
from engine.definitions.rules import Lock
from engine.errors import Problem
from engine.storage.conditions import condition_sql
from engine.storage.expressions import Records, clock_of, moment
from engine.storage.record_rows import Values, among
from engine.storage.session import Session
from engine.text import Text


@dataclass(frozen=True)
class Locked:
    """Why a record is locked, and the fields that may be changed all the same."""

    says: Text
    free: frozenset[str]


def locked(session: Session, table: Table, ids: Collection[str]) -> dict[str, list[Locked]]:
    """Those of the records that are locked by a rule of their own table, each with its reasons."""
    return _satisfying(session, table, list(table.rules.locks.values()), ids)


def on_create(session: Session, table: Table, records: Mapping[str, Values], *, new_in: str = "") -> list[Problem]:
    """Problems for records that would be added to a locked one, at `/<number>/<link>`; `records` by id, in order.

    `new_in`: an app all of whose records are new, and therefore not finished yet.
    """
    made = _made(session)
    found = []
    for link, reasons in _parents(session, table, records.values(), new_in):
        for number, values in enumerate(records.values()):
            for parent in _ids(values.get(link.key)):
                if parent in reasons and parent not in made:
                    found.append(Problem(f"/{number}/{link.key}", reasons[parent][0].says, "locked"))
    return found


def on_update(
    session: Session, table: Table, changed: Mapping[str, Values], before: Mapping[str, Values]
) -> list[Problem]:
    """Problems for changes of locked records, at `/<number>/<field>`; `before` holds the stored values until now."""
    found = []
    made = _made(session)
    held = locked(session, table, [one for one in changed if one not in made])
    for number, (record_id, values) in enumerate(changed.items()):
        for reason in held.get(record_id, ()):
            found += [
                Problem(f"/{number}/{key}", reason.says, "locked", value)
                for key, value in values.items()
                if key not in reason.free
            ]
    news = {record_id: {**before[record_id], **values} for record_id, values in changed.items()}
    for link, reasons in _parents(session, table, [*before.values(), *news.values()]):
        for number, record_id in enumerate(changed):
            parents = {*_ids(before[record_id].get(link.key)), *_ids(news[record_id].get(link.key))}
            for parent in sorted((parents & reasons.keys()) - made):
                at = f"/{number}/{next(iter(changed[record_id]))}"
                found.append(Problem(at, reasons[parent][0].says, "locked"))
    return found


def on_delete(session: Session, table: Table, before: Mapping[str, Values]) -> list[Problem]:
    """Problems for deleting locked records, or what belongs to them, at `/<number>`."""
    held = locked(session, table, before)
    found = [
        Problem(f"/{number}", held[record_id][0].says, "locked")
        for number, record_id in enumerate(before)
        if record_id in held
    ]
    made = _made(session)
    for link, reasons in _parents(session, table, before.values()):
        for number, values in enumerate(before.values()):
            for parent in _ids(values.get(link.key)):
                if parent in reasons and parent not in made:
                    found.append(Problem(f"/{number}", reasons[parent][0].says, "locked"))
    return found


def reasons(session: Session, table: Table, record_id: str, values: Values) -> list[Locked]:
    """Why one record can be changed no more, its own locks and those of what it belongs to; empty when it can."""
    found = list(locked(session, table, [record_id]).get(record_id, ()))
    for link, held in _parents(session, table, [values]):
        for parent in _ids(values.get(link.key)):
            found += [Locked(one.says, frozenset()) for one in held.get(parent, ())]
    return found


def asked(session: Session, table: Table) -> Iterator[tuple[Table, Lock]]:
    """The locks that are asked when records of the table are written, each with the table that it is about."""
    yield from ((table, lock) for lock in table.rules.locks.values())
    for _link, target, held in session.layout.remember(
        ("locking links", table.address), lambda: _locking_links(session, table)
    ):
        yield from ((target, lock) for lock in held)


def _parents(
    session: Session, table: Table, records: Iterable[Values], besides: str = ""
) -> Iterable[tuple[Field, dict[str, list[Locked]]]]:
    """For each link to what locks the records of this table too: the linked records that are locked.

    `besides`: an app whose records lock nothing.
    """
    links = session.layout.remember(("locking links", table.address), lambda: _locking_links(session, table))
    if not links:
        return
    held = list(records)
    for link, target, locks in links:
        if target.app == besides:
            continue
        yield link, _satisfying(session, target, locks, {one for values in held for one in _ids(values.get(link.key))})


def _locking_links(session: Session, table: Table) -> list[tuple[Field, Table, list[Lock]]]:
    found = []
    own = [one for one in table.fields.values() if one.inverse_of is None]
    for link, target in [(one, session.layout.table(address)) for one in own for address in one.targets]:
        other = [
            key for key, one in target.fields.items() if one.inverse_of == link.key and one.target == table.address
        ]
        locks = [one for one in target.rules.locks.values() if set(one.lines) & set(other)]
        if locks:
            found.append((link, target, locks))
    return found


def _made(session: Session) -> set[str]:
    """The records that this transaction made: they are not finished yet. Where nothing is locked nobody asks."""
    tables = session.layout.apps.tables.values()
    if not session.layout.remember("locks", lambda: any(one.rules.locks for one in tables)):
        return set()
    return {change.record_id for change in session.changes if change.kind == "created"}


def _satisfying(session: Session, table: Table, locks: list[Lock], ids: Collection[str]) -> dict[str, list[Locked]]:
    if not locks or not ids:
        return {}
    sql = session.layout.sql(table)
    records = Records(session.layout, table, sql, clock_of(session))
    tests = [condition_sql(lock.when, records) for lock in locks]
    wanted = sa.select(sql.c.id, *tests).where(among(session, sql.c.id, ids), sa.or_(*tests))
    return {
        record_id: [
            Locked(Text("{says}", {"says": lock.message}), lock.free)
            for lock, holds in zip(locks, answers, strict=True)
            if holds
        ]
        for record_id, *answers in session.connection.execute(wanted, moment(session))
    }


def _ids(value: object) -> list[str]:
    if not value:
        return []
    return [value] if isinstance(value, str) else [str(one) for one in value] if isinstance(value, list) else []
