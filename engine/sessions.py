"""Sessions: what signing in gives a browser. Of a session's token only the SHA-256 is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from engine import account_log, accounts, guises
from engine.access import principals
from engine.access.principals import Principal
from engine.accounts import Person
from engine.errors import NotFound
from engine.guises import Guise
from engine.ids import new_id, new_secret, secret_hash
from engine.origin import origin
from engine.storage.control_tables import sessions, users
from engine.storage.session import Session, timestamp
from engine.storage.stores import Stores
from engine.text import _

IDLE_LIFE = timedelta(hours=12)
LONGEST_LIFE = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=10)  # how exactly "last seen" is kept; each time costs a write
PROOF_LIFE = timedelta(minutes=15)  # how long a typed password counts for acts that a found open browser must not do
_HERE = (sessions.c.id, sessions.c.csrf, sessions.c.last_seen_at, sessions.c.proved_at)


@dataclass(frozen=True)
class Device:
    """What somebody signs in with: the browser's name for itself, the network address it comes from, and the secret of
    a browser that is remembered.
    """

    agent: str = ""
    address: str = ""
    remembered: str = ""


@dataclass(frozen=True)
class Here:
    """A session that counts: `csrf` is the secret that its forms are bound to."""

    id: str
    person: Person
    csrf: str
    just_proved: bool  # whether the password was typed a moment ago
    guise: Guise | None = None  # as whom the person looks at a workspace


@dataclass(frozen=True)
class OpenSession:
    """A session as its owner sees it in the list."""

    id: str
    created_at: str
    last_seen_at: str
    agent: str
    address: str


def open_session(stores: Stores, user_id: str, device: Device | None = None) -> str:
    """A session's token for someone who has just proved who they are."""
    with stores.control.write() as session:
        return insert_session(session, user_id, device or Device())


def session_of(stores: Stores, token: str) -> Here | None:
    """The session that `token` opens, None when it ended, was idle for 12 hours or is older than 7 days."""
    wanted = (
        sa.select(*_HERE, *guises.COLUMNS, *accounts.PERSON)
        .join(users, users.c.id == sessions.c.user_id)
        .where(sessions.c.token_hash == secret_hash(token), users.c.disabled_at.is_(None))
    )
    with stores.control.read() as session:
        now = session.now
        row = session.connection.execute(wanted.where(_counts(now))).one_or_none()
    if row is None:
        return None
    session_id, csrf, last_seen_at, proved_at = row[: len(_HERE)]
    guise = Guise.of(*row[len(_HERE) :][: len(guises.COLUMNS)])
    person = Person(*row[len(_HERE) + len(guises.COLUMNS) :])
    if last_seen_at <= timestamp(now - SEEN_EVERY):
        with stores.control.write() as session:
            seen = sa.update(sessions).where(sessions.c.id == session_id).values(last_seen_at=timestamp(now))
            session.connection.execute(seen)
    if guise and guise.until <= timestamp(now):
        guises.end(stores, session_id, person.id)
        guise = None
    return Here(session_id, person, csrf, proved_at > timestamp(now - PROOF_LIFE), guise)


def belonging_to(stores: Stores, user_id: str) -> list[OpenSession]:
    """The person's sessions that count, the one used last first."""
    names = ("id", "created_at", "last_seen_at", "agent", "address")
    wanted = sa.select(*(sessions.c[name] for name in names)).order_by(sessions.c.last_seen_at.desc(), sessions.c.id)
    with stores.control.read() as session:
        mine = sa.and_(sessions.c.user_id == user_id, _counts(session.now))
        return [OpenSession(*row) for row in session.connection.execute(wanted.where(mine))]


def sign_out(stores: Stores, token: str) -> None:
    """End the session; nothing happens if it ended already."""
    this = sessions.c.token_hash == secret_hash(token)
    with stores.control.write() as session:
        if user_id := session.connection.execute(sa.select(sessions.c.user_id).where(this)).scalar():
            _end(session, user_id, this)


def go_on_as(stores: Stores, token: str) -> None:
    """The browser has got another session in place of this one, which is gone without being an act of anybody."""
    this = sessions.c.token_hash == secret_hash(token)
    with stores.control.write() as session:
        if user_id := session.connection.execute(sa.select(sessions.c.user_id).where(this)).scalar():
            _delete(session, user_id, this)


def end(stores: Stores, user_id: str, session_id: str) -> None:
    """End one of the person's own sessions. Raises `NotFound`."""
    with stores.control.write() as session:
        mine = sa.and_(sessions.c.id == session_id, sessions.c.user_id == user_id)
        if _end(session, user_id, mine) == 0:
            raise NotFound(_("This session has ended already."))


def end_all(stores: Stores, user_id: str, keep: str = "", by: Principal | None = None) -> int:
    """End all sessions of the person but `keep` (an id); how many that were. `by`: who does, if not the person."""
    with stores.control.write() as session:
        others = sa.and_(sessions.c.user_id == user_id, sessions.c.id != keep)
        return _end(session, user_id, others, by)


def insert_session(session: Session, user_id: str, device: Device) -> str:
    """A session's token, inside a transaction of the control store."""
    token = new_secret()
    origin().within(token)  # whoever signs in does so in the session that begins
    now = timestamp(session.now)
    session.connection.execute(
        sa.insert(sessions).values(
            token_hash=secret_hash(token),
            id=new_id("ses"),
            user_id=user_id,
            csrf=new_secret(),
            created_at=now,
            last_seen_at=now,
            proved_at=now,
            expires_at=timestamp(session.now + LONGEST_LIFE),
            agent=device.agent[:300],
            address=device.address[:100],
        )
    )
    session.connection.execute(sa.delete(sessions).where(sessions.c.expires_at <= now))
    return token


def _end(session: Session, user_id: str, where: sa.ColumnElement[bool], by: Principal | None = None) -> int:
    count = _delete(session, user_id, where, by)
    if count:
        says = _("ended sessions: {count}", count=count)
        account_log.note_about(session, user_id, "session.ended", says, count=count)
    return count


def _delete(session: Session, user_id: str, where: sa.ColumnElement[bool], by: Principal | None = None) -> int:
    session.principal = by or principals.person(user_id)
    guises.note_ends(session, where)
    return session.connection.execute(sa.delete(sessions).where(where)).rowcount


def _counts(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(sessions.c.expires_at > timestamp(now), sessions.c.last_seen_at > timestamp(now - IDLE_LIFE))
