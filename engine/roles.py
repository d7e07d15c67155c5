"""Who has which role of an app: given to people and departments, and taken, from the next request on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine import audit, departments, people
from engine.access import door
from engine.definitions.language import App
from engine.definitions.roles import Role
from engine.errors import NotFound, Problem, Refused
from engine.storage import role_holders, workspace_tables
from engine.storage.session import Session, timestamp
from engine.text import Text, _

_held = workspace_tables.role_holders


@dataclass(frozen=True)
class Through:
    """A role that somebody has because their department has it."""

    role: Role
    department: str  # its path


@dataclass(frozen=True)
class Holder:
    """Somebody in an app: the roles given to them and to their departments, or else those that everybody has there.

    `everything` is for owners and builders, whom no role limits.
    """

    person: people.Person
    given: Sequence[Role]
    through: Sequence[Through]
    default: Sequence[Role]
    everything: bool

    @property
    def roles(self) -> Sequence[Role]:
        """Those that count."""
        counting = {one.key: one for one in (*self.given, *(each.role for each in self.through))}
        return list(counting.values()) or self.default


@dataclass(frozen=True)
class DepartmentHolder:
    """A department that has a role, and with it everybody in it and below, or its head only."""

    department: departments.Department
    role: Role
    only_head: bool


def of_app(session: Session, app: str) -> list[Holder]:
    """Everybody of the workspace with their roles in an app. Raises `Forbidden` for who may not build, `NotFound`."""
    door.enter_people(session.principal)
    named = {one.address: one for one in _app(session, app).roles.values()}
    paths = departments.paths(session)
    reached = role_holders.reached(session, [one for one in role_holders.grants(session) if one.role in named])
    inside = sorted((one for one in reached if one.holder in paths), key=lambda one: list(paths).index(one.holder))
    return [
        Holder(
            one,
            [role for address, role in named.items() if role_holders.Grant(address, one.id) in reached],
            [Through(named[each.role], paths[each.holder]) for each in inside if one.id in reached[each]],
            [role for role in named.values() if role.is_default_of(one.role)],
            one.role in door.BUILDS,
        )
        for one in people.everybody(session)
    ]


def of_departments(session: Session, app: str) -> list[DepartmentHolder]:
    """The departments that have roles in an app, in the order of the tree. Raises `Forbidden`, `NotFound`."""
    door.enter_people(session.principal)
    roles, given = _app(session, app).roles.values(), role_holders.grants(session)
    only_head = {(one.holder, one.role): one.only_head for one in given}
    return [
        DepartmentHolder(one, role, only_head[one.id, role.address])
        for one in departments.tree(session)
        for role in roles
        if (one.id, role.address) in only_head
    ]


def get(session: Session, role: str) -> Role:
    """The role at an address (`crm.rep`). Raises `NotFound`."""
    app, _dot, key = role.partition(".")
    found = _app(session, app).roles.get(key)
    if found is None:
        raise NotFound(_("There is no role {role}.", role=role))
    return found


def give(session: Session, role: str, person: str) -> None:
    """Give a role (`crm.rep`) to a person. Raises `Forbidden` for who may not build, `NotFound`, `Refused`."""
    door.enter_people(session.principal)
    given, known = get(session, role), {one.id: one for one in people.everybody(session)}
    if person not in known:
        raise _unknown(person)
    if _write(session, role, person, only_head=False):
        says = _("gave the role {role} to {person}", role=given.label, person=known[person].name)
        _changed(session, "role.given", says, role=role, person=person)


def give_department(session: Session, role: str, department: str, *, only_head: bool = False) -> None:
    """Give a role to everybody in a department and below it, whoever that is then; or to who heads it.

    Raises `Forbidden` for who may not build, `NotFound`, `Refused` at `/department`.
    """
    door.enter_people(session.principal)
    given, paths = get(session, role), departments.paths(session)
    if department not in paths:
        raise _unknown_department(department)
    if _write(session, role, department, only_head=only_head):
        words = {"role": given.label, "department": paths[department]}
        says = _("gave the role {role} to the department {department}", **words)
        if only_head:
            says = _("gave the role {role} to the head of the department {department}", **words)
        _changed(session, "role.given", says, role=role, department=department, only_head=only_head)


def take(session: Session, role: str, person: str) -> None:
    """Take a role from a person, also from one who left. Raises as `give` does."""
    door.enter_people(session.principal)
    taken, names = get(session, role), people.names(session)
    if person not in names:
        raise _unknown(person)
    if _erase(session, role, person):
        says = _("took the role {role} from {person}", role=taken.label, person=names[person])
        _changed(session, "role.taken", says, role=role, person=person)


def take_department(session: Session, role: str, department: str) -> None:
    """Take a role from a department, also from one that is gone. Raises as `give_department` does."""
    door.enter_people(session.principal)
    taken, names = get(session, role), departments.names(session)
    if department not in names:
        raise _unknown_department(department)
    if _erase(session, role, department):
        name = names[department]
        says = _("took the role {role} from the department {department}", role=taken.label, department=name)
        _changed(session, "role.taken", says, role=role, department=department)


def _unknown(person: str) -> Refused:
    return Refused([Problem("/person", _("There is no such person in this workspace."), "unknown_person", person)])


def _unknown_department(department: str) -> Refused:
    says = _("There is no such department (any more).")
    return Refused([Problem("/department", says, "unknown_department", department)])


def _app(session: Session, app: str) -> App:
    found = session.whole.apps.get(app)
    if found is None:
        raise NotFound(_("The app {app} is not installed.", app=app))
    return found


def _write(session: Session, role: str, holder: str, *, only_head: bool) -> bool:
    """Whether that gives something which was not given like this before."""
    where = sa.and_(_held.c.role == role, _held.c.holder == holder)
    before = session.connection.execute(sa.select(_held.c.only_head).where(where)).first()
    if before is not None and before.only_head == only_head:
        return False
    values = {
        "only_head": only_head,
        "given_at": timestamp(session.now),
        "given_by": session.principal.user_id or session.principal.id,
    }
    if before is None:
        session.connection.execute(sa.insert(_held).values(role=role, holder=holder, **values))
    else:
        session.connection.execute(sa.update(_held).where(where).values(**values))
    return True


def _erase(session: Session, role: str, holder: str) -> bool:
    gone = sa.delete(_held).where(_held.c.role == role, _held.c.holder == holder)
    return session.connection.execute(gone).rowcount > 0


def _changed(session: Session, act: str, says: Text, **about: Any) -> None:
    role_holders.changed(session)
    audit.note(session, act, says, **about)
