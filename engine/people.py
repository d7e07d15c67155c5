"""The people of a workspace, mirrored from the control store so that records can be joined with their names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import sqlalchemy as sa

from engine.access.principals import Role
from engine.storage.session import Session
from engine.storage.workspace_tables import people


@dataclass(frozen=True)
class Person:
    """Somebody who belongs to the workspace, or did: records keep naming those who left."""

    id: str
    name: str
    email: str
    role: Role  # "" for somebody who left
    department: str | None = None
    manager: str | None = None


_PERSON = (people.c.id, people.c.name, people.c.email, people.c.role, people.c.department, people.c.manager)


def everybody(session: Session) -> list[Person]:
    """Those who belong to the workspace now, by name."""
    wanted = sa.select(*_PERSON).where(people.c.role != "").order_by(sa.func.lower(people.c.name), people.c.id)
    return [Person(*row) for row in session.connection.execute(wanted)]


def owners(session: Session) -> list[Person]:
    """Those who own the workspace now, by name."""
    return [one for one in everybody(session) if one.role == "owner"]


def role_of(session: Session, person: str) -> Role:
    """What somebody is in the workspace now; empty for who does not belong to it."""
    found = session.connection.execute(sa.select(people.c.role).where(people.c.id == person)).scalar()
    return cast("Role", found or "")


def everybody_ever(session: Session) -> list[Person]:
    """Those who belong or belonged to the workspace."""
    return [Person(*row) for row in session.connection.execute(sa.select(*_PERSON))]


def names(session: Session) -> dict[str, str]:
    """The names of all who belong or belonged to the workspace, by id."""
    return {row.id: row.name for row in session.connection.execute(sa.select(people.c.id, people.c.name))}


def mirror(session: Session, members: Iterable[Person]) -> None:
    """Make the workspace know exactly these people; others stay by name only.

    Departments and managers are not the control store's: they stay as they are.
    """
    session.connection.execute(sa.update(people).values(role=""))
    known = set(session.connection.execute(sa.select(people.c.id)).scalars())
    for one in members:
        values = {"name": one.name, "email": one.email, "role": one.role}
        if one.id in known:
            session.connection.execute(sa.update(people).where(people.c.id == one.id).values(**values))
        else:
            session.connection.execute(sa.insert(people).values(id=one.id, **values))


def remember(session: Session, gone: Iterable[Person]) -> None:
    """Know people by name who do not belong to the workspace, such as those whom an archive from elsewhere names."""
    for one in gone:
        session.connection.execute(sa.insert(people).values(id=one.id, name=one.name, email=one.email, role=""))
