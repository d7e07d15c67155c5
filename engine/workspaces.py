"""The directory of workspaces, and who belongs to which with what role. Lives in the control store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast, get_args

import sqlalchemy as sa

from engine import audit
from engine import people as mirrored
from engine.access import door
from engine.access.principals import ENGINE, Principal
from engine.errors import Forbidden, NotFound, Problem, Refused
from engine.ids import new_id
from engine.storage.control_tables import memberships, tokens, users, workspaces
from engine.storage.session import Session, timestamp
from engine.storage.stores import Stores
from engine.text import Text, _

Role = Literal["owner", "builder", "member", "guest"]
ROLES: tuple[Role, ...] = get_args(Role)
ROLE_NAMES: Mapping[Role, Text] = {
    "owner": _("Owner"),
    "builder": _("Builder"),
    "member": _("Member"),
    "guest": _("Guest"),
}


@dataclass(frozen=True)
class Membership:
    """A workspace as one person sees it in the directory."""

    id: str
    name: str
    role: Role


@dataclass(frozen=True)
class Member:
    """A person in one workspace."""

    id: str
    email: str
    name: str
    role: Role


def create(stores: Stores, user_id: str, name: str) -> Membership:
    """A new, empty workspace owned by the person. Raises `Refused`."""
    if not name.strip():
        raise Refused([Problem("/name", _("Give the workspace a name."), "required")])
    with stores.control.write() as session:
        membership = insert_workspace(session, user_id, name)
    mirror(stores, membership.id)
    return membership


def rename(stores: Stores, workspace_id: str, name: str) -> None:
    """Raises `Refused` when the name is empty."""
    if not name.strip():
        raise Refused([Problem("/name", _("Give the workspace a name."), "required")])
    with stores.control.write() as session:
        change = sa.update(workspaces).where(workspaces.c.id == workspace_id).values(name=name.strip()[:200])
        session.connection.execute(change)


def belonging_to(stores: Stores, user_id: str) -> list[Membership]:
    """The workspaces a person belongs to, by name."""
    wanted = (
        sa.select(workspaces.c.id, workspaces.c.name, memberships.c.role)
        .join(memberships, memberships.c.workspace_id == workspaces.c.id)
        .where(memberships.c.user_id == user_id)
        .order_by(sa.func.lower(workspaces.c.name), workspaces.c.id)
    )
    with stores.control.read() as session:
        return [Membership(*row) for row in session.connection.execute(wanted)]


def directory(stores: Stores) -> Mapping[str, str]:
    """Every workspace's id and name, by name, for the worker and the command line."""
    with stores.control.read() as session:
        found = session.connection.execute(
            sa.select(workspaces.c.id, workspaces.c.name).order_by(sa.func.lower(workspaces.c.name), workspaces.c.id)
        )
        return {row.id: row.name for row in found}


def membership(stores: Stores, workspace_id: str, user_id: str) -> Membership:
    """The person's place in the workspace. Raises `NotFound` also when only the person does not belong to it."""
    wanted = (
        sa.select(workspaces.c.id, workspaces.c.name, memberships.c.role)
        .join(memberships, memberships.c.workspace_id == workspaces.c.id)
        .join(users, users.c.id == memberships.c.user_id)
        .where(memberships.c.user_id == user_id, workspaces.c.id == workspace_id, users.c.disabled_at.is_(None))
    )
    with stores.control.read() as session:
        row = session.connection.execute(wanted).one_or_none()
    if row is None:
        raise NotFound(_("There is no such workspace, or you do not belong to it."))
    return Membership(*row)


def created_at(stores: Stores, workspace_id: str) -> str:
    """When the workspace was made. Raises `NotFound`."""
    with stores.control.read() as session:
        wanted = sa.select(workspaces.c.created_at).where(workspaces.c.id == workspace_id)
        found = session.connection.execute(wanted).scalar()
    if found is None:
        raise NotFound(_not_here())
    return str(found)


def people(stores: Stores, workspace_id: str) -> list[Member]:
    """Everybody in the workspace, by name."""
    wanted = (
        sa.select(users.c.id, users.c.email, users.c.name, memberships.c.role)
        .join(memberships, memberships.c.user_id == users.c.id)
        .where(memberships.c.workspace_id == workspace_id)
        .order_by(sa.func.lower(users.c.name), users.c.id)
    )
    with stores.control.read() as session:
        return [Member(*row) for row in session.connection.execute(wanted)]


