"""Hooks: what programs ask to be told of. Each transaction that concerns one is a payload, numbered in order.

A hook lives for seven days, and seven more with each look at its payloads; as long is a payload kept. Who makes one
must see everything, since a payload tells of all records: owners and builders, and nobody is called any more once they
are none. Somebody may be called when there is something new (`notifying.py`); what it is, they fetch. Payloads are
written with the change (`gathering.py`).
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from engine import apps, audit
from engine.access import door
from engine.egress import Egress
from engine.errors import NotFound, Problem, Refused
from engine.hooks import specification
from engine.ids import new_id
from engine.storage import workspace_tables
from engine.storage.hook_tables import hook_payloads, hooks
from engine.storage.session import Session, timestamp
from engine.text import _
from engine.vault import Vault

LIFE = timedelta(days=7)
MOST = 20  # of one app
SECRET_BYTES = 32
PAGE = 50

_c = hooks.c
_layout = workspace_tables.layout


@dataclass(frozen=True)
class Hook:
    """What a program asked for. `next_number` is that of the payload to come; `last_result` is of the last call, and
    `due_at` says when the next one is, None while there is nothing to say.
    """

    id: str
    app: str
    url: str | None
    specification: Mapping[str, Any]
    made_by: str
    expires_at: str
    notifies: bool
    next_number: int
    last_success_at: str | None
    last_result: Mapping[str, Any] | None
    due_at: str | None
    is_live: bool


@dataclass(frozen=True)
class Payload:
    """What one transaction did, as `gathering.py` writes it."""

    number: int
    at: str
    document: Mapping[str, Any]


def create(
    session: Session, vault: Vault, egress: Egress, app: str, url: str | None, given: Mapping[str, Any]
) -> tuple[Hook, str]:
    """Ask to be told of changes of an app; the hook, and its secret in base64, which is shown this once.

    Raises `Refused`, `EgressRefused` for an address that may not be called, `NotFound`, `Forbidden`.
    """
    door.enter_builder(session.principal)
    specification.read(given, apps.get(session, app))
    if url:
        egress.check(url)
    if len(of_app(session, app)) >= MOST:
        raise Refused([Problem("/specification", _("An app has at most {count} hooks.", count=MOST), "too_many")])
    hook_id, secret = new_id("ach"), base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    row = {
        "id": hook_id,
        "app": app,
        "url": url or None,
        "specification": json.dumps(given, ensure_ascii=False),
        "secret": vault.seal(secret, place_of(hook_id)),
        "made_by": session.principal.user_id or "",
        "created_at": timestamp(session.now),
        "expires_at": timestamp(session.now + LIFE),
        "notifies": 1,
        "last_number": 0,
        "attempt": 0,
    }
    session.connection.execute(sa.insert(hooks).values(**row))
    _count(session, 1)
    audit.note(session, "hook.created", _("asked to be told of changes of {app}", app=app), app=app, hook=hook_id)
    return get(session, app, hook_id), secret


def of_app(session: Session, app: str) -> list[Hook]:
    """The hooks of an app, the oldest first. Raises `NotFound`, `Forbidden`."""
    door.enter_builder(session.principal)
    apps.get(session, app)
    wanted = sa.select(hooks).where(_c.app == app).order_by(_c.id)
    return [_hook(session, row) for row in session.connection.execute(wanted)]


def get(session: Session, app: str, hook_id: str) -> Hook:
    """One hook. Raises `NotFound`, `Forbidden`."""
    door.enter_builder(session.principal)
    row = session.connection.execute(sa.select(hooks).where(_c.id == hook_id, _c.app == app)).one_or_none()
    if row is None:
        raise NotFound(_("There is no such hook (any more)."))
    return _hook(session, row)


def enable(session: Session, app: str, hook_id: str, notifies: bool) -> None:
    """Call somebody from now on, or nobody; payloads are kept all the same. Raises `NotFound`, `Forbidden`."""
    get(session, app, hook_id)
    values: dict[str, Any] = {"notifies": int(notifies), "attempt": 0}
    if notifies:
        values["made_by"] = session.principal.user_id or ""  # who stands for it now
    else:
        values |= {"due_at": None, "lease_by": None, "lease_until": None}
    session.connection.execute(sa.update(hooks).where(_c.id == hook_id).values(**values))


def refresh(session: Session, app: str, hook_id: str) -> str:
    """Let the hook live for seven days from now; until when. Raises `NotFound`, `Forbidden`."""
    get(session, app, hook_id)
    until = timestamp(session.now + LIFE)
    session.connection.execute(sa.update(hooks).where(_c.id == hook_id).values(expires_at=until))
    return until


def delete(session: Session, app: str, hook_id: str) -> None:
    """Tell it nothing any more. Raises `NotFound`, `Forbidden`."""
    get(session, app, hook_id)
    _erase(session, [hook_id])
    audit.note(session, "hook.deleted", _("is told no more of changes of {app}", app=app), app=app, hook=hook_id)


def payloads(session: Session, app: str, hook_id: str, cursor: int, limit: int = PAGE) -> tuple[list[Payload], bool]:
    """The payloads from number `cursor` on, at most `limit`, and whether there are more; the hook lives on by that.

    Raises `NotFound`, `Forbidden`.
    """
    found = get(session, app, hook_id)
    if found.is_live:
        refresh(session, app, hook_id)
    c = hook_payloads.c
    wanted = sa.select(c.number, c.at, c.document).where(c.hook_id == hook_id, c.number >= cursor)
    rows = session.connection.execute(wanted.order_by(c.number).limit(limit + 1)).all()
    return [Payload(number, at, json.loads(document)) for number, at, document in rows[:limit]], len(rows) > limit


def newest(session: Session, app: str, hook_id: str, before: int | None = None, limit: int = PAGE) -> list[Payload]:
    """Its payloads for somebody to look at, the newest first: those before number `before`. It lives no longer by that.

    Raises `NotFound`, `Forbidden`.
    """
    get(session, app, hook_id)
    c = hook_payloads.c
    wanted = sa.select(c.number, c.at, c.document).where(c.hook_id == hook_id).order_by(c.number.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(c.number < before)
    return [Payload(number, at, json.loads(held)) for number, at, held in session.connection.execute(wanted)]


def sweep(session: Session, most: int) -> int:
    """Forget payloads that are a week old, and hooks that ended as long ago; how many payloads that were."""
    before = timestamp(session.now - LIFE)
    ended = list(session.connection.execute(sa.select(_c.id).where(_c.expires_at < before)).scalars())
    if ended:
        _erase(session, ended)
    c = hook_payloads.c
    old = sa.select(c.hook_id, c.number).where(c.at < before).limit(most)
    rows = session.connection.execute(old).all()
    for hook_id in {row.hook_id for row in rows}:
        last = max(row.number for row in rows if row.hook_id == hook_id)
        gone = sa.delete(hook_payloads).where(c.hook_id == hook_id, c.number <= last, c.at < before)
        session.connection.execute(gone)
    return len(rows)


def place_of(hook_id: str) -> str:
    """What its secret is sealed for."""
    return f"hooks/{hook_id}/secret"


def _erase(session: Session, ids: list[str]) -> None:
    session.connection.execute(sa.delete(hook_payloads).where(hook_payloads.c.hook_id.in_(ids)))
    session.connection.execute(sa.delete(hooks).where(_c.id.in_(ids)))
    _count(session, -len(ids))


def _count(session: Session, more: int) -> None:
    """How many hooks there are stands in the row that every transaction reads first: without any they cost nothing."""
    session.connection.execute(sa.update(_layout).values(hooks=_layout.c.hooks + more))


def _hook(session: Session, row: Any) -> Hook:
    return Hook(
        id=row.id,
        app=row.app,
        url=row.url,
        specification=json.loads(row.specification),
        made_by=row.made_by,
        expires_at=row.expires_at,
        notifies=bool(row.notifies),
        next_number=row.last_number + 1,
        last_success_at=row.last_success_at,
        last_result=json.loads(row.last_result) if row.last_result else None,
        due_at=row.due_at,
        is_live=row.expires_at > timestamp(session.now),
    )
