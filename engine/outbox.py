"""Mail to send: written with the facts that cause it, handed over by the worker, kept where there is no mail server.

A mail goes to one address, so that one refusal is about one person. Its Message-ID stays the same however often
it is handed over: when the server broke off after taking it, the receiver's side can tell the second copy.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

import idna
import sqlalchemy as sa

from engine.access import door
from engine.egress import EgressFailed
from engine.errors import NotFound, Problem, Refused
from engine.field_types import InvalidValue, field_types
from engine.ids import new_ids
from engine.settings import Settings
from engine.storage.automation_tables import outbox
from engine.storage.session import Session, timestamp
from engine.text import _

# Seconds until the next attempt: a server that is down for two days loses nothing.
RETRY_AFTER_SECONDS = (60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400)
LEASE_SECONDS = 300
DAY = timedelta(days=1)
MAX_TEXT = 256 * 1024

_c = outbox.c


@dataclass(frozen=True)
class Mail:
    """One mail. `status`: `waiting` to be sent, `sent`, `failed` for good, or `kept` because no server is set."""

    id: str
    recipient: str
    subject: str
    body: str
    message_id: str
    status: str
    says: str | None
    created_at: str
    sent_at: str | None
    attempt: int


def put(session: Session, to: Sequence[str], subject: str, body: str, settings: Settings) -> list[str]:
    """Put one mail per address into the outbox; their ids. Raises Refused for what is no address."""
    problems = []
    for address in to:
        try:
            field_types["email"].accept(address, {})
        except InvalidValue as error:
            says = _("{address} {problem}.", address=address, problem=error.says)
            problems.append(Problem("/to", says, "address", address))
    if len(body) > MAX_TEXT:
        problems.append(
            Problem("/message", _("The message is longer than {limit} characters.", limit=MAX_TEXT), "size")
        )
    if problems:
        raise Refused(problems)
    ids = new_ids("mai", len(to))
    now = timestamp(session.now)
    domain = urlsplit(settings.public_url).hostname or "localhost"
    sending = bool(settings.smtp_host)
    rows = [
        {
            "id": one,
            "recipient": address,
            "subject": subject,
            "body": body,
            "message_id": f"<{secrets.token_hex(16)}@{domain}>",
            "status": "waiting" if sending else "kept",
            "cause": session.cause,
            "created_at": now,
            "due_at": now if sending else None,
            "attempt": 0,
        }
        for one, address in zip(ids, to, strict=True)
    ]
    if rows:
        session.connection.execute(sa.insert(outbox), rows)
    return ids


def mails(session: Session, *, before: str | None = None, limit: int = 100) -> list[Mail]:
    """Mails of the workspace, newest first, for owners and builders; `before` is the id of the last one seen."""
    door.enter_builder(session.principal)
    wanted = _wanted().order_by(_c.id.desc()).limit(limit)
    if before:
        wanted = wanted.where(_c.id < before)
    return [Mail(*row) for row in session.connection.execute(wanted)]


def send_again(session: Session, mail_id: str, settings: Settings) -> None:
    """Send a mail that was kept or failed. Raises NotFound; Refused while no mail server is set."""
    door.enter_builder(session.principal)
    if not settings.smtp_host:
        raise Refused([Problem("", _("No mail server is set, so mail is kept here."), "no_mail_server")])
    values = {"status": "waiting", "due_at": timestamp(session.now), "attempt": 0, "says": None}
    change = sa.update(outbox).where(_c.id == mail_id, _c.status.in_(("kept", "failed"))).values(**values)
    if not session.connection.execute(change).rowcount:
        raise NotFound(_("There is no such mail, or it is on its way already."))


def next_due(session: Session) -> str | None:
    """When the next mail is to be sent; None when none is."""
    return session.connection.execute(sa.select(sa.func.min(_c.due_at))).scalar()


def room(session: Session, most: int) -> int:
    """How many more may be sent now, of `most` within a day. When none, what is due is put off until one may."""
    sent = sa.select(sa.func.count(), sa.func.min(_c.sent_at)).where(_c.sent_at > timestamp(session.now - DAY))
    number, first = session.connection.execute(sent).one()
    if number < most:
        return int(most - number)
    says = _("This workspace sent {most} mails within a day. This one waits.", most=most)
    values = {"due_at": timestamp(datetime.fromisoformat(first) + DAY), "says": says}
    session.connection.execute(sa.update(outbox).where(_c.due_at <= timestamp(session.now)).values(**values))
    return 0


def claim(session: Session, worker: str, limit: int) -> list[Mail]:
    """Take up to `limit` mails that are due for `worker` alone, for as long as the lease lasts."""
    now = timestamp(session.now)
    free = sa.or_(_c.lease_until.is_(None), _c.lease_until < now)
    due = sa.select(_c.id).where(_c.due_at <= now, free).order_by(_c.due_at).limit(limit)
    if session.dialect == "postgresql":
        due = due.with_for_update(skip_locked=True)
    ids = list(session.connection.execute(due).scalars())
    if not ids:
        return []
    until = timestamp(session.now + timedelta(seconds=LEASE_SECONDS))
    session.connection.execute(sa.update(outbox).where(_c.id.in_(ids)).values(lease_by=worker, lease_until=until))
    return [Mail(*row) for row in session.connection.execute(_wanted().where(_c.id.in_(ids)).order_by(_c.id))]


def note(session: Session, worker: str, mail: Mail, failure: EgressFailed | None) -> None:
    """Write down what came of handing `mail` over, unless another worker took it meanwhile."""
    attempt = mail.attempt + 1
    values: dict[str, Any] = {"attempt": attempt, "lease_by": None, "lease_until": None, "due_at": None}
    if failure is None:
        values |= {"status": "sent", "sent_at": timestamp(session.now), "says": None}
    elif failure.permanent or attempt > len(RETRY_AFTER_SECONDS):
        values |= {"status": "failed", "says": failure.says}
    else:
        wait = timedelta(seconds=RETRY_AFTER_SECONDS[attempt - 1])
        values |= {"status": "waiting", "says": failure.says, "due_at": timestamp(session.now + wait)}
    mine = sa.and_(_c.id == mail.id, _c.lease_by == worker)
    session.connection.execute(sa.update(outbox).where(mine).values(**values))


def message_of(mail: Mail, settings: Settings) -> EmailMessage:
    """The mail as it goes over the line: the same bytes each time."""
    message = EmailMessage()
    message["From"] = settings.smtp_from
    message["To"] = _on_the_line(mail.recipient)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(datetime.fromisoformat(mail.created_at))
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"  # so that nobody's holiday notice answers it
    message.set_content(mail.body, cte="quoted-printable")
    return message


def _on_the_line(address: str) -> str:
    """The address with its domain as DNS knows it."""
    name, _at, domain = address.rpartition("@")
    return f"{name}@{domain if domain.isascii() else idna.encode(domain, uts46=True).decode()}"


def _wanted() -> sa.Select[Any]:
    return sa.select(*(_c[name] for name in Mail.__dataclass_fields__))
