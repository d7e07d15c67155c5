"""Looking at a workspace as somebody else: as a person, or as a member with certain roles who owns nothing.

A session of a browser has at most one guise. It is only to look; it ends by hand, with the session, after an hour, and
as soon as who looks may not (any more), or may do less than the one in whose guise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from engine import audit, people, roles, workspaces
from engine.access import door, principals
from engine.access.principals import Principal
from engine.errors import Forbidden, NotFound, Problem, Refused
from engine.people import Person
from engine.storage.control_tables import sessions, users
from engine.storage.session import Session, timestamp
from engine.storage.stores import Stores
from engine.text import Label, Text, _

LIFE = timedelta(hours=1)
COLUMNS = (sessions.c.guise_in, sessions.c.guise_of, sessions.c.guise_roles, sessions.c.guise_until)
_NONE = dict.fromkeys((one.key for one in COLUMNS), "")


@dataclass(frozen=True)
class Guise:
    """In which workspace, as which person (an id) or with which roles (`crm.rep`), and until when."""

    workspace: str
    person: str
    roles: tuple[str, ...]
    until: str

    @classmethod
    def of(cls, workspace: str, person: str, held: str, until: str) -> Guise | None:
        """What the columns of a session's row say."""
        return cls(workspace, person, tuple(held.split()), until) if workspace else None


def may_look(asker: Principal, role: str) -> bool:
    """Whether the asker may look as somebody with this role in the workspace: whoever builds may, as far as they are
    allowed as much themselves.
    """
    return not asker.guise and asker.role in door.BUILDS and (asker.role == "owner" or role != "owner")


def offered(asker: Principal, people: Iterable[Person]) -> list[Person]:
    """Those as whom the asker may look."""
    return [one for one in people if one.id != asker.user_id and may_look(asker, one.role)]


def begin(
    stores: Stores, session_id: str, asker: Principal, workspace: str, *, person: str = "", held: Sequence[str] = ()
) -> None:
    """From now on the session sees the workspace as the person, or as a member with just these roles.

    Raises `Forbidden`, `NotFound` for a person or a role that is not there, `Refused` when none is named.
    """
    if not person and not held:
        raise Refused([Problem("/roles", _("Choose a person, or at least one role."), "required")])
    if person and not may_look(asker, workspaces.membership(stores, workspace, person).role):
        raise Forbidden(_("You can look as those only who may do no more than you."))
    with stores.workspace(workspace).read(asker) as session:
        door.enter_builder(asker)
        for one in held:
            roles.get(session, one)
    with stores.control.write(asker) as session:
        note_ends(session, sessions.c.id == session_id)
        made = Guise(workspace, person, () if person else tuple(held), timestamp(session.now + LIFE))
        values = (made.workspace, made.person, " ".join(made.roles), made.until)
        change = sa.update(sessions).where(sessions.c.id == session_id)
        session.connection.execute(change.values(dict(zip(_NONE, values, strict=True))))
        says = _("looks as {name}", name=_called(session, made))
        audit.note(session, "guise.begun", says, workspace=workspace, **_about(made), until=made.until)


def end(stores: Stores, session_id: str, user_id: str) -> None:
    """The session's person is themself again; nothing happens if they are."""
    with stores.control.write(principals.person(user_id)) as session:
        note_ends(session, sessions.c.id == session_id)
        session.connection.execute(sa.update(sessions).where(sessions.c.id == session_id).values(_NONE))


def seen_through(stores: Stores, guise: Guise, asker: Principal) -> Principal | None:
    """As whom the asker sees the workspace of their guise; None when it counts no more."""
    if not guise.person:
        return principals.holding(guise.roles) if may_look(asker, "member") else None
    try:
        role = workspaces.membership(stores, guise.workspace, guise.person).role
    except NotFound:
        return None
    return principals.guise(principals.person(guise.person, role)) if may_look(asker, role) else None


def called(session: Session, guise: Guise) -> list[Label]:
    """What the one is called as whom somebody looks: the person's name, or the labels of the roles."""
    if guise.person:
        return [people.names(session).get(guise.person, guise.person)]
    labels = {one.address: one.label for app in session.whole.apps.values() for one in app.roles.values()}
    return [labels.get(one, one) for one in guise.roles]


def note_ends(session: Session, where: sa.ColumnElement[bool]) -> None:
    """Note that the guises of these sessions end, in the control store before the sessions go."""
    wanted = sa.select(sessions.c.user_id, *COLUMNS).where(where, sessions.c.guise_in != "")
    for user_id, *row in session.connection.execute(wanted).all():
        if ended := Guise.of(*row):
            who = _name(session, user_id)
            says = _("ended that {who} looks as {name}", who=who, name=_called(session, ended))
            audit.note(session, "guise.ended", says, workspace=ended.workspace, looker=user_id, **_about(ended))


def _about(guise: Guise) -> dict[str, Any]:
    return {"person": guise.person} if guise.person else {"roles": list(guise.roles)}


def _called(session: Session, guise: Guise) -> Text | str:
    if not guise.person:
        return _("somebody with these roles: {roles}", roles=", ".join(guise.roles))
    return _name(session, guise.person)


def _name(session: Session, user_id: str) -> str:
    return str(session.connection.execute(sa.select(users.c.name).where(users.c.id == user_id)).scalar() or "")
