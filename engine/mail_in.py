"""E-mail in: a mail becomes a record, by a form whose definition says which part of it goes into which field.

Whoever hands the mail over (a pipe of the mail server, a program with an API token) is who makes the record, with
their rights. The sender is a text of the mail and nobody: anybody can write any sender. A mail comes once, whatever
how often it is delivered, and an answer to one becomes a comment on the record that this one made.
"""

from __future__ import annotations

import hashlib
import html
import io
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime
from typing import Any, Literal

from engine import comments, files, forms, history, records, repeats
from engine.access import door
from engine.access.principals import Principal
from engine.definitions.language import Field, Form, Table
from engine.errors import NotFound, Problem, Refused
from engine.field_types import InvalidValue
from engine.files import File, Limits
from engine.storage.session import Session, again, timestamp
from engine.storage.stores import Workspace
from engine.text import Text, _

log = logging.getLogger("formwork.mail")

LONGEST = 100_000  # characters of a text that are kept
MOST_FILES = 20
Outcome = Literal["created", "commented", "known", "ignored"]


@dataclass(frozen=True)
class Arrived:
    """What became of a mail; `record` is empty where it was ignored."""

    outcome: Outcome
    record: str = ""
    says: Text | str = ""


@dataclass(frozen=True)
class Mail:
    """The parts of a mail that a form may ask for; `answers` are the mails that it follows, the nearest first."""

    id: str
    subject: str
    text: str
    sender: str
    name: str
    date: datetime | None
    answers: list[str] = field(default_factory=list)
    attachments: list[tuple[str, bytes]] = field(default_factory=list)


