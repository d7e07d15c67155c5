"""Mailboxes: what is unread there is fetched by IMAP and taken in by a form, and marked as read once that is done.

A mail is asked for without marking it and makes its record in a transaction that is named after it (`mail_in.py`), so
whoever dies between the two makes nothing twice, and loses nothing. What is refused is marked as read and with a
star, for people to look at. It acts for whoever set the mailbox up, with their rights at that moment.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine import audit, mail_in, people
from engine.access import door, principals
from engine.access.principals import Principal
from engine.addresses import IMAPS_PORT, EgressRefused
from engine.automations.steps import Means
from engine.egress import Egress, EgressFailed, told_as_failures
from engine.egress import Mailbox as Talk
from engine.errors import FormworkError, NotFound, Problem, Refused
from engine.files import Limits
from engine.ids import new_id
from engine.storage.automation_tables import packed, unpacked
from engine.storage.mailbox_tables import mailboxes
from engine.storage.session import Session, timestamp
from engine.storage.stores import Workspace
from engine.text import Text, _
from engine.vault import Vault

EVERY = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)  # between tries while it cannot be reached
LEASE = timedelta(minutes=15)  # longer than a look may take
MOST = 20  # mails of one look
SECONDS = 30.0  # for one question to the server
INBOX = "INBOX"
LONGEST = 200
_LIST = 2**20  # bytes of an answer that lists mails
_FOLDER = re.compile(r"[ -~]+")
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")

log = logging.getLogger("formwork.mail")
_c = mailboxes.c


@dataclass(frozen=True)
class Mailbox:
    """A mailbox as people see it, without its password. `taken`: mails so far; `says`: what is wrong, if anything."""

    id: str
    form: str
    host: str
    port: int
    account: str
    folder: str
    made_by: str
    due_at: str | None
    looked_at: str | None
    taken: int
    attempt: int
    says: Text | str | None


@dataclass(frozen=True)
class Looked:
    """What came of a look: mails that are taken in, and refused; `says`: why there was no look, or it ended early."""

    taken: int = 0
    refused: int = 0
    says: Text | str | None = None


class _Trouble(FormworkError):
    """The mail server is there, but does not do what is asked."""

    status = 502
    code = "mailbox"


def connect(
    session: Session,
    vault: Vault,
    egress: Egress,
    form: str,
    *,
    host: str,
    account: str,
    password: str,
    port: int = IMAPS_PORT,
    folder: str = INBOX,
) -> None:
    """Fetch mails for a form (`crm.leads.mail`) from now on. No password: the one that it has, at the same host.

    Raises `Refused` with problems at `/host`, `/account`, `/password`, `/folder`; `NotFound`, `Forbidden`.
    """
    door.enter_builder(session.principal)
    table, _dot, key = form.rpartition(".")
    mail_in.form_of(session, table, key)
    host, account, folder = host.strip().lower(), account.strip(), folder.strip() or INBOX
    held = session.connection.execute(sa.select(mailboxes).where(_c.form == form)).one_or_none()
    kept = held.password if held and not password and (held.host, held.account) == (host, account) else ""
    _check(egress, host, port, account, password or ("kept" if kept else ""), folder)
    mailbox_id = held.id if held else new_id("mbx")
    values: dict[str, Any] = {
        "host": host, "port": port, "account": account, "folder": folder,
        "password": kept or vault.seal(password, place_of(mailbox_id)),
        "made_by": session.principal.user_id or "", "due_at": timestamp(session.now), "says": None, "attempt": 0,
    }  # fmt: skip
    if held:
        session.connection.execute(sa.update(mailboxes).where(_c.id == held.id).values(**values))
    else:
        session.connection.execute(sa.insert(mailboxes).values(id=mailbox_id, form=form, taken=0, **values))
    says = _("has mails fetched for {form} from {host}", form=form, host=host)
    audit.note(session, "mailbox.set", says, form=form, host=host)


def disconnect(session: Session, form: str) -> None:
    """Fetch no more for the form. Raises `NotFound`, `Forbidden`."""
    found = get(session, form)
    session.connection.execute(sa.delete(mailboxes).where(_c.id == found.id))
    audit.note(session, "mailbox.removed", _("has no mails fetched for {form} any more", form=form), form=form)


def get(session: Session, form: str) -> Mailbox:
    """The mailbox of a form. Raises `NotFound`, `Forbidden`."""
    for one in of_workspace(session):
        if one.form == form:
            return one
    raise NotFound(_("No mailbox is set up for this form."))


def of_workspace(session: Session) -> list[Mailbox]:
    """All mailboxes, by the addresses of their forms. Raises `Forbidden`."""
    door.enter_builder(session.principal)
    wanted = sa.select(*(_c[name] for name in Mailbox.__dataclass_fields__)).order_by(_c.form)
    rows = session.connection.execute(wanted).mappings()
    return [Mailbox(**{**row, "says": unpacked(json.loads(row["says"])) if row["says"] else None}) for row in rows]


def addresses(session: Session, table: str) -> dict[str, str]:
    """Where mails to the forms of a table go, by the form's key, as far as the mailboxes are called like addresses.

    For whoever may make records there; nothing for others.
    """
    if not door.may(session.principal, "create", session.layout.table(table)):
        return {}
    wanted = sa.select(_c.form, _c.account).where(_c.form.startswith(f"{table}.", autoescape=True))
    return {form.rpartition(".")[2]: account for form, account in session.connection.execute(wanted) if "@" in account}


def place_of(mailbox_id: str) -> str:
    """What its password is sealed for."""
    return f"mailboxes/{mailbox_id}/password"


def tend(workspace: Workspace, means: Means, clock: Callable[[], datetime]) -> int:
    """Look into the mailboxes that are due, each by one worker only; how many that were."""
    with workspace.read() as session:
        due = sa.select(_c.id, _c.due_at).where(_c.due_at <= timestamp(clock()))
        waiting = session.connection.execute(due.order_by(_c.due_at)).all()
    looked = 0
    for mailbox_id, due_at in waiting:
        with workspace.write() as session:
            mine = sa.update(mailboxes).where(_c.id == mailbox_id, _c.due_at == due_at)
            taken = session.connection.execute(mine.values(due_at=timestamp(clock() + LEASE))).rowcount
        if taken:
            look(workspace, means, mailbox_id, clock)
            looked += 1
    return looked


def look(workspace: Workspace, means: Means, mailbox_id: str, clock: Callable[[], datetime]) -> Looked:
    """Take in what is unread, at most `MOST` mails, and write down what came of it. Raises `NotFound`."""
    with workspace.read() as session:
        held = session.connection.execute(sa.select(mailboxes).where(_c.id == mailbox_id)).one_or_none()
        if held is None:
            raise NotFound(_("No mailbox is set up for this form."))
        asker = principals.person(held.made_by, people.role_of(session, held.made_by))
    looked = _look(workspace, means, held, asker)
    says = looked.says
    if says is None and looked.refused:
        says = _("{count} mails were refused. They are marked with a star in the mailbox.", count=looked.refused)
    attempt = held.attempt + 1 if looked.says else 0
    wait = min(EVERY * 2 ** min(attempt, 10), LONGEST_WAIT) if attempt else EVERY
    if looked.taken + looked.refused >= MOST:
        wait = timedelta()
    with workspace.write() as session:
        values = {
            "looked_at": timestamp(clock()), "due_at": timestamp(clock() + wait), "attempt": attempt,
            "taken": _c.taken + looked.taken, "says": json.dumps(packed(says)) if says else None,
        }  # fmt: skip
        session.connection.execute(sa.update(mailboxes).where(_c.id == mailbox_id).values(**values))
    return looked


def _look(workspace: Workspace, means: Means, held: Any, asker: Principal) -> Looked:
    taken = refused = 0
    says: Text | str | None = None
    try:
        password = means.vault.open(held.password, place_of(held.id))
        with _opened(means.egress, held, password) as talk:
            for uid in _unread(talk)[:MOST]:
                if _take(talk, uid, workspace, asker, held.form, Limits.of(means.settings)):
                    taken += 1
                else:
                    refused += 1
    except FormworkError as error:
        says = error.says
        log.warning("mailbox of %s: %s %s", held.form, error, getattr(error, "detail", ""))
        if isinstance(error, EgressRefused):
            audit.note_egress(workspace, asker, f"https://{held.host}/")
    return Looked(taken, refused, says)


@contextmanager
def _opened(egress: Egress, held: Any, password: str) -> Iterator[Talk]:
    """The mailbox with its folder open, and hung up at the end."""
    talk = egress.mailbox(held.host, held.port)
    try:
        talk.allow(SECONDS)
        try:
            with told_as_failures():
                _sign_in(talk, held.account, password)
        except EgressFailed as error:
            if error.kind != "rejected":
                raise
            raise _Trouble(_("The mail server lets nobody in with this name and password.")) from error
        talk.allow(SECONDS)
        with told_as_failures():
            status, _said = talk.select(f'"{held.folder}"')
        if status != "OK":
            raise _Trouble(_("There is no folder {name} in the mailbox.", name=held.folder))
        yield talk
        with suppress(EgressFailed), told_as_failures():
            talk.logout()
    finally:
        talk.shutdown()


def _sign_in(talk: Talk, account: str, password: str) -> None:
    if "AUTH=PLAIN" in talk.capabilities:  # takes letters of any language
        talk.authenticate("PLAIN", lambda _asked: f"\0{account}\0{password}".encode())
    else:
        talk.login(_quoted(account), password)


def _quoted(text: str) -> str:
    """The library quotes the password alone."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unread(talk: Talk) -> list[str]:
    """The mails by their lasting numbers, the oldest first."""
    talk.allow(SECONDS, _LIST)
    (found, *_rest) = _asked(talk, "SEARCH", "UNSEEN")
    return found.decode("ascii", "replace").split() if isinstance(found, bytes) else []


