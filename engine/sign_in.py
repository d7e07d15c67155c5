"""Signing in, and the sessions it gives. Of a session's token only the SHA-256 is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from engine import accounts, passwords
from engine.accounts import Person, token_hash
from engine.errors import FormworkError, NotFound, SignInNeeded
from engine.ids import new_id, new_secret
from engine.sign_in_delay import Delays, delay_after
from engine.storage.control_tables import sessions, users
from engine.storage.session import Session, timestamp
from engine.storage.stores import Stores
from engine.text import _

IDLE_LIFE = timedelta(hours=12)
LONGEST_LIFE = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=10)  # how exactly "last seen" is kept; each time costs a write

_delays = Delays()


class SignInRefused(FormworkError):
    """Wrong address or password (which of them is not said), or too many tries."""

    status = 422
    code = "sign_in_refused"


@dataclass(frozen=True)
class Here:
    """A session that counts: `csrf` is the secret that its forms are bound to."""

    id: str
    person: Person
    csrf: str


@dataclass(frozen=True)
class OpenSession:
    """A session as its owner sees it in the list."""

    id: str
    created_at: str
    last_seen_at: str
    agent: str


def sign_in(stores: Stores, email: str, password: str, *, agent: str = "", address: str = "") -> tuple[str, Person]:
    """A new session's token and the person. `agent` is the browser, `address` the network address it came from.

    Raises `SignInRefused`: the same words, and the same time spent, whether or not there is such an account.
    After 10 failures for one account (50 from one address) each further try has to wait longer, at most 15 minutes.
    """
    name = email.strip().casefold()
    with stores.control.read() as session:
        wanted = sa.select(users.c.id, users.c.password_hash, users.c.failed_sign_ins, users.c.locked_until)
        found = session.connection.execute(wanted.where(users.c.email == name)).one_or_none()
        now = session.now
    until = found.locked_until if found is not None and found.failed_sign_ins else _delays.until(f"name {name}")
    until = max(until or "", _delays.until(f"from {address}") if address else "")
    if until > timestamp(now):
        raise SignInRefused(_("Too many tries. Wait a little, then try again."))
    right, fresh_hash = passwords.matches(password, found.password_hash if found is not None else None)
    if not right or found is None:
        _count_failure(stores, found.id if found is not None else None, name, address)
        raise SignInRefused(_("This address and password do not belong together."))
    with stores.control.write() as session:
        clear: dict[str, object] = {"failed_sign_ins": 0, "locked_until": None}
        if fresh_hash:
            clear["password_hash"] = fresh_hash
        session.connection.execute(sa.update(users).where(users.c.id == found.id).values(**clear))
        token = _insert_session(session, found.id, agent)
    return token, accounts.person(stores, found.id)


def open_session(stores: Stores, user_id: str, *, agent: str = "") -> str:
    """A session's token for someone who has just proved otherwise who they are (the first owner)."""
    with stores.control.write() as session:
        return _insert_session(session, user_id, agent)


def renew(stores: Stores, token: str, *, agent: str = "") -> str:
    """The same person under a new token; the old one is dead. Raises `SignInNeeded`."""
    here = session_of(stores, token)
    if here is None:
        raise SignInNeeded(_("Sign in first."))
    with stores.control.write() as session:
        session.connection.execute(sa.delete(sessions).where(sessions.c.id == here.id))
        return _insert_session(session, here.person.id, agent)


def session_of(stores: Stores, token: str) -> Here | None:
    """The session that `token` opens, None when it ended, was idle for 12 hours or is older than 7 days."""
    wanted = (
        sa.select(sessions.c.id, sessions.c.csrf, sessions.c.last_seen_at, sessions.c.expires_at, *accounts.PERSON)
        .join(users, users.c.id == sessions.c.user_id)
        .where(sessions.c.token_hash == token_hash(token))
    )
    with stores.control.read() as session:
        row = session.connection.execute(wanted).one_or_none()
        now = session.now
    if row is None or row[3] <= timestamp(now) or row[2] <= timestamp(now - IDLE_LIFE):
        return None
    if row[2] <= timestamp(now - SEEN_EVERY):
        with stores.control.write() as session:
            seen = sa.update(sessions).where(sessions.c.id == row[0]).values(last_seen_at=timestamp(now))
            session.connection.execute(seen)
    return Here(row[0], Person(*row[4:]), row[1])


def sign_out(stores: Stores, token: str) -> None:
    """End the session; nothing happens if it ended already."""
    with stores.control.write() as session:
        session.connection.execute(sa.delete(sessions).where(sessions.c.token_hash == token_hash(token)))


def sessions_of(stores: Stores, user_id: str) -> list[OpenSession]:
    """The person's sessions that count, the one used last first."""
    wanted = sa.select(sessions.c.id, sessions.c.created_at, sessions.c.last_seen_at, sessions.c.agent)
    with stores.control.read() as session:
        now = session.now
        counts = sa.and_(
            sessions.c.user_id == user_id,
            sessions.c.expires_at > timestamp(now),
            sessions.c.last_seen_at > timestamp(now - IDLE_LIFE),
        )
        found = session.connection.execute(wanted.where(counts).order_by(sessions.c.last_seen_at.desc()))
        return [OpenSession(*row) for row in found]


def end_session(stores: Stores, user_id: str, session_id: str) -> None:
    """End one of the person's own sessions. Raises `NotFound`."""
    with stores.control.write() as session:
        mine = sa.and_(sessions.c.id == session_id, sessions.c.user_id == user_id)
        if session.connection.execute(sa.delete(sessions).where(mine)).rowcount == 0:
            raise NotFound(_("This session has ended already."))


def _insert_session(session: Session, user_id: str, agent: str) -> str:
    token = new_secret()
    now = timestamp(session.now)
    session.connection.execute(
        sa.insert(sessions).values(
            token_hash=token_hash(token),
            id=new_id("ses"),
            user_id=user_id,
            csrf=new_secret(),
            created_at=now,
            last_seen_at=now,
            expires_at=timestamp(session.now + LONGEST_LIFE),
            agent=agent[:300],
        )
    )
    session.connection.execute(sa.delete(sessions).where(sessions.c.expires_at <= now))
    return token


def _count_failure(stores: Stores, user_id: str | None, name: str, address: str) -> None:
    """One more failure. An unknown name is counted too, or else the missing delay would give it away."""
    if address:
        _delays.count(f"from {address}", free=50)
    if user_id is None:
        _delays.count(f"name {name}")
        return
    with stores.control.write() as session:
        wanted = sa.select(users.c.failed_sign_ins, users.c.locked_until).where(users.c.id == user_id)
        failures, until = session.connection.execute(wanted).one()
        failures, until = delay_after(failures, until, session.now)
        change = sa.update(users).where(users.c.id == user_id).values(failed_sign_ins=failures, locked_until=until)
        session.connection.execute(change)
