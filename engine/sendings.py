"""What strangers send by public forms: when a form takes it, how much of it, and the link by which one may correct it.

The link's token names the workspace and holds 256 bits, of which the store keeps the SHA-256. It opens the form's own
fields of the one record that was sent, as long as the form is open and lets its answers be corrected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from engine import audit, records, workspaces
from engine.access import door
from engine.access.principals import Principal, correction
from engine.definitions.language import Form, Table
from engine.errors import NotFound, Problem, Refused, TooOften
from engine.field_types import field_types
from engine.ids import secret_hash
from engine.storage.record_rows import among
from engine.storage.sending_tables import sendings as _sendings
from engine.storage.session import Session, timestamp
from engine.storage.stores import Stores, Workspace
from engine.text import Text, _
from engine.values import accept, is_empty

MOST_A_DAY = 1_000  # of one form
_c = _sendings.c
_NOWHERE = _("This link does not lead anywhere (any more).")


@dataclass(frozen=True)
class Closed:
    """Why a form takes nothing now. `when` it opens or closed; empty where it has all the answers that it takes."""

    why: Literal["early", "late", "full"]
    when: str = ""

    @property
    def says(self) -> Text:
        """Without the time, which only the reader's side can write."""
        return _SAYS[self.why]


_SAYS: Mapping[str, Text] = {
    "early": _("This form is not open yet."),
    "late": _("This form is closed."),
    "full": _("This form has all the answers that it takes."),
}


@dataclass(frozen=True)
class Opened:
    """What the link of a sending leads to."""

    organisation: str
    store: Workspace
    principal: Principal
    table: str
    form: str
    record: str


def span(session: Session, form: Form) -> tuple[str, str]:
    """The instants from which and until which strangers may send the form; empty where its definition says none."""
    zone = {"time_zone": session.workspace.time_zone}
    opens, closes = (field_types["date_time"].read(one, zone) if one else "" for one in (form.opens, form.closes))
    return opens, closes


def closed(session: Session, table: Table, form: Form) -> Closed | None:
    """Why strangers cannot send the form now; None while they can."""
    return _shut(session, form) or (Closed("full") if _is_full(session, table, form) else None)


def check_open(session: Session, table: Table, form: Form) -> None:
    """Raises `Refused` unless the form takes one more record now; nobody else takes the last place meanwhile."""
    address = _address(table, form)
    if form.most is not None and session.dialect == "postgresql":  # on SQLite writers come one after the other anyway
        wait = sa.text("SELECT pg_advisory_xact_lock(hashtext(:form))")
        session.connection.execute(wait, {"form": f"{session.workspace.id} {address}"})
    shut = closed(session, table, form)
    if shut is not None:
        raise Refused([Problem("", shut.says, "closed")])
    since = timestamp(session.now - timedelta(days=1))
    lately = sa.select(sa.func.count(), sa.func.min(_c.sent_at)).where(_c.form == address, _c.sent_at > since)
    number, first = session.connection.execute(lately).one()
    if number >= MOST_A_DAY:
        free = datetime.fromisoformat(first) + timedelta(days=1) - session.now
        says = _("This form has come in too often today. Try again tomorrow.")
        raise TooOften(says, MOST_A_DAY, free.total_seconds())


def note(session: Session, table: Table, form: Form, record_id: str, page: str) -> None:
    """Remember that the record came by the form, from the page with this token."""
    values = {"record_id": record_id, "form": _address(table, form), "page": secret_hash(page)}
    session.connection.execute(sa.insert(_sendings).values(**values, sent_at=timestamp(session.now)))


def allow_correction(session: Session, form: Form, record_id: str, token: str) -> bool:
    """From now on `token` opens what was sent, if the form allows it; whether it had no link before."""
    if form.corrections is None:
        return False
    expires_at = timestamp(session.now + timedelta(days=form.corrections.days))
    new = sa.update(_sendings).where(_c.record_id == record_id, _c.expires_at.is_(None))
    given = new.values(token_hash=secret_hash(token), expires_at=expires_at)
    return bool(session.connection.execute(given).rowcount)


def came_from(session: Session, table: Table, form: Form, page: str) -> str | None:
    """The record that came last from the page with this token."""
    wanted = sa.select(_c.record_id).where(_c.page == secret_hash(page), _c.form == _address(table, form))
    return session.connection.execute(wanted.order_by(_c.record_id.desc()).limit(1)).scalar()


