"""Browsers that are remembered: they are asked for no code of the phone for 30 days. The password is asked for as ever.

Of a browser's secret only the SHA-256 is stored. One is forgotten by hand, with the second factor, and with everything
else that lets in when the password changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from engine import account_log
from engine.errors import NotFound
from engine.ids import new_id, new_secret, secret_hash
from engine.storage.control_tables import remembered_browsers
from engine.storage.session import Session, timestamp
from engine.storage.stores import Stores
from engine.text import _

LIFE = timedelta(days=30)
_c = remembered_browsers.c


@dataclass(frozen=True)
class Browser:
    """A remembered browser as its owner sees it in the list."""

    id: str
    created_at: str
    used_at: str
    expires_at: str
    agent: str
    address: str


def belonging_to(stores: Stores, user_id: str) -> list[Browser]:
    """The person's remembered browsers, the one used last first."""
    wanted = sa.select(*(_c[name] for name in Browser.__dataclass_fields__)).where(_c.user_id == user_id)
    with stores.control.read() as session:
        counts = wanted.where(_c.expires_at > timestamp(session.now))
        return [Browser(*row) for row in session.connection.execute(counts.order_by(_c.used_at.desc(), _c.id))]


def forget(stores: Stores, user_id: str, browser_id: str) -> None:
    """Ask the browser for a code again. Raises `NotFound`."""
    with stores.control.write() as session:
        mine = sa.and_(_c.id == browser_id, _c.user_id == user_id)
        if not session.connection.execute(sa.delete(remembered_browsers).where(mine)).rowcount:
            raise NotFound(_("This browser is not remembered (any more)."))
        account_log.note(session, user_id, "browser.forgotten", _("forgot a browser that was asked for no code"))


def forget_all(stores: Stores, user_id: str, keep: str = "") -> None:
    """Ask every browser for a code again, but the one with the secret `keep`."""
    with stores.control.write() as session:
        others = sa.and_(_c.user_id == user_id, _c.token_hash != secret_hash(keep))
        session.connection.execute(sa.delete(remembered_browsers).where(others))


def remember(session: Session, user_id: str, agent: str, address: str) -> str:
    """A browser's secret, inside a transaction of the control store; those that are over go."""
    token, now = new_secret(), timestamp(session.now)
    session.connection.execute(sa.delete(remembered_browsers).where(_c.expires_at <= now))
    values = {"token_hash": secret_hash(token), "id": new_id("brw"), "user_id": user_id, "created_at": now}
    values |= {"used_at": now, "expires_at": timestamp(session.now + LIFE)}
    values |= {"agent": agent[:300], "address": address[:100]}
    session.connection.execute(sa.insert(remembered_browsers).values(**values))
    account_log.note(session, user_id, "browser.remembered", _("is asked for no code in one browser for 30 days"))
    return token


def knows(session: Session, user_id: str, token: str) -> bool:
    """Whether the secret is that of a browser of the person's, which counts as one more use of it."""
    mine = sa.and_(_c.token_hash == secret_hash(token), _c.user_id == user_id, _c.expires_at > timestamp(session.now))
    used = sa.update(remembered_browsers).where(mine).values(used_at=timestamp(session.now))
    return bool(token) and bool(session.connection.execute(used).rowcount)
