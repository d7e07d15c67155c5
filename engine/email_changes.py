"""Another address to sign in with: it counts once its mailbox has proved that it is there."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from engine import account_log, account_mail, accounts, notices, workspaces
from engine.account_mail import Words
from engine.accounts import Person
from engine.errors import NotFound, Problem, Refused
from engine.ids import new_secret, secret_hash
from engine.settings import Settings
from engine.storage.control_tables import email_changes, reset_links, users
from engine.storage.session import Session, timestamp
from engine.storage.stores import Stores
from engine.text import _
from engine.vault import Vault

LIFE = timedelta(hours=1)


def ask(
    stores: Stores, vault: Vault, settings: Settings, who: Person, email: str, to_new: Words, to_old: Words
) -> bool:
    """Send a link to the new address and tell the old one; False where no mail is sent: then it counts at once.

    Raises `Refused` at `/email`. An address that has an account gets no mail, and the answer does not say so.
    """
    wanted = accounts.address(email)
    if problems := accounts.problems_with_person(wanted, who.name):
        raise Refused(problems)
    if wanted == who.email:
        raise Refused([Problem("/email", _("This is your address already."), "same", email)])
    if not settings.smtp_host:
        with stores.control.write() as session:
            _set(session, who.id, wanted)
        _mirror(stores, who.id)
        return False
    token = new_secret()
    with stores.control.write() as session:
        session.connection.execute(sa.delete(email_changes).where(email_changes.c.user_id == who.id))
        values = {"token_hash": secret_hash(token), "user_id": who.id, "email": wanted}
        session.connection.execute(sa.insert(email_changes).values(**values, expires_at=timestamp(session.now + LIFE)))
        if not _is_taken(session, wanted):
            link = f"{settings.public_url}/account/email/{token}"
            account_mail.put(session, vault, settings, wanted, to_new, link)
        account_mail.put(session, vault, settings, who.email, to_old)
    return True


def wished(stores: Stores, who: Person, token: str) -> str:
    """The new address that the link is about. Raises `NotFound` when it is not this person's, used up or too old."""
    with stores.control.read() as session:
        return _wished(session, who, token)


def confirm(stores: Stores, who: Person, token: str) -> str:
    """The link is used up: the new address counts. Raises `NotFound`, `Refused` when it has an account meanwhile."""
    with stores.control.write() as session:
        email = _wished(session, who, token)
        _set(session, who.id, email)
    _mirror(stores, who.id)
    return email


def _wished(session: Session, who: Person, token: str) -> str:
    c = email_changes.c
    counts = sa.and_(c.token_hash == secret_hash(token), c.user_id == who.id, c.expires_at > timestamp(session.now))
    email = session.connection.execute(sa.select(c.email).where(counts)).scalar()
    if email is None:
        raise NotFound(_("This link is used up or too old. Ask for a new one."))
    return str(email)


def _set(session: Session, user_id: str, email: str) -> None:
    if _is_taken(session, email):
        raise Refused([Problem("/email", _("This address has an account already."), "taken", email)])
    notices.put(session, user_id, _("{email} is the address to sign in with from now on, not this one.", email=email))
    session.connection.execute(sa.update(users).where(users.c.id == user_id).values(email=email))
    account_log.note(session, user_id, "email.changed", _("signs in with another address from now on"))
    # What was sent to the old address opens nothing any more.
    for links in (email_changes, reset_links):
        session.connection.execute(sa.delete(links).where(links.c.user_id == user_id))


def _is_taken(session: Session, email: str) -> bool:
    return session.connection.execute(sa.select(users.c.id).where(users.c.email == email)).first() is not None


def _mirror(stores: Stores, user_id: str) -> None:
    for one in workspaces.belonging_to(stores, user_id):
        workspaces.mirror(stores, one.id)