def opened(stores: Stores, token: str) -> Opened:
    """What the token of a link leads to. Raises `NotFound`, with the same words whatever the reason."""
    nowhere = NotFound(_NOWHERE)
    organisation = workspaces.directory(stores).get(token.partition(".")[0])
    if organisation is None:  # asking for its store would make one
        raise nowhere
    store = stores.workspace(token.partition(".")[0])
    wanted = sa.select(_c.record_id, _c.form, _c.expires_at).where(_c.token_hash == secret_hash(token))
    with store.read() as session:
        row = session.connection.execute(wanted).one_or_none()
        if row is None or row.expires_at <= timestamp(session.now):
            raise nowhere
    address, _dot, key = row.form.rpartition(".")
    return Opened(organisation, store, correction(address, key, row.record_id), address, key, row.record_id)


def form_of(session: Session) -> tuple[Table, Form]:
    """The form that the one who asks may correct. Raises `NotFound` when it lets nothing be corrected (any more)."""
    address, _dot, key = session.principal.id.rpartition(".")
    table = session.layout.apps.tables.get(address)
    form = table.forms.get(key) if table else None
    if table is None or form is None or not form.public or form.corrections is None or _shut(session, form):
        raise NotFound(_NOWHERE)
    return table, form


def sent(session: Session) -> dict[str, Any]:
    """What the record holds in the fields that its form asks for. Raises `NotFound`."""
    table, form = form_of(session)
    values = records.get(session, table.address, session.principal.sent).values
    return {one.field: values.get(one.field) for one in form.fields}


def correct(session: Session, given: Mapping[str, Any], was: Mapping[str, Any]) -> None:
    """Set what was sent anew, as it was typed. `was` is what the page showed, by field.

    Raises `NotFound`, and `Refused` with problems at `/0/<field>`, also where somebody changed a field meanwhile.
    """
    table, form = form_of(session)
    held = sent(session)
    (accepted,), _problems = accept(session, table, [given], "text")
    touched = [key for key in held if key in given and not (key in accepted and _alike(accepted[key], was.get(key)))]
    problems = [
        Problem(
            f"/0/{one.field}", _("{field} is needed.", field=one.label or table.fields[one.field].label), "required"
        )
        for one in form.fields
        if one.required and one.field in touched and is_empty(accepted.get(one.field, given[one.field]))
    ]
    says = _("This was changed meanwhile. Open your link again to see what it is now.")
    problems += [Problem(f"/0/{key}", says, "changed") for key in touched if not _alike(held[key], was.get(key))]
    if problems:
        raise Refused(problems)
    records.update(
        session, table.address, {session.principal.sent: {key: given[key] for key in touched}}, reading="text"
    )


def can_be_corrected(session: Session, table: Table, record_id: str) -> bool:
    """Whether there is a link now by which a stranger may correct the record."""
    forms = [one for one in table.forms.values() if one.public and one.corrections and not _shut(session, one)]
    if not forms:
        return False
    counts = sa.and_(_c.token_hash.is_not(None), _c.expires_at > timestamp(session.now))
    came_by = _c.form.in_([_address(table, one) for one in forms])
    wanted = sa.select(_c.record_id).where(_c.record_id == record_id, counts, came_by)
    return session.connection.execute(wanted).scalar() is not None


def revoke(session: Session, table: str, record_id: str) -> None:
    """The link to correct the record leads nowhere from the next request on. Raises `NotFound`, `Forbidden`."""
    door.enter(session.principal, "update", session.layout.table(table))
    records.get(session, table, record_id)
    gone = sa.update(_sendings).where(_c.record_id == record_id, _c.token_hash.is_not(None))
    if not session.connection.execute(gone.values(token_hash=None)).rowcount:
        raise NotFound(_("There is no link to correct this record (any more)."))
    says = _("took back the link to correct what somebody sent")
    audit.note(session, "correction.revoked", says, table=table, record=record_id)


def forget(session: Session, table: str, record_ids: Sequence[str] | None = None) -> None:
    """These records of the table (None: all) are gone for good."""
    gone = sa.delete(_sendings).where(_c.form.startswith(f"{table}.", autoescape=True))
    if record_ids is not None:
        gone = gone.where(among(session, _c.record_id, record_ids))
    session.connection.execute(gone)


def _shut(session: Session, form: Form) -> Closed | None:
    now = timestamp(session.now)
    opens, closes = span(session, form)
    if opens > now:
        return Closed("early", opens)
    return Closed("late", closes) if closes and closes <= now else None


def _is_full(session: Session, table: Table, form: Form) -> bool:
    """Whether as many records as may come by the form are there; one that was deleted makes room."""
    if form.most is None:
        return False
    rows = session.layout.rows(table)
    there = sa.select(sa.func.count()).select_from(sa.join(_sendings, rows, rows.c.id == _c.record_id))
    return session.connection.execute(there.where(_c.form == _address(table, form))).scalar_one() >= form.most


def _alike(one: Any, other: Any) -> bool:
    return one == other or (is_empty(one) and is_empty(other))


def _address(table: Table, form: Form) -> str:
    return f"{table.address}.{form.key}"
