"""What lets somebody in, taken away all at once: sessions, links that were sent, tokens, accounts elsewhere."""

from __future__ import annotations

import sqlalchemy as sa

from engine import account_log, guises
from engine.storage.control_tables import (
    email_changes,
    identities,
    pending_sign_ins,
    remembered_browsers,
    reset_links,
    sessions,
    tokens,
    users,
)
from engine.storage.session import Session, timestamp
from engine.storage.stores import Stores
from engine.text import _


def disable(stores: Stores, user_id: str) -> None:
    """Let nobody in with this account any more: its sessions end now, its tokens count no more. Nothing is deleted."""
    with stores.control.write() as session:
        change = sa.update(users).where(users.c.id == user_id).values(disabled_at=timestamp(session.now))
        session.connection.execute(change)
        end_all(session, user_id)
        account_log.note_about(session, user_id, "account.disabled", _("switched an account off"))


def enable(stores: Stores, user_id: str) -> None:
    """Let the account in again."""
    with stores.control.write() as session:
        session.connection.execute(sa.update(users).where(users.c.id == user_id).values(disabled_at=None))
        account_log.note_about(session, user_id, "account.enabled", _("switched an account on"))


def end_all(session: Session, user_id: str, *, with_tokens: bool = False) -> None:
    """Inside a transaction of the control store: sessions end, links that were sent count no more.

    `with_tokens`: nor do API tokens and accounts elsewhere, any of which a stranger may have added.
    """
    guises.note_ends(session, sessions.c.user_id == user_id)
    lasting = (tokens, identities) if with_tokens else ()
    for ways in (sessions, pending_sign_ins, remembered_browsers, reset_links, email_changes, *lasting):
        session.connection.execute(sa.delete(ways).where(ways.c.user_id == user_id))
