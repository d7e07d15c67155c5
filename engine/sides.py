"""The other sides of links, set where people see them: a list of records becomes links of those records.

A list of line items may also make lines, change and delete them. Everything is judged before anything is
written; what then is to be written in the other tables are `Writing`s.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.access import door, judging
from engine.definitions.language import Field, Table
from engine.errors import Conflict, Problem
from engine.ids import new_ids
from engine.queries import read_records
from engine.storage import record_rows
from engine.storage.record_rows import Values, system_values
from engine.storage.session import Session, timestamp
from engine.text import _
from engine.values import Reading, accept, check_required, check_unique, defaults


@dataclass
class Writing:
    """What is to be written in another table; `places` says what in the given list each record stands for."""

    table: Table
    created: dict[str, Values] = field(default_factory=dict)
    changed: dict[str, Values] = field(default_factory=dict)
    before: dict[str, Values] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)
    ties: frozenset[str] = frozenset()  # keys that are set by where the records stand, not by what is given for them
    given: dict[str, Values] = field(default_factory=dict)  # what is given for new records, defaults not among it

    def set_in(self, records: Mapping[str, Values]) -> dict[str, list[str]]:
        """The keys of the fields that somebody sets in these records."""
        return {
            one: [key for key in self.given.get(one, values) if key not in self.ties] for one, values in records.items()
        }

    def placed(self, problem: Problem, ids: Sequence[str]) -> Problem:
        """A problem of the records `ids`, which is at `/<number>/...`, at its place in the given list."""
        number, slash, rest = problem.at.removeprefix("/").partition("/")
        return replace(problem, at=f"{self.places[ids[int(number)]]}{slash}{rest}") if number else problem


Owners = Mapping[str, tuple[str, list[Any]]]  # record -> the place of its list, and the list


def draft(
    session: Session, table: Table, records: Mapping[str, Values], reading: Reading, *, new: bool, at: str = ""
) -> tuple[list[Writing], list[Problem]]:
    """Take the other sides of links out of the accepted values of records; what setting them writes elsewhere.

    `new`: the records do not exist yet. Problems are at `<at>/<number of the record>/<field>/...`.
    """
    writings: list[Writing] = []
    problems: list[Problem] = []
    for side in [one for one in table.fields.values() if one.is_side]:
        owners = {
            record_id: (f"{at}/{number}/{side.key}", values.pop(side.key) or [])
            for number, (record_id, values) in enumerate(records.items())
            if side.key in values
        }
        if not owners or (new and not any(listed for _place, listed in owners.values())):
            continue
        judge = _lines if side.owns_lines else _inverse
        found, wrong = judge(session, side, owners, reading, new)
        writings += found
        problems += wrong
    return writings, problems


def _inverse(
    session: Session, side: Field, owners: Owners, reading: Reading, new: bool
) -> tuple[list[Writing], list[Problem]]:
    other = session.layout.table(side.target or "")
    link = other.fields[side.inverse_of or ""]
    door.enter(session.principal, "update", other, {link.key})
    held = {} if new else record_rows.linked_ids(session, side, owners)
    added = [
        (owner, one) for owner, (_at, listed) in owners.items() for one in listed if one not in held.get(owner, ())
    ]
    gone = [(owner, one) for owner, ids in held.items() for one in ids if one not in owners[owner][1]]
    writing = Writing(
        session.whole.table(other.address), before=_held(session, other, {one for _o, one in [*added, *gone]})
    )
    problems = []

    def say(owner: str, says: Any, code: str, one: str) -> None:
        problems.append(Problem(owners[owner][0], says, code, one))

    for owner, one in gone:
        old: Any = writing.before.get(one, {}).get(link.key)
        if owner not in (old or () if link.many else (old,)):
            continue  # somebody deleted it, or let it lead elsewhere, at this moment
        writing.changed[one] = {link.key: [kept for kept in old if kept != owner] if link.many else None}
        writing.places[one] = owners[owner][0]
    for owner, one in added:
        before = writing.before.get(one)
        if before is None:
            says = _("{field} leads to a record that does not exist.", field=side.label)
            say(owner, says, "unknown_record", one)
            continue
        now = writing.changed.get(one, before)[link.key]
        if one in writing.changed and now is not None and not link.many:
            says = _("{field}: one record cannot belong to two of these.", field=side.label)
            say(owner, says, "taken", one)
        writing.changed[one] = {link.key: [*now, owner] if link.many else owner}
        writing.places[one] = owners[owner][0]
    if link.required:
        for one, values in writing.changed.items():
            if not values[link.key]:
                owner = next(owner for owner, each in gone if each == one)
                says = _(
                    "{field}: a record that needs its {link} cannot be taken off.", field=side.label, link=link.label
                )
                say(owner, says, "required", one)
    return [writing] if writing.changed else [], problems


def _lines(
    session: Session, side: Field, owners: Owners, reading: Reading, new: bool
) -> tuple[list[Writing], list[Problem]]:
    held = {} if new else record_rows.linked_ids(session, side, owners)
    sorting = _Sorting(session, side, owners, held)
    whole = session.whole.table(sorting.table.address)
    ties = frozenset({side.inverse_of or "", side.ordered_by or ""})
    writing = Writing(whole, places=sorting.places, ties=ties, given=dict(sorting.new))
    gone = {one: owner for owner, ids in held.items() for one in ids if one not in sorting.places}
    writing.deleted = list(gone)
    writing.places.update({one: owners[owner][0] for one, owner in gone.items()})
    keys = {key for given in (*sorting.new.values(), *sorting.kept.values()) for key in given}
    if sorting.new:
        door.enter(session.principal, "create", sorting.table, keys)
    if sorting.kept:
        door.enter(session.principal, "update", sorting.table, keys)
    if writing.deleted:
        door.enter(session.principal, "delete", sorting.table)
    made, wrong_made = _new_lines(session, writing, sorting, reading)
    changed, wrong_changed = _kept_lines(session, writing, sorting, reading, keys)
    both = {**writing.created, **writing.changed}
    with session.behind():
        taken = [writing.placed(one, list(both)) for one in check_unique(session, whole, both)]
    return [writing, *made, *changed], [*sorting.problems, *wrong_made, *wrong_changed, *taken]


class _Sorting:
    """The given lines, apart: those to be made and those that stay, each with what is given for it."""

    def __init__(self, session: Session, side: Field, owners: Owners, held: Mapping[str, list[str]]) -> None:
        self.table = session.layout.table(side.target or "")
        self.new: dict[str, Values] = {}
        self.kept: dict[str, Values] = {}
        self.ties: dict[str, Values] = {}  # what ties a line to its record, and its number in the order
        self.places: dict[str, str] = {}
        self.problems: list[Problem] = []
        link = side.inverse_of or ""
        ids = iter(new_ids("rec", sum(not line.get("id") for _at, lines in owners.values() for line in lines)))
        for owner, (at, lines) in owners.items():
            for number, line in enumerate(lines):
                given = {key: value for key, value in line.items() if key not in {"id", link}}
                line_id = line.get("id") or next(ids)
                self.places[line_id] = f"{at}/{number}"
                self.ties[line_id] = {link: owner}
                if side.ordered_by is not None:
                    self.ties[line_id][side.ordered_by] = number + 1
                if not line.get("id"):
                    self.new[line_id] = given
                elif line_id in held.get(owner, ()):
                    self.kept[line_id] = given
                else:
                    says = _("This line does not belong to the record (any more).")
                    self.problems.append(Problem(f"{at}/{number}", says, "unknown_record", line_id))


def _new_lines(
    session: Session, writing: Writing, sorting: _Sorting, reading: Reading
) -> tuple[list[Writing], list[Problem]]:
    if not sorting.new:
        return [], []
    table, ids = sorting.table, list(sorting.new)
    accepted, problems = accept(session, table, list(sorting.new.values()), reading, new=True)
    with session.behind():
        preset = defaults(session, writing.table)
    lines = {one: {**preset, **values, **sorting.ties[one]} for one, values in zip(ids, accepted, strict=True)}
    bad = {problem.at for problem in problems}
    problems += [one for one in check_required(table, list(lines.values())) if one.at not in bad]
    inner, wrong = draft(session, table, lines, reading, new=True)
    system = system_values(session.principal.user_id, timestamp(session.now))
    writing.created = {one: {**values, **system} for one, values in lines.items()}
    _place_all(inner, writing, ids)
    return inner, [writing.placed(one, ids) for one in [*problems, *wrong]]


def _kept_lines(
    session: Session, writing: Writing, sorting: _Sorting, reading: Reading, keys: set[str]
) -> tuple[list[Writing], list[Problem]]:
    table, ids = sorting.table, list(sorting.kept)
    accepted, problems = accept(session, table, list(sorting.kept.values()), reading)
    problems += check_required(table, accepted, keys)
    lines = dict(zip(ids, accepted, strict=True))
    inner, wrong = draft(session, table, lines, reading, new=False)
    writing.before = _held(session, table, [*ids, *writing.deleted])
    writing.deleted = [one for one in writing.deleted if one in writing.before]  # the others somebody just deleted
    if not lines.keys() <= writing.before.keys():
        raise Conflict(_("Somebody else changed the same thing at the same time. Try again."))
    if table.rights is not None:
        lines = judging.kept(table, lines, read_records(session, table, ids), writing.before)
    for line_id, values in lines.items():
        now = {**values, **sorting.ties[line_id]}
        differs = {key: value for key, value in now.items() if writing.before[line_id].get(key) != value}
        if differs:
            writing.changed[line_id] = differs
    _place_all(inner, writing, ids)
    return inner, [writing.placed(one, ids) for one in [*problems, *wrong]]


def _held(session: Session, table: Table, ids: Collection[str]) -> dict[str, Values]:
    """All that those of the records hold that the asker sees."""
    seen = set(ids) if table.rights is None else record_rows.existing(session, table, ids)
    with session.behind() as layout:
        return record_rows.read(session, layout.table(table.address), seen, lock=True)


def _place_all(inner: Sequence[Writing], outer: Writing, ids: Sequence[str]) -> None:
    """Lines of lines: their places begin where their line stands."""
    for one in inner:
        for record_id, place in one.places.items():
            number, _slash, rest = place.removeprefix("/").partition("/")
            one.places[record_id] = f"{outer.places[ids[int(number)]]}/{rest}"
