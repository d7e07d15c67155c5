"""Who has which role of an app: those to whom it was given, and those whose department has it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from engine.storage import workspace_tables

if TYPE_CHECKING:
    from engine.storage.session import Session

_held, _layout = workspace_tables.role_holders, workspace_tables.layout
_departments, _people = workspace_tables.departments, workspace_tables.people


@dataclass(frozen=True)
class Grant:
    """A role (`crm.rep`) given to a person, or to everybody in a department and below it, or to its head only."""

    role: str
    holder: str  # the id of a person or of a department
    of_department: bool = False
    only_head: bool = False


def grants(session: Session) -> list[Grant]:
    """All that were given, in no order. Those of a department that is gone are gone with it."""
    held = sa.outerjoin(_held, _departments, _departments.c.id == _held.c.holder)
    wanted = sa.select(_held.c.role, _held.c.holder, _departments.c.id.is_not(None), _held.c.only_head)
    found = session.connection.execute(wanted.select_from(held))
    return [Grant(role, holder, bool(of_department), bool(head)) for role, holder, of_department, head in found]


def reached(session: Session, given: Sequence[Grant]) -> dict[Grant, frozenset[str]]:
    """The ids of the people whom each grant gives its role. Who heads a department is in it (as in MY_DEPARTMENTS)."""
    if not any(one.of_department for one in given):
        return {one: frozenset({one.holder}) for one in given}
    c = _departments.c
    there = session.connection.execute(sa.select(c.id, c.parent, c.head).where(c.removed_at.is_(None))).all()
    heads, below = {row.id: row.head for row in there}, defaultdict(list)
    for row in there:
        below[row.parent].append(row.id)
    inside = defaultdict(set)
    for person, department in session.connection.execute(sa.select(_people.c.id, _people.c.department)):
        inside[department].add(person)

    def branch(department: str) -> Iterator[str]:
        yield department
        for one in below[department]:
            yield from branch(one)

    def people_of(one: Grant) -> set[str | None]:
        if not one.of_department:
            return {one.holder}
        if one.only_head:
            return {heads.get(one.holder)}
        return {person for each in branch(one.holder) for person in (heads.get(each), *inside[each])}

    return {one: frozenset(person for person in people_of(one) if person) for one in given}


def roles_held(session: Session) -> dict[str, frozenset[str]]:
    """The addresses of the roles that people have, by the person's id."""
    held: dict[str, set[str]] = defaultdict(set)
    for one, persons in reached(session, grants(session)).items():
        for person in persons:
            held[person].add(one.role)
    return {person: frozenset(roles) for person, roles in held.items()}


def changed(session: Session) -> None:
    """Who has which role may be another matter now: the next request of everybody sees by it."""
    session.connection.execute(sa.update(_layout).values(holders=_layout.c.holders + 1))
    session.holders_changed = True
