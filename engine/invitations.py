"""Invitations: a link that lets one person into a workspace, once, for some days.

It counts as long as whoever made it owns the workspace: nobody gives what they do not hold (any more).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from engine import account_mail, accounts, audit, passwords, sign_in_delay, workspaces
from engine.access.principals import ENGINE, Principal, person
from engine.account_mail import Words
from engine.accounts import Person
from engine.errors import Conflict, Forbidden, NotFound, Problem, Refused
from engine.ids import new_id, new_secret, secret_hash
from engine.settings import Settings
from engine.storage.control_tables import invitations, memberships, users
from engine.storage.control_tables import workspaces as directory
from engine.storage.session import Session, timestamp
from engine.storage.stores import Stores
from engine.text import _
from engine.vault import Vault
from engine.workspaces import ROLES, Membership, Role

DAYS = 7
LONGEST_DAYS = 30

_c = invitations.c


@dataclass(frozen=True)
class Invitation:
    """An invitation as owners see it in the list; `email` is empty for a link that anybody may use."""

    id: str
    email: str
    role: Role
    expires_at: str
    invited_by: str  # a name


@dataclass(frozen=True)
class Made:
    """A new invitation. Its `link` is shown this once; `is_sent`: it went out by mail."""

    id: str
    link: str
    is_sent: bool


@dataclass(frozen=True)
class Offer:
    """What the holder of a link is offered."""

    workspace_id: str
    workspace: str
    role: Role
    email: str
    invited_by: str


def invite(
    stores: Stores,
    vault: Vault,
    settings: Settings,
    workspace_id: str,
    inviter: str,
    *,
    role: str,
    email: str = "",
    days: int = DAYS,
    words: Words | None = None,
) -> Made:
    """Invite somebody: by mail with `email` and `words` where a mail server is set, else by the link that is answered.

    An earlier invitation of the same address is replaced. `inviter` is the id of an owner.
    Raises `Forbidden`, `Refused` (places `/role`, `/email`, `/days`).
    """
    wanted = accounts.address(email)
    problems = accounts.problems_with_person(wanted, "-") if wanted else []
    if role not in ROLES:
        problems.append(Problem("/role", _("Choose one of the roles."), "unknown", role))
    if not 1 <= days <= LONGEST_DAYS:
        says = _("Choose between 1 and {most} days.", most=LONGEST_DAYS)
        problems.append(Problem("/days", says, "range", days))
    if problems:
        raise Refused(problems)
    token = new_secret()
    asker = person(inviter, "owner")
    made = Made(new_id("inv"), f"{settings.public_url}/invitations/{token}", False)
    with stores.control.write(asker) as session:
        if workspaces.role_in(session, workspace_id, inviter) != "owner":
            raise Forbidden(_("Only owners can invite people."))
        if wanted and _is_here(session, workspace_id, wanted):
            raise Refused([Problem("/email", _("This person is here already."), "taken", email)])
        now = session.now
        before = sa.and_(_c.workspace_id == workspace_id, _c.email == wanted, _c.email != "")
        session.connection.execute(sa.delete(invitations).where(sa.or_(before, _c.expires_at <= timestamp(now))))
        session.connection.execute(
            sa.insert(invitations).values(
                id=made.id,
                token_hash=secret_hash(token),
                workspace_id=workspace_id,
                invited_by=inviter,
                role=role,
                email=wanted,
                created_at=timestamp(now),
                expires_at=timestamp(now + timedelta(days=days)),
            )
        )
        says = _("invited {email}", email=wanted) if wanted else _("made an invitation for whoever has its link")
        audit.note(session, "person.invited", says, workspace=workspace_id, invitation=made.id, role=role)
        if words is None or not wanted:
            return made
        is_sent = account_mail.put(session, vault, settings, wanted, words, made.link)
    return Made(made.id, made.link, is_sent)


def open_ones(stores: Stores, workspace_id: str) -> list[Invitation]:
    """The invitations of a workspace that count, the newest first."""
    with stores.control.read() as session:
        wanted = _counting(session, _c.id, _c.email, _c.role, _c.expires_at, users.c.name)
        wanted = wanted.where(_c.workspace_id == workspace_id).order_by(_c.created_at.desc(), _c.id.desc())
        return [Invitation(*row) for row in session.connection.execute(wanted)]


def revoke(stores: Stores, workspace_id: str, invitation_id: str, *, by: Principal = ENGINE) -> None:
    """The link counts no more. Raises `NotFound`."""
    with stores.control.write(by) as session:
        mine = sa.and_(_c.id == invitation_id, _c.workspace_id == workspace_id)
        if session.connection.execute(sa.delete(invitations).where(mine)).rowcount == 0:
            raise NotFound(_("There is no such invitation, or it was used."))
        says = _("took an invitation back")
        audit.note(session, "invitation.revoked", says, workspace=workspace_id, invitation=invitation_id)


def offer(stores: Stores, token: str) -> Offer:
    """What the link offers. Raises `NotFound` when it is used up, taken back or too old."""
    with stores.control.read() as session:
        return _offer(session, token)[1]


def accept(stores: Stores, token: str, *, name: str, email: str, password: str, language: str = "") -> Person:
    """The link is used up: make an account and let it in. An invitation by mail is for that address.

    Raises `NotFound`, `Refused` (places `/name`, `/email`, `/password`); also for an address that has an account,
    whose owner signs in and joins.
    """
    given = offer(stores, token)
    email = given.email or email
    problems = accounts.problems_with_person(email, name)
    problems += passwords.problems_with(password, (email, name, given.workspace))
    if problems:
        raise Refused(problems)
    _check_no_account(stores, token, email)
    password_hash = passwords.hashed(password)
    with stores.control.write() as session:
        given = _use(session, token)
        made = accounts.insert_person(session, email, name, password_hash, language)
        _let_in(session, given, made.id)
    workspaces.mirror(stores, given.workspace_id)
    return made


def join(stores: Stores, token: str, who: Person) -> Membership:
    """The link is used up: let somebody in who has an account.

    Raises `NotFound`, `Forbidden` when it is for another address, `Conflict` if they are in already.
    """
    with stores.control.write() as session:
        given = _use(session, token)
        if given.email not in ("", who.email):
            raise Forbidden(_("This invitation is for {email}. Sign in with that address.", email=given.email))
        if workspaces.role_in(session, given.workspace_id, who.id) is not None:
            raise Conflict(_("You belong to this workspace already."))
        _let_in(session, given, who.id)
    workspaces.mirror(stores, given.workspace_id)
    return Membership(given.workspace_id, given.workspace, given.role)


def _counting(session: Session, *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """A question about invitations that count now; it may name columns of the inviter and of the workspace, too."""
    inviter = sa.and_(memberships.c.workspace_id == _c.workspace_id, memberships.c.user_id == _c.invited_by)
    return (
        sa.select(*columns)
        .join(users, users.c.id == _c.invited_by)
        .join(memberships, inviter)
        .join(directory, directory.c.id == _c.workspace_id)
        .where(_c.expires_at > timestamp(session.now), memberships.c.role == "owner", users.c.disabled_at.is_(None))
    )


def _offer(session: Session, token: str) -> tuple[str, Offer]:
    columns = (_c.id, _c.workspace_id, directory.c.name, _c.role, _c.email, users.c.name)
    wanted = _counting(session, *columns).where(_c.token_hash == secret_hash(token))
    row = session.connection.execute(wanted).one_or_none()
    if row is None:
        raise NotFound(_("This invitation was used, taken back, or is too old. Ask for a new one."))
    return row[0], Offer(*row[1:])


def _use(session: Session, token: str) -> Offer:
    """The offer, which nobody else gets any more."""
    invitation_id, given = _offer(session, token)
    if session.connection.execute(sa.delete(invitations).where(_c.id == invitation_id)).rowcount == 0:
        raise NotFound(_("This invitation was used, taken back, or is too old. Ask for a new one."))
    return given


def _let_in(session: Session, given: Offer, user_id: str) -> None:
    workspaces.insert_membership(session, given.workspace_id, user_id, given.role)
    session.principal = person(user_id)
    says = _("came in by an invitation of {name}", name=given.invited_by)
    audit.note(session, "person.joined", says, workspace=given.workspace_id, person=user_id, role=given.role)


def _check_no_account(stores: Stores, token: str, email: str) -> None:
    """Raises `Refused` for an address that has an account; nobody finds out by this about more than a few addresses."""
    with stores.control.read() as session:
        sign_in_delay.check(session, f"invitation {token}", at="/email")
    if accounts.person_by_email(stores, email) is not None:
        with stores.control.write() as session:
            sign_in_delay.count(session, f"invitation {token}")
        says = _("This address has an account already. Sign in, then open the invitation again.")
        raise Refused([Problem("/email", says, "taken", email)])


def _is_here(session: Session, workspace_id: str, email: str) -> bool:
    wanted = (
        sa.select(users.c.id)
        .join(memberships, memberships.c.user_id == users.c.id)
        .where(users.c.email == email, memberships.c.workspace_id == workspace_id)
    )
    return session.connection.execute(wanted).first() is not None
