"""Both sides filled without their doors: rows go in the fastest way that the database has."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from engine import computed
from engine.ids import new_ids
from engine.storage.session import Session, timestamp
from engine.storage.workspace_tables import changes
from engine.written import Written

CHUNK = 10_000  # records of which rows and changes are made at a time
_LOGGED = [one.name for one in changes.columns if one.name != "id"]


def put(driver: Any, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Add rows by the driver's connection: by COPY, or by one statement prepared once."""
    named = ", ".join(columns)
    if isinstance(driver, sqlite3.Connection):
        driver.executemany(f"INSERT INTO {table} ({named}) VALUES ({', '.join('?' * len(columns))})", rows)
        return
    with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({named}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def fill(session: Session, address: str, count: int, given: Iterator[Mapping[str, Any]], by: str) -> list[str]:
    """Records and their changes as `records.create` would leave them of the person `by`, but for rollups; the ids."""
    table = session.layout.sql(session.layout.table(address))
    driver = session.connection.connection.driver_connection
    at = timestamp(session.now)
    system = {"created_at": at, "updated_at": at, "created_by": by, "updated_by": by}
    filled: list[str] = []
    while len(filled) < count:
        values = list(islice(given, min(CHUNK, count - len(filled))))
        ids = new_ids("rec", len(values))
        keys = ["id", *values[0], *system]
        put(
            driver,
            table.name,
            keys,
            ([one, *each.values(), *system.values()] for one, each in zip(ids, values, strict=True)),
        )
        entry = (session.transaction_id, at, "person", by, by, None, address)
        logged = (
            (*entry, one, "created", "{}", json.dumps({**each, **system}))
            for one, each in zip(ids, values, strict=True)
        )
        put(driver, changes.name, _LOGGED, logged)
        filled += ids
    return filled


def work_out(session: Session, table: str) -> None:
    """The computed fields of a table, for all records."""
    fields = session.layout.table(table).fields.values()
    computed.refresh(
        session, Written(), {(table, one.key) for one in fields if one.kind.computed and session.layout.stored(one)}
    )
