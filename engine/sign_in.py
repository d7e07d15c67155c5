"""Signing in: with an address and a password, then with a code where the second factor is on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import sqlalchemy as sa

from engine import account_log, accounts, audit, passwords, remembered, second_factor, sessions, sign_in_delay
from engine.access.principals import ENGINE
from engine.accounts import Person
from engine.errors import FormworkError, TooOften
from engine.ids import new_secret, secret_hash
from engine.sessions import Device
from engine.sign_in_delay import FREE_OF_ADDRESS
from engine.storage.control_tables import pending_sign_ins, users
from engine.storage.session import Session, timestamp
from engine.storage.stores import Stores
from engine.text import _
from engine.vault import Vault

PENDING_LIFE = timedelta(minutes=10)
TRIES = 5  # codes that one sign-in may try

_p = pending_sign_ins.c


class SignInRefused(FormworkError):
    """Wrong address or password (which of them is not said), or a wrong code."""

    status = 422
    code = "sign_in_refused"


class SignInOver(SignInRefused):
    """A code can no longer be tried: the sign-in begins anew."""


@dataclass(frozen=True)
class Entry:
    """How far somebody has come: `session` is a new session's token, empty while `pending` waits for a code.

    `remembered` is the secret of a browser that is remembered from now on.
    """

    person: Person
    session: str = ""
    pending: str = ""
    remembered: str = ""


def sign_in(stores: Stores, email: str, password: str, device: Device | None = None) -> Entry:
    """Let in whoever knows the password, or as far as to the second factor.

    Raises `SignInRefused`: the same words, and the same work done, whether or not there is such an account.
    After 10 failures for one name (50 from one network address) each further try waits longer, at most 15 minutes;
    until then `TooOften` is raised.
    """
    device = device or Device()
    name, sender = _name(email), f"from {device.address}"
    try:
        with stores.control.read() as session:
            sign_in_delay.check(session, name, sender)
    except TooOften:
        says = _("lets somebody wait who tries to sign in too often")
        audit.note_apart(stores.control, ENGINE, "limit.reached", says, **_facts(device))
        raise
    with stores.control.read() as session:
        wanted = sa.select(users.c.id, users.c.password_hash, users.c.name)
        found = session.connection.execute(wanted.where(users.c.email == accounts.address(email))).one_or_none()
    right, fresh_hash = passwords.matches(password, found.password_hash if found is not None else None)
    if not right or found is None:
        with stores.control.write() as session:
            sign_in_delay.count(session, name)
            if device.address:
                sign_in_delay.count(session, sender, FREE_OF_ADDRESS)
            _note_failure(session, found.id if found else "", found.name if found else "", device)
        raise SignInRefused(_("This address and password do not belong together."))
    if fresh_hash:
        with stores.control.write() as session:
            change = sa.update(users).where(users.c.id == found.id).values(password_hash=fresh_hash)
            session.connection.execute(change)
    return enter(stores, found.id, device)


def enter(stores: Stores, user_id: str, device: Device) -> Entry:
    """Let in somebody who has just proved who they are, or as far as to the second factor.

    Raises `SignInRefused` when the account is switched off.
    """
    with stores.control.write() as session:
        who = _person(session, user_id)
        if who is None:
            raise SignInRefused(_("This account is switched off. Ask whoever runs this installation."))
        if second_factor.is_on(session, user_id) and not remembered.knows(session, user_id, device.remembered):
            return Entry(who, pending=_insert_pending(session, user_id))
        return _let_in(session, who, device)


def is_pending(stores: Stores, pending: str) -> bool:
    """Whether this sign-in still waits for a code."""
    with stores.control.read() as session:
        return session.connection.execute(sa.select(_p.user_id).where(_counts(session, pending))).first() is not None


def enter_code(
    stores: Stores, vault: Vault, pending: str, code: str, device: Device, *, remember: bool = False
) -> Entry:
    """Let in whoever has the phone, or a recovery code, too. `remember`: ask this browser for none for 30 days.

    Raises `SignInRefused` for a wrong code, `SignInOver` when none can be tried any more, `TooOften` for now.
    """
    with stores.control.write() as session:  # a wrong code commits, too: it is counted
        tried = sa.update(pending_sign_ins).where(_counts(session, pending)).values(tries=_p.tries + 1)
        row = session.connection.execute(tried.returning(_p.user_id, _p.tries)).one_or_none()
        who = _person(session, row[0]) if row else None
        if row is None or who is None:
            raise SignInOver(_("This took too long, or too many codes were wrong. Sign in again."))
        sign_in_delay.check(session, _name(who.email))
        if second_factor.takes(session, vault, who.id, code):
            session.connection.execute(sa.delete(pending_sign_ins).where(_p.token_hash == secret_hash(pending)))
            entry = _let_in(session, who, device)
            if not remember:
                return entry
            return replace(entry, remembered=remembered.remember(session, who.id, device.agent, device.address))
        sign_in_delay.count(session, _name(who.email))
        says = _("let nobody in as {name}: right password, wrong code", name=who.name)
        account_log.note_failure(session, who.id, says, **_facts(device))
    if row[1] >= TRIES:
        raise SignInOver(_("This took too long, or too many codes were wrong. Sign in again."))
    raise SignInRefused(_("This code is wrong, or was used already. Wait for the next one."))


def _let_in(session: Session, who: Person, device: Device) -> Entry:
    failed = sign_in_delay.forget(session, _name(who.email))
    account_log.note(session, who.id, "account.signed_in", _("signed in"), **_facts(device), failed_tries=failed)
    return Entry(who, session=sessions.insert_session(session, who.id, device))


def _note_failure(session: Session, user_id: str, name: str, device: Device) -> None:
    says = _("let nobody in with an address that has no account")
    if user_id:
        says = _("let nobody in as {name}: wrong password", name=name)
    account_log.note_failure(session, user_id, says, **_facts(device))


def _facts(device: Device) -> dict[str, str]:
    return {"browser": device.agent[:300]}


def _insert_pending(session: Session, user_id: str) -> str:
    token = new_secret()
    session.connection.execute(sa.delete(pending_sign_ins).where(_p.expires_at <= timestamp(session.now)))
    values = {"token_hash": secret_hash(token), "user_id": user_id, "tries": 0}
    until = timestamp(session.now + PENDING_LIFE)
    session.connection.execute(sa.insert(pending_sign_ins).values(**values, expires_at=until))
    return token


def _counts(session: Session, pending: str) -> sa.ColumnElement[bool]:
    mine = _p.token_hash == secret_hash(pending)
    return sa.and_(mine, _p.tries < TRIES, _p.expires_at > timestamp(session.now))


def _person(session: Session, user_id: str) -> Person | None:
    wanted = sa.select(*accounts.PERSON).where(users.c.id == user_id, users.c.disabled_at.is_(None))
    row = session.connection.execute(wanted).one_or_none()
    return Person(*row) if row else None


def _name(email: str) -> str:
    return f"name {accounts.address(email)}"
