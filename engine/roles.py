"""Who has which role of an app: given and taken, from the next request on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from engine import audit, people
from engine.access import door
from engine.definitions.language import App
from engine.definitions.roles import Role
from engine.errors import NotFound, Problem, Refused
from engine.storage import workspace_tables
from engine.storage.session import Session, timestamp
from engine.text import Text, _

_held = workspace_tables.role_holders
_layout = workspace_tables.layout


@dataclass(frozen=True)
class Holder:
    """Somebody in an app: the roles given to them, or else those that everybody has there.

    `everything` is for owners and builders, whom no role limits.
    """

    person: people.Person
    given: Sequence[Role]
    default: Sequence[Role]
    everything: bool

    @property
    def roles(self) -> Sequence[Role]:
        """Those that count."""
        return self.given or self.default


def of_app(session: Session, app: str) -> list[Holder]:
    """Everybody of the workspace with their roles in an app. Raises `Forbidden` for who may not build, `NotFound`."""
    door.enter_builder(session.principal)
    held = _app(session, app)
    given = {(role, holder) for role, holder in session.connection.execute(sa.select(_held.c.role, _held.c.holder))}
    default = [one for one in held.roles.values() if one.default]
    return [
        Holder(
            one,
            [role for role in held.roles.values() if (role.address, one.id) in given],
            default,
            one.role in door.BUILDS,
        )
        for one in people.everybody(session)
    ]


def give(session: Session, role: str, person: str) -> None:
    """Give a role (`crm.rep`) to a person. Raises `Forbidden` for who may not build, `NotFound`, `Refused`."""
    door.enter_builder(session.principal)
    given, known = _named(session, role), {one.id: one for one in people.everybody(session)}
    if person not in known:
        raise Refused([Problem("/person", _("There is no such person in this workspace."), "unknown_person", person)])
    where = sa.and_(_held.c.role == role, _held.c.holder == person)
    if session.connection.execute(sa.select(_held.c.role).where(where)).first():
        return
    values = {"given_at": timestamp(session.now), "given_by": session.principal.user_id or session.principal.id}
    session.connection.execute(sa.insert(_held).values(role=role, holder=person, **values))
    says = _("gave the role {role} to {person}", role=given.label, person=known[person].name)
    _changed(session, "role.given", says, role, person)


def take(session: Session, role: str, person: str) -> None:
    """Take a role from a person. Raises `Forbidden` for who may not build, `NotFound`."""
    door.enter_builder(session.principal)
    taken = _named(session, role)
    gone = sa.delete(_held).where(_held.c.role == role, _held.c.holder == person)
    if session.connection.execute(gone).rowcount:
        says = _(
            "took the role {role} from {person}", role=taken.label, person=people.names(session).get(person, person)
        )
        _changed(session, "role.taken", says, role, person)


def _app(session: Session, app: str) -> App:
    found = session.whole.apps.get(app)
    if found is None:
        raise NotFound(_("The app {app} is not installed.", app=app))
    return found


def _named(session: Session, role: str) -> Role:
    app, _dot, key = role.partition(".")
    found = _app(session, app).roles.get(key)
    if found is None:
        raise NotFound(_("There is no role {role}.", role=role))
    return found


def _changed(session: Session, act: str, says: Text, role: str, person: str) -> None:
    """The next request of everybody sees by the new roles."""
    session.connection.execute(sa.update(_layout).values(holders=_layout.c.holders + 1))
    session.holders_changed = True
    audit.note(session, act, says, role=role, person=person)
