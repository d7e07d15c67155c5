"""Calling those who asked to be called: there is something new, which they fetch. The body says no more than where.

One call stands for all payloads since the last one. It is tried again as webhooks are (`engine/webhooks.py`), and given
up after the last attempt, or at once when the receiver says that it is gone: the hook then calls nobody until it is
enabled again, and its payloads are kept.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine import audit
from engine.access.principals import Principal
from engine.addresses import EgressRefused, read_url
from engine.automations.steps import Means
from engine.egress import EgressFailed
from engine.errors import Conflict
from engine.hooks import get, place_of
from engine.storage.hook_tables import hooks
from engine.storage.session import Session, timestamp
from engine.storage.stores import Workspace
from engine.text import _
from engine.vault import CannotOpen
from engine.webhooks import Verdict, after_answer, after_failure

log = logging.getLogger("formwork.hooks")

LEASE_SECONDS = 60
PUT_OFF_SECONDS = 2
MAC = "X-Airtable-Content-MAC"
_c = hooks.c


@dataclass(frozen=True)
class Notice:
    """One call to be made, for all payloads up to `last_number`."""

    id: str
    app: str
    url: str
    secret: str
    last_number: int
    attempt: int
    made_by: str

    @property
    def host(self) -> str:
        """Whom it calls."""
        return read_url(self.url).host


@dataclass(frozen=True)
class Result:
    """What came of a call."""

    verdict: Verdict
    milliseconds: int
    says: str
    refused: bool = False  # we did not let it out


def next_due(session: Session) -> str | None:
    """When the next call is due (or its lease runs out); None when none is."""
    when = sa.func.coalesce(_c.lease_until, _c.due_at)
    return session.connection.execute(sa.select(sa.func.min(when)).where(_c.due_at.is_not(None))).scalar()


def claim(session: Session, worker: str, limit: int) -> list[Notice]:
    """Take calls that are due for `worker` alone, for as long as the lease lasts."""
    now = timestamp(session.now)
    free = sa.or_(_c.lease_until.is_(None), _c.lease_until < now)
    due = sa.select(_c.id).where(_c.due_at <= now, free, _c.url.is_not(None)).order_by(_c.due_at).limit(limit)
    if session.dialect == "postgresql":
        due = due.with_for_update(skip_locked=True)
    ids = list(session.connection.execute(due).scalars())
    if not ids:
        return []
    until = timestamp(session.now + timedelta(seconds=LEASE_SECONDS))
    session.connection.execute(sa.update(hooks).where(_c.id.in_(ids)).values(lease_by=worker, lease_until=until))
    wanted = sa.select(*(_c[name] for name in Notice.__dataclass_fields__)).where(_c.id.in_(ids)).order_by(_c.id)
    return [Notice(*row) for row in session.connection.execute(wanted)]


def put_off(session: Session, worker: str, notice: Notice) -> None:
    """Somebody else, or this worker a moment later, makes a call that cannot be made now."""
    later = timestamp(session.now + timedelta(seconds=PUT_OFF_SECONDS))
    mine = sa.and_(_c.id == notice.id, _c.lease_by == worker)
    session.connection.execute(sa.update(hooks).where(mine).values(lease_by=None, lease_until=None, due_at=later))


def give_up(session: Session, notice: Notice) -> None:
    """It calls nobody until somebody enables it anew: whoever made it may not be told any more."""
    values = {"lease_by": None, "lease_until": None, "due_at": None, "attempt": 0, "notifies": 0}
    session.connection.execute(sa.update(hooks).where(_c.id == notice.id).values(**values))
    says = _("calls {host} no more: whoever asked for it may not be told any more", host=notice.host)
    audit.note(session, "hook.given_up", says, result="failed", hook=notice.id, app=notice.app)


def call(means: Means, notice: Notice, clock: Callable[[], datetime]) -> Result:
    """Make the call, outside of any transaction."""
    body = body_of(notice, clock())
    started = time.monotonic()
    try:
        secret = means.vault.open(notice.secret, place_of(notice.id))
        sent = {"Content-Type": "application/json", MAC: mac_of(secret, body)}
        answer = means.egress.post(notice.url, body, sent)
    except (EgressFailed, EgressRefused, CannotOpen) as error:
        # The class of failure is for the operator: a builder could map our network with it.
        log.warning("hook %s: %s", notice.id, getattr(error, "detail", "") or error)
        took = round((time.monotonic() - started) * 1000)
        return Result(after_failure(notice.attempt + 1), took, str(error.says), isinstance(error, EgressRefused))
    verdict = after_answer(answer.status, answer.headers, notice.attempt + 1, clock())
    return Result(verdict, answer.milliseconds, f"HTTP {answer.status}")


def try_out(workspace: Workspace, principal: Principal, means: Means, app: str, hook_id: str) -> Result:
    """Make one call as they are made, whether it calls just now or not; nothing is noted of it but a refusal.

    Raises `Conflict` for one that calls nobody, `NotFound`, `Forbidden`.
    """
    with workspace.read(principal) as session:
        if not get(session, app, hook_id).url:
            raise Conflict(_("This hook calls nobody: it has no address."))
        wanted = sa.select(*(_c[name] for name in Notice.__dataclass_fields__)).where(_c.id == hook_id)
        notice = replace(Notice(*session.connection.execute(wanted).one()), attempt=0)
    result = call(means, notice, lambda: datetime.now(UTC))
    if result.refused:
        audit.note_egress(workspace, principal, notice.url)
    return result


def note(session: Session, worker: str, notice: Notice, result: Result) -> None:
    """Write down what came of a call, unless another worker took it meanwhile."""
    verdict, now = result.verdict, timestamp(session.now)
    told: dict[str, Any] = {
        "success": verdict.delivered,
        "completionTimestamp": now,
        "durationMs": result.milliseconds,
        "retryNumber": notice.attempt,
        "willBeRetried": verdict.wait is not None,
    }
    if not verdict.delivered:
        told["error"] = {"message": result.says}
    values: dict[str, Any] = {"lease_by": None, "lease_until": None, "last_result": json.dumps(told)}
    if verdict.delivered:
        # What was written while the call was under way is told by one more.
        later = sa.case((_c.last_number > notice.last_number, now), else_=None)
        values |= {"due_at": later, "attempt": 0, "last_success_at": now}
    elif verdict.wait is not None:
        values |= {"due_at": timestamp(session.now + timedelta(seconds=verdict.wait)), "attempt": notice.attempt + 1}
    else:
        values |= {"due_at": None, "attempt": 0, "notifies": 0}
        says = _("gave up calling {host} about changes of {app}", host=notice.host, app=notice.app)
        audit.note(session, "hook.given_up", says, result="failed", hook=notice.id, app=notice.app)
    if result.refused:
        says = _("was not let out to {host}", host=notice.host)
        audit.note_often(session, "egress.refused", says, result="refused", host=notice.host, hook=notice.id)
    mine = sa.and_(_c.id == notice.id, _c.lease_by == worker)
    session.connection.execute(sa.update(hooks).where(mine).values(**values))


def body_of(notice: Notice, at: datetime) -> bytes:
    """What is sent, in ASCII: receivers reckon the MAC of it as such."""
    told = {"base": {"id": notice.app}, "webhook": {"id": notice.id}, "timestamp": timestamp(at)}
    return json.dumps(told, ensure_ascii=True).encode()


def mac_of(secret: str, body: bytes) -> str:
    """The header by which a receiver knows that a call is ours; `secret` is in base64."""
    return "hmac-sha256=" + hmac.new(base64.b64decode(secret), body, hashlib.sha256).hexdigest()
