"""Records: create, update, delete, get and find them, one or many at once.

Every way in (page, API, import, automation, undo) comes through here: the door is asked, every value is
judged, computed fields follow, and the change is logged, all in the caller's transaction.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from engine import computed, files, history, limits, rules, sequences, sides, snapshots, trees
from engine.access import door, judging
from engine.computed import Written
from engine.definitions.language import Field, Table
from engine.errors import Conflict, NotFound, Problem, Refused, in_order
from engine.ids import new_ids
from engine.queries import Query, page_of, read_records, titles
from engine.rules import checks, rehearsal, unique
from engine.rules.rehearsal import Unsound
from engine.sides import Writing
from engine.storage import record_rows, trash_rows
from engine.storage.record_rows import Values, system_values
from engine.storage.session import Change, Session, timestamp
from engine.text import Text, _
from engine.values import Reading, accept, check_required, check_unique, defaults, is_empty

MAX_AT_ONCE = 100_000  # records of one call


@dataclass(frozen=True)
class Record:
    """One record: its id and its values by field key, computed and system fields included."""

    id: str
    values: Values


def create(session: Session, table: str, given: Sequence[Mapping[str, Any]], *, reading: Reading = "json") -> list[str]:
    """Create records from values by field key; the ids in the same order.

    Fields not given take their defaults. `reading="text"` takes values as people type them.
    Raises `Refused` with every problem at `/<number>/<field>`, `NotFound`, `Forbidden`.
    """
    of = session.layout.table(table)
    door.enter(session.principal, "create", of, {key for values in given for key in values})
    _check_count(given)
    accepted, problems = accept(session, of, given, reading, new=True)
    with session.behind() as layout:
        preset = defaults(session, layout.table(table))
    filled = [{**preset, **values} for values in accepted]
    ids = new_ids("rec", len(filled))
    whole = dict(zip(ids, filled, strict=True))
    set_here = dict(zip(ids, map(list, accepted), strict=True))
    elsewhere, wrong = sides.draft(session, of, whole, reading, new=True)
    with session.behind() as layout, judging.telling(of):
        of = layout.table(table)
        bad = {problem.at for problem in problems}
        problems += [one for one in check_required(of, filled) if one.at not in bad]
        problems += wrong
        problems += check_unique(session, of, whole)
        system = system_values(session.principal.user_id, timestamp(session.now))

        def write_all(unsound: Unsound, others: Sequence[Writing]) -> None:
            sound = _without(unsound, whole)
            with _with_others(session, others, of, ids):
                insert(session, of, [(record_id, {**values, **system}) for record_id, values in sound.items()])

        if problems:  # told with what the rules and the checks say, which the write would ask for
            problems += [one for one in rules.on_create(session, of, whole, back=False) if one.at not in bad]
            problems += _told_by_checks(session, of, ids, problems, None if wrong else elsewhere, write_all)
        _refuse(problems)
        write_all({}, elsewhere)
        _refuse(judging.problems(session, table, "create", set_here))
    return ids


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
    if back:  # somebody may have taken what may be there once
        _refuse(check_unique(session, table, whole))
    _refuse(rules.on_create(session, table, whole, back=back))
    record_rows.insert(session, table, records, computed.with_new(session, table))
    unique.keep(session, table, whole)
    files.note_uses(session, table, records)
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


def update(
    session: Session, table: str, given: Mapping[str, Mapping[str, Any]], *, reading: Reading = "json"
) -> list[str]:
    """Set values of records, by record id and field key; values not given stay. The ids of those that changed.

    Raises `Refused` with every problem at `/<number>/<field>` (numbers in the order given), `NotFound`
    for an id that is no record.
    """
    of = session.layout.table(table)
    door.enter(session.principal, "update", of, {key for values in given.values() for key in values})
    _check_count(given)
    accepted, problems = accept(session, of, list(given.values()), reading)
    wanted = dict(zip(given, accepted, strict=True))
    elsewhere, wrong = sides.draft(session, of, wanted, reading, new=False)
    before = held(session, of, list(given))
    if of.rights is not None:
        wanted = judging.kept(of, wanted, read_records(session, of, list(given)), before)
    changed: dict[str, Values] = {}
    for record_id, values in wanted.items():
        differs = {key: value for key, value in values.items() if before[record_id].get(key) != value}
        if differs:
            changed[record_id] = differs
    set_here = {record_id: list(values) for record_id, values in changed.items()}
    numbers = {record_id: number for number, record_id in enumerate(given)}
    with session.behind() as layout, judging.telling(of):
        of = layout.table(table)
        problems += check_required(of, list(wanted.values()), {key for values in given.values() for key in values})
        problems += wrong
        taken = judging.problems(session, table, "before", set_here)
        taken += check_unique(session, of, changed)
        if problems or taken:  # told with what the rules say, which the write would ask for
            taken += rules.on_update(session, of, changed, before, back=False)
        problems += [_renumbered(one, list(changed), numbers) for one in taken]

        def write_all(unsound: Unsound, others: Sequence[Writing]) -> None:
            with _with_others(session, others, of, list(given)):
                try:
                    write(session, of, _without(unsound, changed), before)
                except Refused as refused:
                    raise Refused([_renumbered(one, list(changed), numbers) for one in refused.problems]) from None

        if problems:
            problems += _told_by_checks(session, of, list(given), problems, None if wrong else elsewhere, write_all)
        _refuse(problems)
        write_all({}, elsewhere)
        against = judging.problems(session, table, "after", set_here)
        _refuse([_renumbered(one, list(changed), numbers) for one in against])
    return list(changed)


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
        _refuse(check_unique(session, table, changed))
    _refuse(rules.on_update(session, table, changed, before, back=back))
    stamp = {"updated_at": timestamp(session.now), "updated_by": session.principal.user_id}
    record_rows.update(session, table, {record_id: {**values, **stamp} for record_id, values in changed.items()})
    unique.keep(session, table, {record_id: {**before[record_id], **values} for record_id, values in changed.items()})
    files.note_uses(session, table, changed.items())
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


def delete(session: Session, table: str, ids: Sequence[str]) -> list[str]:
    """Delete records; links to them are taken off first, or forbid it, or take their records along.

    Raises `Conflict` when a link that leads here says `refuse`, `NotFound` for an id that is no record.
    """
    of = session.layout.table(table)
    door.enter(session.principal, "delete", of)
    before = held(session, of, ids)
    with session.behind() as layout, judging.telling(of):
        _refuse(judging.problems(session, table, "delete", dict.fromkeys(ids, ())))
        with checks.together(session):
            _delete(session, layout.table(table), before)
    return list(before)


def held(session: Session, table: Table, ids: Sequence[str]) -> dict[str, Values]:
    """All that records hold, which nobody else changes now. Raises `NotFound` for one that the asker does not see."""
    seen = set(ids) if table.rights is None else record_rows.existing(session, table, ids)
    with session.behind() as layout:
        before = record_rows.read(session, layout.table(table.address), ids, lock=True)
    missing = [record_id for record_id in ids if record_id not in before or record_id not in seen]
    if missing:
        raise NotFound(_("There is no record {id} (any more).", id=missing[0]))
    return before


def get(session: Session, table: str, record_id: str) -> Record:
    """One record with all its values. Raises `NotFound`."""
    found = get_many(session, table, [record_id])
    if not found:
        raise NotFound(_("There is no record {id} (any more).", id=record_id))
    return found[0]


def get_many(session: Session, table: str, ids: Sequence[str]) -> list[Record]:
    """Those of the records that exist, in the order asked for."""
    of = session.layout.table(table)
    door.enter(session.principal, "read", of)
    values = read_records(session, of, ids)
    return [Record(record_id, values[record_id]) for record_id in ids if record_id in values]


@dataclass(frozen=True)
class Page:
    """Some of the records that a query finds; `next` asks for what follows, None at the end."""

    records: list[Record]
    next: str | None


def find(session: Session, query: Query) -> Page:
    """The records that a query finds, a page of them. Raises `Refused` for a wrong query."""
    of = session.layout.table(query.table)
    door.enter(session.principal, "read", of)
    found, following = page_of(session, query)
    return Page([Record(record_id, values) for record_id, values in found], following)


def _delete(session: Session, table: Table, before: Mapping[str, Values], going: frozenset[str] = frozenset()) -> None:
    """Delete the records whose stored values are `before`, after seeing to the links that lead to them.

    `going` are those that they are deleted along with, which links may lead back to.
    """
    if not before:
        return
    going |= before.keys()
    _refuse(rules.on_delete(session, table, before))
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
            _delete(session, other, olds, going)
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


def _told_by_checks(
    session: Session,
    table: Table,
    ids: list[str],
    problems: Sequence[Problem],
    elsewhere: Sequence[Writing] | None,
    write_all: Callable[[Unsound, Sequence[Writing]], None],
) -> list[Problem]:
    """What the checks say of what is right about the records; of their sides nothing is if `elsewhere` is None."""
    unsound = rehearsal.unsound_in(table, problems, ids)
    if elsewhere is None:
        for record_id in ids:
            unsound.setdefault(record_id, set()).update(one.key for one in table.fields.values() if one.is_side)
    return rehearsal.problems(session, table, ids, unsound, lambda: write_all(unsound, elsewhere or ()))


def _without(unsound: Unsound, records: Mapping[str, Values]) -> Mapping[str, Values]:
    if not unsound:
        return records
    return {
        record_id: {key: value for key, value in values.items() if key not in unsound.get(record_id, ())}
        for record_id, values in records.items()
    }


@contextmanager
def _with_others(session: Session, writings: Sequence[Writing], table: Table, ids: Sequence[str]) -> Iterator[None]:
    """After what is written inside, carry out what setting other sides of links means; checks see all of it.

    Raises `Refused` with problems at their places in what was given.
    """
    if not writings:
        yield
        return
    with checks.together(session, table, ids):
        yield
        for one in writings:
            with _placed(one, one.deleted):
                _refuse(judging.problems(session, one.table.address, "delete", dict.fromkeys(one.deleted, ())))
            _delete(session, one.table, {record_id: one.before[record_id] for record_id in one.deleted})
            with _placed(one, list(one.created)):
                insert(session, one.table, list(one.created.items()))
                _refuse(judging.problems(session, one.table.address, "create", one.set_in(one.created)))
            with _placed(one, list(one.changed)):
                _refuse(judging.problems(session, one.table.address, "before", one.set_in(one.changed)))
                write(session, one.table, one.changed, one.before)
                _refuse(judging.problems(session, one.table.address, "after", one.set_in(one.changed)))


@contextmanager
def _placed(writing: Writing, ids: Sequence[str]) -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        raise Refused([writing.placed(problem, ids) for problem in refused.problems]) from refused


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


def _renumbered(problem: Problem, order: list[str], numbers: Mapping[str, int]) -> Problem:
    if not problem.at:
        return problem
    number, slash, field = problem.at.removeprefix("/").partition("/")
    return replace(problem, at=f"/{numbers[order[int(number)]]}{slash}{field}")


def _check_count(given: Sequence[Any] | Mapping[str, Any]) -> None:
    if len(given) > MAX_AT_ONCE:
        raise Refused([Problem("", _("At most {most} records at once.", most=MAX_AT_ONCE), "too_many")])


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise Refused(in_order(problems))
