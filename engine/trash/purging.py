"""Deleting for good: rows of the trash with what they stand for, in the database and in the history."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from engine import apps, comments, held_files, sendings
from engine.definitions.apps import Apps
from engine.definitions.language import Document
from engine.storage import workspace_tables
from engine.storage.alterations import drop_columns, drop_tables
from engine.storage.layout import ERROR_SUFFIX, Layout, sql_name
from engine.storage.record_rows import among
from engine.storage.rule_tables import set_aside, trash, unique_keys
from engine.storage.session import Session

_changes = workspace_tables.changes


def purge(session: Session, ids: Sequence[str]) -> int:
    """Delete for good what these rows of the trash stand for; how many they were."""
    c = trash.c
    wanted = sa.select(c.id, c.kind, c.app, c.table_address, c.key, c.revision).where(among(session, c.id, ids))
    rows = session.connection.execute(wanted).all() if ids else []
    by_table: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.kind == "record":
            by_table[row.table_address].append(row.key)
    for address, record_ids in by_table.items():
        _forget_records(session, address, record_ids)
    removed = [row for row in rows if row.kind != "record"]
    if removed:
        apps.lock(session)
    for row in removed:
        document = apps.document_of(session, row.app, row.revision)
        if row.kind == "field":
            _purge_field(session, document, row.table_address, row.key)
        elif row.kind == "table":
            _purge_tables(session, document, [row.table_address])
        elif row.app not in session.layout.apps:
            _purge_tables(session, document, [f"{row.app}.{key}" for key in document["tables"]])
    session.connection.execute(sa.delete(trash).where(among(session, c.id, [row.id for row in rows])))
    return len(rows)


def _forget_records(session: Session, address: str, ids: Sequence[str]) -> None:
    """Nothing tells any more what the records held."""
    held_files.forget(session, address, ids)
    sendings.forget(session, address, ids)
    comments.forget(session, address, ids)
    for table in (_changes, set_aside):
        about = sa.and_(table.c.table_address == address, among(session, table.c.record_id, ids))
        session.connection.execute(sa.delete(table).where(about))


def _purge_field(session: Session, document: Document, address: str, key: str) -> None:
    now = session.layout.apps.tables.get(address)
    if now is not None and key in now.fields:
        return  # it is there again, another way
    layout = Layout(Apps([(document, 1)]), 0)
    field = layout.table(address).fields[key]
    if field.many and field.inverse_of is None:
        drop_tables(session, [layout.links(field).name])
    kept = set(session.layout.sql(now).c.keys()) if now is not None else set()
    ours = re.compile(rf"{re.escape(key)}(__\d+|{ERROR_SUFFIX})?$")
    drop_columns(session, sql_name(address), lambda name: bool(ours.match(name)) and name not in kept)
    session.connection.execute(
        sa.delete(set_aside).where(set_aside.c.table_address == address, set_aside.c.field == key)
    )
    held_files.forget(session, address, field=key)
    for column in (_changes.c.before, _changes.c.after):
        without = _without_key(session, column, key)
        held = column.contains(f'"{key}"', autoescape=True)
        where = sa.and_(_changes.c.table_address == address, held)
        session.connection.execute(sa.update(_changes).where(where).values({column.name: without}))


def _without_key(session: Session, column: sa.ColumnElement[Any], key: str) -> sa.ColumnElement[Any]:
    if session.dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import JSONB

        return sa.cast(sa.cast(column, JSONB).op("-")(sa.cast(key, sa.Text)), sa.Text)
    return sa.func.json_remove(column, f"$.{key}")


def _purge_tables(session: Session, document: Document, addresses: Iterable[str]) -> None:
    layout = Layout(Apps([(document, 1)]), 0)
    for address in addresses:
        if address in session.layout.apps.tables or address not in layout.apps.tables:
            continue
        table = layout.table(address)
        links = [layout.links(one).name for one in table.fields.values() if one.many and one.inverse_of is None]
        drop_tables(session, [sql_name(address), *links])
        held_files.forget(session, address)
        sendings.forget(session, address)
        comments.forget(session, address)
        for held in (_changes, set_aside, unique_keys):
            session.connection.execute(sa.delete(held).where(held.c.table_address == address))
        session.connection.execute(sa.delete(trash).where(trash.c.table_address == address))
