"""Which account elsewhere belongs to whom here. The key is the provider's name and its name for the person.

An address alone ties nothing: whoever has it there need not be who has it here. The person does it, signed in here or
with the password.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from engine import account_log, notices
from engine.errors import Conflict
from engine.oidc import Identity
from engine.storage.control_tables import identities
from engine.storage.session import timestamp
from engine.storage.stores import Stores
from engine.text import _

_c = identities.c


@dataclass(frozen=True)
class Tied:
    """An account elsewhere as its owner sees it; `email` may be empty."""

    issuer: str
    email: str
    created_at: str


def owner(stores: Stores, identity: Identity) -> str | None:
    """The id of the person whose it is, None when it is nobody's."""
    with stores.control.read() as session:
        mine = sa.and_(_c.issuer == identity.issuer, _c.subject == identity.subject)
        found: str | None = session.connection.execute(sa.select(_c.user_id).where(mine)).scalar()
        return found


def tie(stores: Stores, user_id: str, identity: Identity) -> None:
    """Let the person sign in with it from now on. Raises `Conflict` when it is somebody else's."""
    with stores.control.write() as session:
        mine = sa.and_(_c.issuer == identity.issuer, _c.subject == identity.subject)
        known = session.connection.execute(sa.select(_c.user_id).where(mine)).scalar()
        if known not in (None, user_id):
            raise Conflict(_("Somebody else signs in with this account already."))
        session.connection.execute(sa.delete(identities).where(_c.user_id == user_id, _c.issuer == identity.issuer))
        values = {"issuer": identity.issuer, "subject": identity.subject, "user_id": user_id}
        session.connection.execute(
            sa.insert(identities).values(**values, email=identity.email, created_at=timestamp(session.now))
        )
        says = _("signs in with an account elsewhere from now on")
        account_log.note(session, user_id, "identity.tied", says, issuer=identity.issuer)
        told = _("An account at {issuer} lets you in from now on.", issuer=identity.issuer)
        notices.put(session, user_id, told)


def untie(stores: Stores, user_id: str, issuer: str) -> None:
    """The person signs in with it no more."""
    with stores.control.write() as session:
        session.connection.execute(sa.delete(identities).where(_c.user_id == user_id, _c.issuer == issuer))
        says = _("signs in with an account elsewhere no more")
        account_log.note(session, user_id, "identity.untied", says, issuer=issuer)
        notices.put(session, user_id, _("Your account at {issuer} lets you in no more.", issuer=issuer))


def tied(stores: Stores, user_id: str, issuer: str) -> Tied | None:
    """What the person signs in with at this provider."""
    with stores.control.read() as session:
        wanted = sa.select(_c.issuer, _c.email, _c.created_at).where(_c.user_id == user_id, _c.issuer == issuer)
        row = session.connection.execute(wanted).first()
        return Tied(*row) if row else None
