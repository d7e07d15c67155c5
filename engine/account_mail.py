"""Mail about accounts: it lies in the control store, where no owner of a workspace reads, and sealed until it is sent.

It holds links that open an account, so it is deleted as soon as it is sent, and not kept where there is no mail server.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import sqlalchemy as sa

from engine import outbox
from engine.automations.starts import something_began
from engine.errors import Refused
from engine.outbox import Mail
from engine.settings import Settings
from engine.storage import automation_tables
from engine.storage.session import Session, timestamp
from engine.storage.stores import Stores
from engine.vault import Vault

LIFE = timedelta(days=1)  # the links in it are dead by then
LINK = "{link}"  # stands in a mail's text where the link will be

_c = automation_tables.outbox.c


@dataclass(frozen=True)
class Words:
    """A mail in its writer's language; the body may hold `{link}`."""

    subject: str
    body: str


def put(session: Session, vault: Vault, settings: Settings, to: str, words: Words, link: str = "") -> bool:
    """Put a mail on its way, inside a transaction of the control store; whether one could be."""
    if not settings.smtp_host:
        return False
    try:
        one_line = " ".join(words.subject.split())  # it may hold a name that somebody typed
        outbox.put(session, [to], one_line, vault.seal(words.body.replace(LINK, link), place_of(to)), settings)
    except Refused:  # an address that people can sign in with, and that no mail server takes
        return False
    session.after_commit(something_began.set)
    return True


def opened(mail: Mail, vault: Vault) -> Mail:
    """The mail with its text, to be handed over."""
    return replace(mail, body=vault.open(mail.body, place_of(mail.recipient)))


def clear_out(stores: Stores) -> None:
    """Delete what was sent, or is of no use any more."""
    with stores.control.write() as session:
        old = _c.created_at < timestamp(session.now - LIFE)
        session.connection.execute(sa.delete(automation_tables.outbox).where(sa.or_(_c.due_at.is_(None), old)))


def place_of(recipient: str) -> str:
    """What a mail's text is sealed for."""
    return f"mail to {recipient}"
