"""Accounts: the first owner, people and their passwords.

Signing in is in `sign_in.py`, sessions are in `sessions.py`, API tokens in `api_tokens.py`, who belongs where is in
`workspaces.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import sqlalchemy as sa

from engine import account_log, audit, notices, passwords, sign_in_delay, ways_in, workspaces
from engine.access.principals import ENGINE, Principal
from engine.errors import Conflict, NotFound, Problem, Refused
from engine.ids import new_id, new_secret, secret_hash
from engine.settings import LANGUAGES
from engine.storage.control_tables import memberships, second_factors, sessions, setup_links, tokens, users
from engine.storage.session import Session, timestamp
from engine.storage.stores import Stores
from engine.text import _

SETUP_LINK_LIFE = timedelta(minutes=30)
THEMES = ("light", "dark")

_EMAIL = re.compile(r"[^\s@<>\"(),;:\\]{1,64}@[^\s@<>\"(),;:\\]{1,190}")


@dataclass(frozen=True)
class Person:
    """Someone with an account. `language` and `theme` are empty where the browser's are to count."""

    id: str
    email: str
    name: str
    language: str = ""
    theme: str = ""


@dataclass(frozen=True)
class Standing:
    """An account as whoever runs the machine sees it: what lets somebody in with it, and how much of that there is.

    `disabled_at` and `second_factor` say since when, `last_seen_at` of its sessions; empty where there is none.
    """

    id: str
    email: str
    name: str
    disabled_at: str
    second_factor: str
    workspaces: int
    sessions: int
    tokens: int
    last_seen_at: str


PERSON = (users.c.id, users.c.email, users.c.name, users.c.language, users.c.theme)


def setup_link(stores: Stores) -> str | None:
    """A fresh one-time token for creating the owner, good for 30 minutes; None when there is an owner already.

    Earlier tokens die. The page is `/setup/<token>`.
    """
    with stores.control.write() as session:
        if _has_people(session):
            return None
        token = new_secret()
        session.connection.execute(sa.delete(setup_links))
        session.connection.execute(
            sa.insert(setup_links).values(
                token_hash=secret_hash(token), expires_at=timestamp(session.now + SETUP_LINK_LIFE)
            )
        )
        return token


def setup_link_is_good(stores: Stores, token: str) -> bool:
    """Whether `token` is the newest set-up link and still counts."""
    with stores.control.read() as session:
        return _setup_link_is_good(session, token)


def create_owner(
    stores: Stores,
    *,
    email: str,
    name: str,
    password: str,
    workspace: str,
    language: str = "",
    token: str | None = None,
) -> tuple[Person, workspaces.Membership]:
    """The first account and the first workspace. `token` is that of the set-up link; without one the caller
    vouches for the person (the command line, whose user owns the machine).

    Raises `Refused` (places `/email`, `/name`, `/password`, `/workspace`), `NotFound` when the link is used up or
    too old, `Conflict` when there is an owner already.
    """
    problems = problems_with_person(email, name) + passwords.problems_with(password, (email, name, workspace))
    if not workspace.strip():
        problems.append(Problem("/workspace", _("Give the workspace a name."), "required"))
    if problems:
        raise Refused(problems)
    password_hash = passwords.hashed(password)
    with stores.control.write() as session:
        if token is not None and not _setup_link_is_good(session, token):
            raise NotFound(_("This link is used up or too old. Start Formwork again to get a new one."))
        if _has_people(session):
            raise Conflict(_("There is an owner already. Sign in."))
        session.connection.execute(sa.delete(setup_links))
        person = insert_person(session, email, name, password_hash, language)
        membership = workspaces.insert_workspace(session, person.id, workspace)
    workspaces.mirror(stores, membership.id)
    return person, membership


def person(stores: Stores, user_id: str) -> Person:
    """The account. Raises `NotFound`."""
    with stores.control.read() as session:
        row = session.connection.execute(sa.select(*PERSON).where(users.c.id == user_id)).one_or_none()
    if row is None:
        raise NotFound(_("There is no such account."))
    return Person(*row)


def person_by_email(stores: Stores, email: str) -> Person | None:
    """The account with this address, if there is one."""
    with stores.control.read() as session:
        row = session.connection.execute(sa.select(*PERSON).where(users.c.email == address(email))).one_or_none()
    return Person(*row) if row else None


def switched_off(stores: Stores, workspace_id: str) -> set[str]:
    """The people of a workspace whose accounts let nobody in."""
    wanted = sa.select(users.c.id).join(memberships, memberships.c.user_id == users.c.id)
    off = wanted.where(memberships.c.workspace_id == workspace_id, users.c.disabled_at.is_not(None))
    with stores.control.read() as session:
        return set(session.connection.execute(off).scalars())


def standings(stores: Stores, user_id: str = "") -> list[Standing]:
    """All accounts, or one, by address."""

    def of(what: sa.Select[Any], table: sa.Table) -> Any:
        return sa.func.coalesce(what.where(table.c.user_id == users.c.id).scalar_subquery(), "")

    def count(table: sa.Table) -> Any:
        counted = sa.select(sa.func.count()).select_from(table)
        return counted.where(table.c.user_id == users.c.id).scalar_subquery()

    wanted = sa.select(
        users.c.id,
        users.c.email,
        users.c.name,
        sa.func.coalesce(users.c.disabled_at, ""),
        of(sa.select(second_factors.c.since), second_factors),
        count(memberships),
        count(sessions),
        count(tokens),
        of(sa.select(sa.func.max(sessions.c.last_seen_at)), sessions),
    ).order_by(users.c.email)
    with stores.control.read() as session:
        found = session.connection.execute(wanted.where(users.c.id == user_id) if user_id else wanted)
        return [Standing(*row) for row in found]


