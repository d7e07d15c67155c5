"""Each person's inbox in the app: what automations and the engine have to tell them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.errors import NotFound
from engine.ids import new_ids
from engine.storage import workspace_tables
from engine.storage.automation_tables import notifications
from engine.storage.session import Session, timestamp
from engine.text import Text, _

MAX_MESSAGE = 2_000
PAGE = 50

_c = notifications.c


@dataclass(frozen=True)
class Notification:
    """One message. `table` (an address) and `record_id` are what it is about, if anything."""

    id: str
    at: str
    message: str
    table: str | None
    record_id: str | None
    automation: str | None
    is_read: bool


def tell(
    session: Session,
    user_ids: Sequence[str],
    message: str,
    *,
    table: str | None = None,
    record_id: str | None = None,
    automation: str | None = None,
) -> list[str]:
    """Put `message` into people's inboxes; the ids of those who were told (others do not belong here)."""
    people = workspace_tables.people
    here = sa.select(people.c.id).where(people.c.id.in_(set(user_ids)), people.c.role != "")
    known = set(session.connection.execute(here).scalars())
    told = [user_id for user_id in dict.fromkeys(user_ids) if user_id in known]
    common = {
        "at": timestamp(session.now),
        "message": message if isinstance(message, Text) else message[:MAX_MESSAGE],
        "automation": automation,
    }
    about = {"table_address": table, "record_id": record_id}
    rows = [
        {"id": one, "user_id": user_id, **common, **about}
        for one, user_id in zip(new_ids("ntf", len(told)), told, strict=True)
    ]
    if rows:
        session.connection.execute(sa.insert(notifications), rows)
    return told


def tell_once(session: Session, user_ids: Sequence[str], message: str, automation: str) -> None:
    """Tell those who have not yet got the same message about the same automation, unread: a storm is one message."""
    waiting = sa.select(_c.user_id).where(
        _c.user_id.in_(set(user_ids)), _c.read_at.is_(None), _c.automation == automation, _c.message == message
    )
    told = set(session.connection.execute(waiting).scalars())
    tell(session, [user_id for user_id in user_ids if user_id not in told], message, automation=automation)


def inbox(session: Session, *, before: str | None = None, limit: int = PAGE) -> list[Notification]:
    """The asker's messages, newest first; `before` is the id of the last one already seen."""
    wanted = _own(session).order_by(_c.id.desc()).limit(limit)
    if before:
        wanted = wanted.where(_c.id < before)
    return [Notification(*row) for row in session.connection.execute(wanted)]


def get(session: Session, message_id: str) -> Notification:
    """One of the asker's messages. Raises NotFound."""
    row = session.connection.execute(_own(session).where(_c.id == message_id)).one_or_none()
    if row is None:
        raise NotFound(_("There is no such message."))
    return Notification(*row)


def unread(session: Session) -> int:
    """How many messages the asker has not read."""
    wanted = sa.select(sa.func.count()).where(_c.user_id == session.principal.user_id, _c.read_at.is_(None))
    return int(session.connection.execute(wanted).scalar_one())


def mark_read(session: Session, ids: Sequence[str] | None = None) -> int:
    """Mark the asker's messages as read (all of them when None); how many that were."""
    change = (
        sa.update(notifications)
        .where(_c.user_id == session.principal.user_id, _c.read_at.is_(None))
        .values(read_at=timestamp(session.now))
    )
    if ids is not None:
        change = change.where(_c.id.in_(ids))
    return session.connection.execute(change).rowcount


def _own(session: Session) -> sa.Select[Any]:
    fields = (_c.id, _c.at, _c.message, _c.table_address, _c.record_id, _c.automation, _c.read_at.is_not(None))
    return sa.select(*fields).where(_c.user_id == session.principal.user_id)
