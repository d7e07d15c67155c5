"""Mails of notice: when the ways into an account change, its person hears of it at the address that they had.

A notice is written in the transaction of what it tells of. The worker makes a mail of it in the person's language, one
of all that came together, so that nobody's mailbox is filled by doing and undoing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from engine import account_mail
from engine.account_mail import Words
from engine.automations.starts import something_began
from engine.ids import new_id
from engine.settings import Settings
from engine.storage.control_tables import notices, users
from engine.storage.session import Session, timestamp
from engine.storage.stores import Stores
from engine.text import Text, _
from engine.vault import Vault

AT_ONCE = 200
_c = notices.c

_SUBJECT = _("Your Formwork account was changed")


def put(session: Session, user_id: str, says: Text) -> None:
    """Tell a person what happens to their account, at the address that it has now.

    Inside a transaction of the control store.
    """
    wanted = sa.select(users.c.email, users.c.language).where(users.c.id == user_id)
    email, language = session.connection.execute(wanted).one()
    values = {"id": new_id("ntc"), "email": email, "language": language, "at": timestamp(session.now)}
    session.connection.execute(sa.insert(notices).values(**values, says=says))
    session.after_commit(something_began.set)


def send(stores: Stores, vault: Vault, settings: Settings, say: Callable[[Text, str], str]) -> int:
    """Make mails of what people are to be told; how many things that was. `say` says a sentence in a language."""
    with stores.control.read() as session:
        if session.connection.execute(sa.select(_c.id).limit(1)).first() is None:
            return 0
    with stores.control.write() as session:
        some = sa.select(_c.id).order_by(_c.id).limit(AT_ONCE)
        taken = sa.delete(notices).where(_c.id.in_(some)).returning(_c.email, _c.id, _c.language, _c.at, _c.says)
        rows = sorted(session.connection.execute(taken).all(), key=lambda row: (row.email, row.id))
        for email, told in groupby(rows, key=lambda row: str(row.email)):
            together = list(told)
            language = together[-1].language or settings.language
            lines = "\n".join(_line(settings, row.at, say(row.says, language)) for row in together)
            body = say(_body(settings.public_url, lines), language)
            account_mail.put(session, vault, settings, email, Words(say(_SUBJECT, language), body))
    return len(rows)


def _body(site: str, lines: str) -> Text:
    return _(
        "This happened to your account at {site}:\n\n{lines}\n\n"
        "If it was you, there is nothing to do.\n\n"
        "If it was not you, choose a new password at once; that ends what others may have opened: {site}/forgotten\n"
        "Then look who is signed in and what was added: {site}/account/security\n"
        "If you cannot get in, turn to whoever runs this installation.",
        site=site,
        lines=lines,
    )


def _line(settings: Settings, at: str, says: str) -> str:
    """One thing that happened, and when; names that somebody typed make no lines of their own."""
    when = datetime.fromisoformat(at).astimezone(ZoneInfo(settings.time_zone))
    return f"- {when:%Y-%m-%d %H:%M} ({settings.time_zone}): {' '.join(says.split())}"