def arrive(store: Workspace, principal: Principal, table: str, key: str, raw: bytes, limits: Limits) -> Arrived:
    """Take a mail in by a form of a table. Raises `NotFound`, `Refused` with problems at `/0/<field>`, `Forbidden`."""
    if len(raw) > longest(limits):
        says = _("The mail is larger than {limit} MB.", limit=limits.file // 2**20)
        raise Refused([Problem("", says, "too_big")])
    message = message_from_bytes(raw, policy=policy.default)
    automatic = why_automatic(message)
    with store.read(principal) as session:
        of, form = form_of(session, table, key)
        if automatic is not None:
            return Arrived("ignored", says=automatic)
        mail = read(message, raw)
        known = _known(session, of, form, mail)
        wanted = "attachments" in form.mail and door.may(principal, "create", of)  # no file is kept for nothing
    if known is not None:
        return known
    brought, left_out = _brought(store, mail, limits) if wanted else ([], [])

    def put() -> Arrived:
        with store.write(principal) as session:
            of, form = form_of(session, table, key)
            for one in brought:
                files.add(session, one, limits)
            return _put(session, of, form, mail, brought, left_out)

    return again(put)


def longest(limits: Limits) -> int:
    """How long a mail may be: as long as the largest file is in one."""
    return limits.file * 4 // 3


def why_automatic(message: EmailMessage) -> Text | None:
    """Why nothing is made of a mail: a program wrote it, and two that answer each other would never end."""
    if _header(message, "Auto-Submitted").lower() not in ("", "no"):
        return _("It was sent by a program.")
    if _header(message, "Return-Path") == "<>" or message.get_content_type() == "multipart/report":
        return _("It reports what became of another mail.")
    if _header(message, "Precedence").lower() in ("bulk", "junk", "list") or _header(message, "List-Id"):
        return _("It came by a mailing list.")
    return None


def read(message: EmailMessage, raw: bytes) -> Mail:
    """The parts of a mail, whatever is wrong with it."""
    name, sender = parseaddr(_header(message, "From"))
    return Mail(
        id=_header(message, "Message-ID") or hashlib.sha256(raw).hexdigest(),
        subject=" ".join(_header(message, "Subject").split()),
        text=_text(message),
        sender=sender.strip().lower(),
        name=" ".join(name.split()),
        date=_date(message),
        answers=_named(f"{_header(message, 'In-Reply-To')} {_header(message, 'References')}"),
        attachments=list(_attachments(message)),
    )


def form_of(session: Session, table: str, key: str) -> tuple[Table, Form]:
    """A form that takes mail, with its table. Raises `NotFound`."""
    form = forms.get(session, table, key)
    if not form.mail:
        raise NotFound(_("This form takes no mail. Say in its definition which part goes where, as `mail`."))
    return session.layout.table(table), form


def _known(session: Session, table: Table, form: Form, mail: Mail) -> Arrived | None:
    """What became of the same mail before."""
    record = _record_of(session, table, form, mail.id)
    if record:
        return Arrived("known", record)
    kept = repeats.known(session, _comment_name(table, form, mail.id))
    return Arrived("known", kept.request) if kept else None


def _put(session: Session, table: Table, form: Form, mail: Mail, brought: list[File], left_out: list[Text]) -> Arrived:
    """A comment on the record of the mail that it answers, else a record."""
    text = "\n\n".join([mail.text, *(f"[{one}]" for one in left_out)]).strip()
    for answered in mail.answers:
        record = _record_of(session, table, form, answered)
        if record and _is_there(session, table, record):
            repeats.begin(session, _comment_name(table, form, mail.id), record)
            comments.add(session, table.address, record, _as_comment(mail, text))
            return Arrived("commented", record)
    record = forms.submit(
        session, table.address, form, _values(table, form, mail, text, brought), once=_once(table, form, mail.id)
    )
    return Arrived("created", record)


def _values(table: Table, form: Form, mail: Mail, text: str, brought: list[File]) -> dict[str, Any]:
    parts: Mapping[str, Any] = {
        "subject": mail.subject or text.partition("\n")[0] or mail.sender,
        "text": text,
        "sender": mail.sender,
        "name": mail.name or mail.sender,
        "date": timestamp(mail.date) if mail.date else "",
        "attachments": [one.id for one in brought],
    }
    values: dict[str, Any] = {}
    for part, key in form.mail.items():
        value, of = parts[part], table.fields.get(key)
        if of is None or not value or (part == "sender" and not _takes(of, value)):
            continue
        most = of.options.get("max_length")
        if isinstance(value, str) and most is not None:
            value = value[:most]
        values[key] = value[:10] if part == "date" and of.kind.holds == "date" else value
    return values


def _takes(of: Field, sender: str) -> bool:
    """Whether a sender is an address for the field; a mail with another one is not lost for that."""
    try:
        of.kind.read(sender, of.options)
    except InvalidValue:
        return False
    return True


def _as_comment(mail: Mail, text: str) -> str:
    """Who wrote it stands in it, since who hands mails over did not; it mentions nobody."""
    said = f"{mail.name} <{mail.sender}>" if mail.name else mail.sender
    return f"{said}:\n\n{text}".replace("@[", "@ [")[: comments.LONGEST]


def _is_there(session: Session, table: Table, record: str) -> bool:
    try:
        records.get(session, table.address, record)
    except NotFound:
        return False
    return True


def _record_of(session: Session, table: Table, form: Form, mail: str) -> str:
    """The record that a mail made by this form; empty where it made none."""
    entries = history.of_transaction(session, f"frm{_once(table, form, mail)}")
    return entries[-1].change.record_id if entries else ""


def _once(table: Table, form: Form, mail: str) -> str:
    return hashlib.sha256(f"{table.address}.{form.key} {mail}".encode()).hexdigest()[:32]


def _comment_name(table: Table, form: Form, mail: str) -> str:
    return f"mail/{_once(table, form, mail)}"


def _brought(store: Workspace, mail: Mail, limits: Limits) -> tuple[list[File], list[Text]]:
    """The files of a mail, looked at like every upload of a stranger, and what is told of those that are left out."""
    found: list[File] = []
    left_out: list[Text] = []
    for name, content in mail.attachments:
        if len(found) >= MOST_FILES:
            left_out.append(_("{name} was left out: a mail brings at most {most} files.", name=name, most=MOST_FILES))
            continue
        try:
            found.append(files.receive(store, io.BytesIO(content), name, limits, public=True))
        except Refused as refused:
            left_out.append(_("{name} was left out: {why}", name=name, why=refused.problems[0].says))
    return found, left_out


def _text(message: EmailMessage) -> str:
    """What it says, without HTML."""
    try:
        body = message.get_body(("plain", "html"))
        content = body.get_content() if body is not None else ""
    except (LookupError, ValueError, AttributeError, KeyError) as error:  # an unknown charset, a broken structure
        log.info("the text of a mail cannot be read: %s", error)
        payload = message.get_payload(decode=True)
        return payload.decode("utf-8", "replace")[:LONGEST] if isinstance(payload, bytes) else ""
    if body is not None and body.get_content_type() == "text/html":
        content = _without_tags(content)
    return str(content).replace("\r\n", "\n").replace("\0", "").strip()[:LONGEST]


_BREAKS = re.compile(r"(?i)<\s*(br|/p|/div|/tr|/li|/h[1-6])\b[^>]*>")


def _without_tags(content: str) -> str:
    import nh3

    cleaned = nh3.clean(_BREAKS.sub(r"\g<0>\n", content), tags=set(), clean_content_tags={"script", "style", "title"})
    lines = (" ".join(line.split()) for line in html.unescape(cleaned).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))


def _attachments(message: EmailMessage) -> Iterator[tuple[str, bytes]]:
    """Their names and what is in them; pictures that stand in the text count, too."""
    for part in message.walk():
        if part.is_multipart() or (part.get_content_maintype() == "text" and not part.get_filename()):
            continue
        content = part.get_payload(decode=True)
        if isinstance(content, bytes) and content:
            yield part.get_filename() or f"{part.get_content_type().replace('/', '.')}", content


def _header(message: EmailMessage, name: str) -> str:
    """A header as text; empty where it is not there or no parser makes sense of it."""
    try:
        return str(message.get(name, "")).strip()
    except Exception:  # noqa: BLE001 - the library fails in many ways on what people and programs send
        return ""


def _date(message: EmailMessage) -> datetime | None:
    try:
        found = parsedate_to_datetime(_header(message, "Date"))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _named(headers: str) -> list[str]:
    """The mails that headers name, the nearest first."""
    return list(dict.fromkeys(reversed(re.findall(r"<[^<>\s]+>", headers)[-50:])))