def builders(stores: Stores, workspace_id: str) -> set[str]:
    """The ids of owners and builders whose accounts let them in."""
    wanted = sa.select(users.c.id).join(memberships, memberships.c.user_id == users.c.id)
    these = sa.and_(memberships.c.role.in_(door.BUILDS), users.c.disabled_at.is_(None))
    with stores.control.read() as session:
        here = wanted.where(memberships.c.workspace_id == workspace_id, these)
        return set(session.connection.execute(here).scalars())


def change_role(stores: Stores, workspace_id: str, user_id: str, role: str, *, by: Principal = ENGINE) -> None:
    """Raises `NotFound`, `Refused` for an unknown role, `Forbidden` when the workspace would have no owner left."""
    if role not in ROLES:
        raise Refused([Problem("/role", _("Choose one of the roles."), "unknown", role)])
    with stores.control.write(by) as session:
        _hold(session, workspace_id)
        says = _("made {name} {role}", name=_name(session, user_id), role=ROLE_NAMES[role])
        audit.note(session, "person.role", says, workspace=workspace_id, person=user_id, role=role)
        change = sa.update(memberships).where(_is_member(workspace_id, user_id)).values(role=role)
        if session.connection.execute(change).rowcount == 0:
            raise NotFound(_not_here())
        _check_owner_left(session, workspace_id)
    mirror(stores, workspace_id)


def remove_person(stores: Stores, workspace_id: str, user_id: str, *, by: Principal = ENGINE) -> None:
    """Take someone out of the workspace; their tokens for it die too.

    Raises `NotFound`, `Forbidden` for the last owner.
    """
    with stores.control.write(by) as session:
        _hold(session, workspace_id)
        says = _("took {name} out of the workspace", name=_name(session, user_id))
        audit.note(session, "person.removed", says, workspace=workspace_id, person=user_id)
        if session.connection.execute(sa.delete(memberships).where(_is_member(workspace_id, user_id))).rowcount == 0:
            raise NotFound(_not_here())
        session.connection.execute(
            sa.delete(tokens).where(tokens.c.workspace_id == workspace_id, tokens.c.user_id == user_id)
        )
        _check_owner_left(session, workspace_id)
    mirror(stores, workspace_id)


def mirror(stores: Stores, workspace_id: str) -> None:
    """Tell the workspace's own store who belongs to it now, for its records to be joined with names.

    It follows the control store's transaction and is not part of it; doing it again is harmless.
    """
    members = [mirrored.Person(one.id, one.name, one.email, one.role) for one in people(stores, workspace_id)]
    with stores.workspace(workspace_id).write() as session:
        mirrored.mirror(session, members)


def role_in(session: Session, workspace_id: str, user_id: str) -> Role | None:
    """The person's role in the workspace, None when they do not belong to it."""
    wanted = sa.select(memberships.c.role).where(_is_member(workspace_id, user_id))
    return cast("Role | None", session.connection.execute(wanted).scalar())


def insert_workspace(session: Session, user_id: str, name: str) -> Membership:
    """The directory's entry and the first owner, inside a transaction of the control store."""
    # A PostgreSQL schema is named by this id, so it is in lower case: such names need no quotes in anybody's SQL.
    made = Membership(new_id("wsp").lower(), name.strip()[:200], "owner")
    session.connection.execute(
        sa.insert(workspaces).values(id=made.id, name=made.name, created_at=timestamp(session.now))
    )
    insert_membership(session, made.id, user_id, "owner")
    return made


def insert_membership(session: Session, workspace_id: str, user_id: str, role: Role) -> None:
    """Inside a transaction of the control store."""
    values = {"workspace_id": workspace_id, "user_id": user_id, "role": role, "created_at": timestamp(session.now)}
    session.connection.execute(sa.insert(memberships).values(**values))


def _is_member(workspace_id: str, user_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(memberships.c.workspace_id == workspace_id, memberships.c.user_id == user_id)


def _name(session: Session, user_id: str) -> str:
    return str(session.connection.execute(sa.select(users.c.name).where(users.c.id == user_id)).scalar() or "")


def _not_here() -> Text:
    return _("This person does not belong to the workspace.")


def _hold(session: Session, workspace_id: str) -> None:
    """Two owners who lower each other at once come one after the other, so that one of them stays."""
    wanted = sa.select(workspaces.c.id).where(workspaces.c.id == workspace_id)
    session.connection.execute(wanted.with_for_update() if session.dialect == "postgresql" else wanted)


def _check_owner_left(session: Session, workspace_id: str) -> None:
    wanted = sa.select(sa.func.count()).where(memberships.c.workspace_id == workspace_id, memberships.c.role == "owner")
    if not session.connection.execute(wanted).scalar():
        raise Forbidden(_("A workspace needs an owner. Make somebody else owner first."))