def change_person(stores: Stores, user_id: str, *, name: str, language: str, theme: str) -> Person:
    """Set what a person chooses for themselves; empty `language` or `theme` means: as the browser says.

    Raises `Refused` with the places `/name`, `/language`, `/theme`.
    """
    problems = [] if name.strip() else [Problem("/name", _("Enter a name."), "required")]
    if language not in ("", *LANGUAGES):
        problems.append(Problem("/language", _("Choose one of the languages."), "unknown", language))
    if theme not in ("", *THEMES):
        problems.append(Problem("/theme", _("Choose one of the themes."), "unknown", theme))
    if problems:
        raise Refused(problems)
    values = {"name": name.strip()[:200], "language": language, "theme": theme}
    with stores.control.write() as session:
        session.connection.execute(sa.update(users).where(users.c.id == user_id).values(**values))
    for one in workspaces.belonging_to(stores, user_id):
        workspaces.mirror(stores, one.id)
    return person(stores, user_id)


def add_person(
    stores: Stores, workspace_id: str, by: Principal = ENGINE, /, *, email: str, name: str, password: str, role: str
) -> Person:
    """Let someone into the workspace. With an address that has an account, that account is let in and `name` and
    `password` are left alone; otherwise the account is made with this first password.

    Raises `Refused` (places `/email`, `/name`, `/password`, `/role`).
    """
    known = person_by_email(stores, email)
    problems = [] if known else problems_with_person(email, name) + passwords.problems_with(password, (email, name))
    if role not in workspaces.ROLES:
        problems.append(Problem("/role", _("Choose one of the roles."), "unknown", role))
    if problems:
        raise Refused(problems)
    password_hash = "" if known else passwords.hashed(password)
    with stores.control.write(by) as session:
        added = known or insert_person(session, email, name, password_hash, "")
        if workspaces.role_in(session, workspace_id, added.id) is not None:
            raise Refused([Problem("/email", _("This person is here already."), "taken", email)])
        workspaces.insert_membership(session, workspace_id, added.id, cast(workspaces.Role, role))
        says = _("let {name} in", name=added.name)
        audit.note(session, "person.added", says, workspace=workspace_id, person=added.id, role=role)
    workspaces.mirror(stores, workspace_id)
    return added


def change_password(stores: Stores, user_id: str, *, current: str, new: str) -> None:
    """Set a new password; every session of the person ends, and links that were sent count no more. API tokens stay:
    each is listed and deleted by itself.

    Raises `Refused` with the places `/current_password`, `/password`.
    """
    who = person(stores, user_id)
    check_password(stores, user_id, current, at="/current_password")
    if problems := passwords.problems_with(new, (who.email, who.name)):
        raise Refused(problems)
    password_hash = passwords.hashed(new)
    with stores.control.write() as session:
        session.connection.execute(sa.update(users).where(users.c.id == user_id).values(password_hash=password_hash))
        ways_in.end_all(session, user_id)
        account_log.note(session, user_id, "password.changed", _("changed their password"))
        notices.put(session, user_id, _("Your password was changed."))


def check_password(stores: Stores, user_id: str, password: str, at: str = "/current_password") -> None:
    """Ask again who it is, before something that a found open browser must not do. Raises `Refused` at `at`.

    Failures count like those of signing in: `TooOften` is raised there.
    """
    with stores.control.read() as session:
        wanted = sa.select(users.c.email, users.c.password_hash, users.c.name).where(users.c.id == user_id)
        email, stored, name = session.connection.execute(wanted).one()
        sign_in_delay.check(session, f"name {email}", at=at)
    if not passwords.matches(password, stored)[0]:
        with stores.control.write() as session:
            sign_in_delay.count(session, f"name {email}")
            says = _("let somebody who is signed in as {name} go no further: wrong password", name=name)
            account_log.note_failure(session, user_id, says)
        raise Refused([Problem(at, _("This is not your password."), "wrong")])


def address(email: str) -> str:
    """An address as it is kept: whoever types it in capitals is the same person."""
    return email.strip().casefold()


def problems_with_person(email: str, name: str) -> list[Problem]:
    """What is wrong with an address and a name (places `/email`, `/name`)."""
    problems = []
    if not _EMAIL.fullmatch(address(email)):
        problems.append(Problem("/email", _("Enter an e-mail address such as ana@example.com."), "email", email))
    if not name.strip():
        problems.append(Problem("/name", _("Enter a name."), "required", name))
    return problems


def insert_person(session: Session, email: str, name: str, password_hash: str, language: str) -> Person:
    """A new account, inside a transaction of the control store."""
    made = Person(new_id("usr"), address(email), name.strip()[:200], language)
    values: dict[str, Any] = {"id": made.id, "email": made.email, "name": made.name, "language": made.language}
    session.connection.execute(
        sa.insert(users).values(**values, theme="", password_hash=password_hash, created_at=timestamp(session.now))
    )
    return made


def _has_people(session: Session) -> bool:
    return session.connection.execute(sa.select(users.c.id).limit(1)).first() is not None


def _setup_link_is_good(session: Session, token: str) -> bool:
    wanted = sa.select(setup_links.c.expires_at).where(setup_links.c.token_hash == secret_hash(token))
    expires_at = session.connection.execute(wanted).scalar()
    return expires_at is not None and expires_at > timestamp(session.now)
