"""What the audit log says about accounts: it stands in the log of each workspace that the person belongs to."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from engine import audit
from engine.access.principals import person
from engine.storage.control_tables import memberships
from engine.storage.session import Session
from engine.text import Text


def note(session: Session, user_id: str, act: str, says: Text, **about: Any) -> None:
    """An act of the person on their own account, inside a transaction of the control store."""
    session.principal = person(user_id)  # who it is was not known when the transaction began
    note_about(session, user_id, act, says, **about)


def note_failure(session: Session, user_id: str, says: Text, **about: Any) -> None:
    """Somebody could not prove to be the person (empty: an account that there is not), so nobody is known to do it.

    What was typed is not kept: people type passwords into the wrong field.
    """
    for home in _homes(session, user_id):
        audit.note_often(
            session, "account.sign_in_failed", says, workspace=home, result="failed", person=user_id, **about
        )


def note_about(session: Session, user_id: str, act: str, says: Text, **about: Any) -> None:
    """An act of the session's principal on somebody's account."""
    for home in _homes(session, user_id):
        audit.note(session, act, says, workspace=home, person=user_id, **about)


def _homes(session: Session, user_id: str) -> list[str]:
    wanted = sa.select(memberships.c.workspace_id).where(memberships.c.user_id == user_id)
    return sorted(session.connection.execute(wanted).scalars()) or [""]