def _take(talk: Talk, uid: str, workspace: Workspace, asker: Principal, form: str, limits: Limits) -> bool:
    """Take a mail in, then mark it as read; one that is refused gets a star. Whether it was taken."""
    talk.allow(SECONDS)
    size = next((int(found[1]) for one in _asked(talk, "FETCH", uid, "(RFC822.SIZE)") if (found := _size(one))), 0)
    was_taken = size <= mail_in.longest(limits)
    if was_taken:
        talk.allow(SECONDS + size / 50_000, 2 * size + _LIST)  # slow lines carry 50 KB in a second
        answer = _asked(talk, "FETCH", uid, "(BODY.PEEK[])")
        raw = next((one[1] for one in answer if isinstance(one, tuple)), None)
        if raw is None:  # somebody took it out meanwhile
            return True
        table, _dot, key = form.rpartition(".")
        try:
            mail_in.arrive(workspace, asker, table, key, raw, limits)
        except Refused as refused:
            log.warning("a mail for %s is refused: %s", form, "; ".join(str(one.says) for one in refused.problems))
            was_taken = False
    talk.allow(SECONDS)
    _asked(talk, "STORE", uid, "+FLAGS.SILENT", r"(\Seen)" if was_taken else r"(\Seen \Flagged)")
    return was_taken


def _size(answer: Any) -> re.Match[bytes] | None:
    return _SIZE.search(answer) if isinstance(answer, bytes) else None


def _asked(talk: Talk, command: str, *words: str) -> list[Any]:
    with told_as_failures():
        status, answered = talk.uid(command, *words)
    if status != "OK":
        raise EgressFailed("protocol", repr(answered))
    return answered


def _check(egress: Egress, host: str, port: int, account: str, password: str, folder: str) -> None:
    problems = []
    try:
        egress.rules.mailbox(host, port)
    except EgressRefused as refused:
        problems.append(Problem("/host", refused.says, "url", host))
    for place, text in (("/account", account), ("/password", password)):
        if not text:
            problems.append(Problem(place, _("This is needed."), "required"))
        elif len(text) > LONGEST or not text.isprintable():
            problems.append(
                Problem(place, _("This is too long, or holds a character that does not belong there."), "text")
            )
    if not _FOLDER.fullmatch(folder) or len(folder) > LONGEST or set('"\\') & set(folder):
        problems.append(Problem("/folder", _("Name a folder in plain letters, such as INBOX."), "text", folder))
    if problems:
        raise Refused(problems)
