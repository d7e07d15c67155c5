"""What was deleted, as rows: put in by whoever deletes, taken out when it comes back or is gone for good."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

import sqlalchemy as sa

from engine.ids import new_ids
from engine.storage.record_rows import among
from engine.storage.rule_tables import trash
from engine.storage.session import Session, timestamp
from engine.text import Label

Kind = Literal["record", "field", "table", "app"]


def put_records(session: Session, app: str, table: str, names: Mapping[str, str]) -> None:
    """Records of a table were deleted: their ids, and what they were called."""
    rows = [_row(session, "record", app, name, table, record_id) for record_id, name in names.items()]
    _insert(session, rows)


def put_part(
    session: Session,
    kind: Kind,
    app: str,
    name: Label,
    *,
    table: str | None = None,
    key: str | None = None,
    revision: int,
    count: int,
) -> None:
    """A part of an app was removed; `revision` is the last one that named it, `count` the values that went with it."""
    take_out(session, kind, app, table, [key] if key else [])
    _insert(session, [{**_row(session, kind, app, name, table, key), "revision": revision, "count": count}])


def take_out(session: Session, kind: Kind, app: str, table: str | None, keys: Collection[str]) -> None:
    """What has these keys (ids of records, a field's key; none for tables and apps) is not in the trash any more."""
    c = trash.c
    wheres = [c.kind == kind, c.app == app, c.table_address.is_not_distinct_from(table)]
    if keys:
        wheres.append(among(session, c.key, keys))
    session.connection.execute(sa.delete(trash).where(*wheres))


def names(session: Session, ids: Collection[str]) -> dict[str, str]:
    """What those of these records that are in the trash were called, by id."""
    if not ids:
        return {}
    c = trash.c
    wanted = sa.select(c.key, c.name).where(c.kind == "record", among(session, c.key, ids))
    return {key: json.loads(name) for key, name in session.connection.execute(wanted)}


def _insert(session: Session, rows: Sequence[dict[str, object]]) -> None:
    if rows:
        for row, row_id in zip(rows, new_ids("bin", len(rows)), strict=True):
            row["id"] = row_id
        session.connection.execute(sa.insert(trash), list(rows))


def _row(session: Session, kind: Kind, app: str, name: Label, table: str | None, key: str | None) -> dict[str, object]:
    return {
        "kind": kind,
        "at": timestamp(session.now),
        "transaction_id": session.transaction_id,
        "app": app,
        "name": json.dumps(name, ensure_ascii=False),
        "by": session.principal.user_id,
        "table_address": table,
        "key": key,
        "revision": None,
        "count": 1,
    }
