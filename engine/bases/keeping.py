"""Bases on their way in as the store keeps them: one row each, with what its worker needs to go on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from engine import going_on
from engine.bases.answers import Base
from engine.bases.fetched import Fetched
from engine.errors import Conflict, NotFound
from engine.ids import new_id
from engine.storage.base_tables import bases as rows
from engine.storage.session import Session, timestamp
from engine.storage.stores import Workspace
from engine.text import Text, _
from engine.vault import Vault

UNDER_WAY = ("fetching", "bringing")  # states in which a worker has something to do
LEASE = timedelta(seconds=90)
TOKEN_KEPT = timedelta(days=1)  # of what is not carried out

_c = rows.c
_JSON = ("offered", "plan", "outcome")


@dataclass(frozen=True)
class BaseImport:
    """One base on its way in.

    `state`: choosing (which base), fetching, fetched (what it becomes is shown), bringing, done, undone or failed
    (`says` tells why). `plan`: what it becomes; `outcome`: what came of it. `into`: the app that it goes into, None
    for a new one; `app`: the one that it went into. `line`: how many records or files its worker has come to.
    """

    id: str
    state: str
    offered: list[Base]
    base: str | None
    name: str | None
    into: str | None
    plan: dict[str, Any] | None
    outcome: dict[str, Any] | None
    app: str | None
    transaction_id: str | None
    created_at: str
    created_by: str
    finished_at: str | None
    says: Text | str | None
    has_token: bool
    line: int | None = None

    @property
    def under_way(self) -> bool:
        """Whether a worker is at it, or will be."""
        return self.state in UNDER_WAY


def place_of(import_id: str) -> str:
    """What its token is sealed for."""
    return f"token of base {import_id}"


def path_of(workspace: Workspace, import_id: str) -> Path:
    """The folder of what is fetched, beside which it is noted how far that is."""
    return Fetched(workspace, import_id).folder


def add(session: Session, vault: Vault, token: str, offered: Sequence[Base]) -> BaseImport:
    """A new one, with the token that opens it."""
    import_id = new_id("bas")
    session.connection.execute(
        sa.insert(rows).values(
            id=import_id,
            state="choosing",
            offered=json.dumps([[one.id, one.name] for one in offered], ensure_ascii=False),
            token=vault.seal(token, place_of(import_id)),
            created_at=timestamp(session.now),
            created_by=session.principal.user_id or "",
        )
    )
    return get(session, import_id)


def get(session: Session, import_id: str) -> BaseImport:
    """One of them. Raises `NotFound`."""
    found = session.connection.execute(sa.select(rows).where(_c.id == import_id)).mappings().one_or_none()
    if found is None:
        raise NotFound(_("There is no such import (any more)."))
    return _import(session, found)


def listed(session: Session, limit: int = 100) -> list[BaseImport]:
    """All of them, newest first."""
    found = session.connection.execute(sa.select(rows).order_by(_c.id.desc()).limit(limit)).mappings()
    return [_import(session, one) for one in found]


def change(session: Session, import_id: str, **values: Any) -> BaseImport:
    """Store other values."""
    packed = {
        name: json.dumps(value, ensure_ascii=False) if name in _JSON and value is not None else value
        for name, value in values.items()
    }
    session.connection.execute(sa.update(rows).where(_c.id == import_id).values(**packed))
    return get(session, import_id)


def token_of(session: Session, vault: Vault, import_id: str) -> str:
    """The token. Raises `Conflict` when it is forgotten."""
    sealed = session.connection.execute(sa.select(_c.token).where(_c.id == import_id)).scalar()
    if not sealed:
        raise Conflict(_("The token is forgotten by now. Give it again."))
    return vault.open(sealed, place_of(import_id))


def next_due(session: Session) -> str | None:
    """When a worker may take the next one; None when there is nothing to do."""
    when = sa.func.coalesce(_c.lease_until, _c.created_at)
    return session.connection.execute(sa.select(sa.func.min(when)).where(_c.state.in_(UNDER_WAY))).scalar()


def claim(session: Session, worker: str, only: str = "") -> BaseImport | None:
    """Take one for `worker` alone, for as long as the lease lasts; `only` this one if given."""
    free = sa.or_(_c.lease_until.is_(None), _c.lease_until < timestamp(session.now))
    due = sa.select(_c.id).where(_c.state.in_(UNDER_WAY), free).order_by(_c.id).limit(1)
    if only:
        due = due.where(_c.id == only)
    if session.dialect == "postgresql":
        due = due.with_for_update(skip_locked=True)
    found = session.connection.execute(due).scalar()
    return change(session, found, **_lease(session, worker)) if found else None


def hold(session: Session, worker: str, import_id: str) -> bool:
    """Stay at it; False when it was discarded, or another worker has it."""
    mine = sa.and_(_c.id == import_id, _c.lease_by == worker, _c.state.in_(UNDER_WAY))
    return session.connection.execute(sa.update(rows).where(mine).values(**_lease(session, worker))).rowcount > 0


def last_plan(session: Session, base: str, app: str) -> dict[str, Any]:
    """As what the base was brought into the app the last time. Raises `Conflict` when it never was."""
    here = sa.and_(_c.base == base, _c.app == app, _c.state == "done")
    found = session.connection.execute(sa.select(_c.plan).where(here).order_by(_c.id.desc()).limit(1)).scalar()
    if not found:
        raise Conflict(_("This base was not brought into such an app before."))
    plan: dict[str, Any] = json.loads(found)
    return plan


def remove(session: Session, import_id: str) -> None:
    """Forget it, and once that is certain what was fetched."""
    session.connection.execute(sa.delete(rows).where(_c.id == import_id))
    forget_fetched(session, import_id)


def forget_fetched(session: Session, import_id: str) -> None:
    """What was fetched goes once the transaction is certain."""
    workspace = session.workspace

    def act() -> None:
        Fetched(workspace, import_id).remove()
        going_on.forget(path_of(workspace, import_id))

    session.after_commit(act)


def sweep(session: Session, before: datetime | None, most: int) -> int:
    """Forget tokens that nobody has used for a day, and what was begun `before` then and never carried out; how much
    that was.
    """
    idle = _c.state.not_in(UNDER_WAY)
    old = sa.and_(idle, _c.token.is_not(None), _c.created_at < timestamp(session.now - TOKEN_KEPT))
    session.connection.execute(sa.update(rows).where(old).values(token=None))
    if before is None:
        return 0
    never = sa.and_(idle, _c.created_at < timestamp(before), _c.state.not_in(("done", "undone")))
    ids = list(session.connection.execute(sa.select(_c.id).where(never).order_by(_c.id).limit(most)).scalars())
    for one in ids:
        remove(session, one)
    return len(ids)


def _lease(session: Session, worker: str) -> Mapping[str, str]:
    return {"lease_by": worker, "lease_until": timestamp(session.now + LEASE)}


def _import(session: Session, row: Mapping[Any, Any]) -> BaseImport:
    values = {name: row[name] for name in BaseImport.__dataclass_fields__ if name in row}
    for name in _JSON:
        values[name] = json.loads(row[name]) if row[name] is not None else None
    values["offered"] = [Base(*one) for one in values["offered"]]
    line = going_on.how_far(path_of(session.workspace, row["id"])) if row["state"] in UNDER_WAY else None
    return BaseImport(**values, has_token=row["token"] is not None, line=line)
