"""A forgotten password: a link by mail, good for half an hour and once, that lets its holder choose a new one.

Asking only notes the wish, whoever asks for whatever address; the worker looks whether there is such an account. So
the answer, and the work done for it, tells nobody who has one.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from engine import account_log, account_mail, accounts, notices, passwords, sign_in_delay, ways_in
from engine.account_mail import Words
from engine.accounts import Person
from engine.automations.starts import something_began
from engine.errors import NotFound, Refused
from engine.ids import new_secret, secret_hash
from engine.settings import Settings
from engine.storage.control_tables import reset_links, reset_wishes, users
from engine.storage.session import Session, timestamp
from engine.storage.stores import Stores
from engine.text import _
from engine.vault import Vault

LIFE = timedelta(minutes=30)
NOT_AGAIN_FOR = timedelta(minutes=2)  # so that nobody's mailbox can be filled
FREE = 20  # wishes of one network address that cost no delay


def wish(stores: Stores, email: str, words: Words, address: str = "") -> None:
    """Note that somebody (from the network address `address`) forgot the password of this account, if it is one.

    Raises `TooOften` (place `/email`) after too many wishes from one network address.
    """
    with stores.control.write() as session:
        sender = f"reset from {address}"
        sign_in_delay.check(session, sender, at="/email", free=FREE)
        sign_in_delay.count(session, sender, FREE)
        name = accounts.address(email)[:300]
        session.connection.execute(sa.delete(reset_wishes).where(reset_wishes.c.email == name))
        values = {"email": name, "subject": words.subject, "body": words.body, "asked_at": timestamp(session.now)}
        session.connection.execute(sa.insert(reset_wishes).values(**values))
        session.after_commit(something_began.set)


def answer(stores: Stores, vault: Vault, settings: Settings) -> int:
    """Send links to those who asked and have an account; how many asked."""
    with stores.control.read() as session:
        if session.connection.execute(sa.select(reset_wishes.c.email).limit(1)).first() is None:
            return 0
    with stores.control.write() as session:
        taken = sa.delete(reset_wishes).returning(reset_wishes.c.email, reset_wishes.c.subject, reset_wishes.c.body)
        wishes = session.connection.execute(taken).all()
        for email, subject, body in wishes:
            found = sa.select(users.c.id).where(users.c.email == email, users.c.disabled_at.is_(None))
            user_id = session.connection.execute(found).scalar()
            if user_id is not None and not _has_fresh_link(session, user_id):
                link = f"{settings.public_url}/reset/{insert_link(session, user_id)}"
                account_mail.put(session, vault, settings, email, Words(subject, body), link)
    return len(wishes)


def link(stores: Stores, user_id: str) -> str:
    """A link's token for somebody who cannot get mail; the caller (the command line) vouches for the person."""
    with stores.control.write() as session:
        account_log.note_about(session, user_id, "reset_link.made", _("made a link to choose a new password"))
        return insert_link(session, user_id)


def person(stores: Stores, token: str) -> Person:
    """Whose password the link's holder may choose. Raises `NotFound` when it is used up or too old."""
    with stores.control.read() as session:
        return _person(session, token)


def choose_password(stores: Stores, token: str, password: str) -> Person:
    """The link is used up: set the password, and end every session and delete every API token of the person.

    Raises `NotFound`, and `Refused` with the place `/password`.
    """
    who = person(stores, token)
    if problems := passwords.problems_with(password, (who.email, who.name)):
        raise Refused(problems)
    password_hash = passwords.hashed(password)
    with stores.control.write() as session:
        who = _person(session, token, use=True)
        session.connection.execute(sa.update(users).where(users.c.id == who.id).values(password_hash=password_hash))
        ways_in.end_all(session, who.id, with_tokens=True)
        sign_in_delay.forget(session, f"name {who.email}")
        account_log.note(session, who.id, "password.reset", _("chose a new password by a link"))
        notices.put(session, who.id, _("A new password was chosen by a link."))
    return who


def insert_link(session: Session, user_id: str) -> str:
    """A link's token, inside a transaction of the control store; the one before counts no more."""
    token = new_secret()
    now = session.now
    session.connection.execute(sa.delete(reset_links).where(reset_links.c.user_id == user_id))
    values = {"token_hash": secret_hash(token), "user_id": user_id}
    session.connection.execute(
        sa.insert(reset_links).values(**values, created_at=timestamp(now), expires_at=timestamp(now + LIFE))
    )
    return token


def _has_fresh_link(session: Session, user_id: str) -> bool:
    fresh = reset_links.c.created_at > timestamp(session.now - NOT_AGAIN_FOR)
    wanted = sa.select(reset_links.c.user_id).where(reset_links.c.user_id == user_id, fresh)
    return session.connection.execute(wanted).first() is not None


def _person(session: Session, token: str, *, use: bool = False) -> Person:
    mine = sa.and_(reset_links.c.token_hash == secret_hash(token), reset_links.c.expires_at > timestamp(session.now))
    user_id = session.connection.execute(
        sa.delete(reset_links).where(mine).returning(reset_links.c.user_id)
        if use
        else sa.select(reset_links.c.user_id).where(mine)
    ).scalar()
    wanted = sa.select(*accounts.PERSON).where(users.c.id == user_id, users.c.disabled_at.is_(None))
    row = session.connection.execute(wanted).one_or_none()
    if row is None:
        raise NotFound(_("This link is used up or too old. Ask for a new one."))
    return Person(*row)
