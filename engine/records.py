"""Records: create, update, delete, get and find them, one or many at once.

Every way in (page, API, import, automation, undo) comes through here: the door is asked, every value is
judged, computed fields follow, and the change is logged, all in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from engine import audit, record_writes, rules, sides
from engine.access import door, judging
from engine.definitions.language import Table
from engine.errors import NotFound, Problem, Refused, refuse
from engine.ids import new_ids
from engine.queries import Query, page_of, read_records
from engine.rules import checks, rehearsal
from engine.rules.rehearsal import Unsound
from engine.sides import Writing
from engine.storage.record_rows import Values, system_values
from engine.storage.session import Session, timestamp
from engine.text import _
from engine.values import Reading, accept, check_required, check_unique, defaults

MAX_AT_ONCE = 100_000  # records of one call
MANY = 20  # from so many on it is noted that they were deleted at once


class Record(NamedTuple):
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
                record_writes.insert(
                    session, of, [(record_id, {**values, **system}) for record_id, values in sound.items()]
                )

        if problems:  # told with what the rules and the checks say, which the write would ask for
            problems += [one for one in rules.on_create(session, of, whole, back=False) if one.at not in bad]
            problems += _told_by_checks(session, of, ids, problems, None if wrong else elsewhere, write_all)
        refuse(problems)
        write_all({}, elsewhere)
        refuse(judging.problems(session, table, "create", set_here))
    return ids


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
    before = record_writes.held(session, of, list(given))
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
                    record_writes.write(session, of, _without(unsound, changed), before)
                except Refused as refused:
                    raise Refused([_renumbered(one, list(changed), numbers) for one in refused.problems]) from None

        if problems:
            problems += _told_by_checks(session, of, list(given), problems, None if wrong else elsewhere, write_all)
        refuse(problems)
        write_all({}, elsewhere)
        against = judging.problems(session, table, "after", set_here)
        refuse([_renumbered(one, list(changed), numbers) for one in against])
    return list(changed)


def delete(session: Session, table: str, ids: Sequence[str]) -> list[str]:
    """Delete records; links to them are taken off first, or forbid it, or take their records along.

    Raises `Conflict` when a link that leads here says `refuse`, `NotFound` for an id that is no record.
    """
    of = session.layout.table(table)
    door.enter(session.principal, "delete", of)
    before = record_writes.held(session, of, ids)
    with session.behind() as layout, judging.telling(of):
        refuse(judging.problems(session, table, "delete", dict.fromkeys(ids, ())))
        with checks.together(session):
            record_writes.delete(session, layout.table(table), before)
    if len(before) >= MANY:
        says = _("deleted {count} records of {table} at once", count=len(before), table=of.plural or of.label)
        audit.note(session, "records.deleted", says, table=table, count=len(before))
    return list(before)


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


def lines(session: Session, table: str, record_id: str, field: str) -> list[Record]:
    """What a list of lines holds in one record, in its order. They are parts of it: who reads it reads them.

    Raises `NotFound`.
    """
    of = session.layout.table(table).fields[field]
    ids = get(session, table, record_id).values[field]
    values = read_records(session, session.layout.table(of.targets[0]), ids)
    return [Record(one, values[one]) for one in ids if one in values]


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
    return Page(list(map(Record._make, found)), following)


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
                refuse(judging.problems(session, one.table.address, "delete", dict.fromkeys(one.deleted, ())))
            record_writes.delete(session, one.table, {record_id: one.before[record_id] for record_id in one.deleted})
            with _placed(one, list(one.created)):
                record_writes.insert(session, one.table, list(one.created.items()))
                refuse(judging.problems(session, one.table.address, "create", one.set_in(one.created)))
            with _placed(one, list(one.changed)):
                refuse(judging.problems(session, one.table.address, "before", one.set_in(one.changed)))
                record_writes.write(session, one.table, one.changed, one.before)
                refuse(judging.problems(session, one.table.address, "after", one.set_in(one.changed)))


@contextmanager
def _placed(writing: Writing, ids: Sequence[str]) -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        raise Refused([writing.placed(problem, ids) for problem in refused.problems]) from refused


def _renumbered(problem: Problem, order: list[str], numbers: Mapping[str, int]) -> Problem:
    if not problem.at:
        return problem
    number, slash, field = problem.at.removeprefix("/").partition("/")
    return replace(problem, at=f"/{numbers[order[int(number)]]}{slash}{field}")


def _check_count(given: Sequence[Any] | Mapping[str, Any]) -> None:
    if len(given) > MAX_AT_ONCE:
        raise Refused([Problem("", _("At most {most} records at once.", most=MAX_AT_ONCE), "too_many")])
