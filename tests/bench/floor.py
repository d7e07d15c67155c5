"""The floor: a bare FastAPI application with hand-written SQL, as a careful engineer would write it for this workload.

It does per operation what the product must do: a write also updates the customer's rollups and stores a change,
all in one commit, and a search also looks at the customers' names. It has no sign-in, no metadata, no validation beyond
the types. Durability is the same: SQLite in WAL with `synchronous=FULL`, PostgreSQL as it comes. One connection, in
the event loop itself, since that is the fastest there is for one client.
"""

from __future__ import annotations

import csv
import io
import json
import os
import secrets
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import psycopg
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from tests.bench.workload import COLUMNS

FIELDS = (*COLUMNS, "total")
SELECTED = "id, number, customer, status, amount, qty, ordered_on, note, total"
LIST = f"SELECT {SELECTED} FROM orders WHERE status = ? AND amount >= ? ORDER BY ordered_on DESC, id LIMIT ? OFFSET ?"
SCHEMA = (
    "CREATE TABLE customers (id TEXT PRIMARY KEY, name TEXT, spent NUMERIC DEFAULT 0, orders_count NUMERIC DEFAULT 0)",
    "CREATE TABLE orders (id TEXT PRIMARY KEY, number TEXT, customer TEXT, status TEXT, amount NUMERIC, qty NUMERIC,"
    " ordered_on {date}, note TEXT, total NUMERIC, created_at TEXT, updated_at TEXT)",
    "CREATE TABLE changes (id {serial}, at TEXT, record TEXT, kind TEXT, before TEXT, after TEXT)",
    "CREATE INDEX orders_customer ON orders (customer)",
    "CREATE INDEX orders_page ON orders (status, ordered_on DESC, id)",
    "CREATE INDEX orders_days ON orders (ordered_on DESC, id)",
    "CREATE INDEX orders_sums ON orders (status, total)",
)
CHUNK = 1_000  # rows that are read at a time when all go out
REFRESH = (
    "UPDATE customers SET (spent, orders_count) ="
    " (SELECT coalesce(sum(total), 0), count(*) FROM orders WHERE customer = customers.id) WHERE "
)
# Far into a list the index alone is walked; only the page's own rows are fetched.
DEEP = (
    f"SELECT {SELECTED} FROM orders WHERE id IN (SELECT id FROM orders ORDER BY ordered_on DESC, id LIMIT 100 OFFSET ?)"
    " ORDER BY ordered_on DESC, id"
)


def in_csv(rows: Iterable[Any]) -> Iterator[str]:
    """Rows as lines, some at a time."""
    writer = csv.writer(text := io.StringIO(), lineterminator="\n")
    writer.writerow(SELECTED.split(", "))
    following = iter(rows)
    while some := list(islice(following, CHUNK)):
        writer.writerows(some)
        yield text.getvalue()
        text.seek(text.truncate(0))


class Sqlite:
    """The two databases differ in placeholders and in how a value comes back."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536"):
            self.connection.execute(f"PRAGMA {pragma}")

    def run(self, sql: str, values: Any = ()) -> list[Any]:
        return self.connection.execute(sql, values).fetchall()

    def run_many(self, sql: str, rows: Iterable[Any]) -> None:
        self.connection.executemany(sql, rows)

    def lines(self, sql: str) -> Iterator[str]:
        return in_csv(self.connection.execute(sql))

    def schema(self) -> list[str]:
        return [one.format(date="TEXT", serial="INTEGER PRIMARY KEY") for one in SCHEMA]

    def among(self, column: str) -> str:
        return f"{column} IN (SELECT value FROM json_each(?))"

    def listed(self, values: set[str]) -> Any:
        return json.dumps(list(values))


class Postgresql:
    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)
        self.connection.execute("SET plan_cache_mode = force_custom_plan")
        self.connection.execute("SET jit = off")

    def run(self, sql: str, values: Any = ()) -> list[Any]:
        cursor = self.connection.execute(sql.replace("?", "%s"), values)
        return cursor.fetchall() if cursor.description else []

    def run_many(self, sql: str, rows: Iterable[Any]) -> None:
        self.connection.cursor().executemany(sql.replace("?", "%s"), rows)

    def lines(self, sql: str) -> Iterator[str]:
        return in_csv(self.connection.cursor().stream(sql, size=CHUNK))

    def schema(self) -> list[str]:
        return [
            one.format(date="DATE", serial="BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY").replace(
                "number TEXT", 'number TEXT COLLATE "C"'
            )
            for one in SCHEMA
        ]

    def among(self, column: str) -> str:
        return f"{column} = ANY(?)"

    def listed(self, values: set[str]) -> Any:
        return list(values)


def open_database() -> Sqlite | Postgresql:
    url = os.environ.get("FLOOR_URL", "")
    return Postgresql(url) if url else Sqlite(Path(os.environ["FLOOR_FILE"]))


def answer(value: Any) -> Response:
    body = orjson.dumps(value, default=lambda one: float(one) if isinstance(one, Decimal) else str(one))
    return Response(body, media_type="application/json")


def create_app() -> FastAPI:
    """The application; FLOOR_FILE or FLOOR_URL says where its tables are."""
    database = open_database()
    app = FastAPI(docs_url=None, openapi_url=None)
    run = database.run

    def in_transaction(act: Callable[[], Any]) -> Any:
        run("BEGIN IMMEDIATE" if isinstance(database, Sqlite) else "BEGIN")
        try:
            result = act()
            run("COMMIT")
            return result
        except BaseException:
            run("ROLLBACK")
            raise

    def refresh(customers: set[str]) -> None:
        run(REFRESH + database.among("id"), (database.listed(customers),))

    def insert(given: list[dict[str, Any]]) -> list[str]:
        rows, changes = [], []
        for one in given:
            record = "rec" + secrets.token_hex(7)
            total = round(one["amount"] * one["qty"], 10)
            rows.append((record, *(one[key] for key in FIELDS[:-1]), total, "now", "now"))
            changes.append(("now", record, "created", "{}", json.dumps(one)))
        places = ", ".join("?" * 11)
        if len(rows) == 1:
            run(f"INSERT INTO orders VALUES ({places})", rows[0])
            run("INSERT INTO changes (at, record, kind, before, after) VALUES (?, ?, ?, ?, ?)", changes[0])
        else:
            database.run_many(f"INSERT INTO orders VALUES ({places})", rows)
            database.run_many("INSERT INTO changes (at, record, kind, before, after) VALUES (?, ?, ?, ?, ?)", changes)
        refresh({one["customer"] for one in given})
        return [row[0] for row in rows]

    def shaped(row: Any) -> dict[str, Any]:
        return {"id": row[0], "fields": dict(zip(FIELDS, row[1:], strict=True))}

    @app.post("/orders")
    async def create(request: Request) -> Response:
        given = orjson.loads(await request.body())
        ids = in_transaction(lambda: insert(given["records"]))
        return answer({"records": [{"id": one} for one in ids]})

    @app.get("/orders/{record}")
    async def read(record: str) -> Response:
        return answer(shaped(run(f"SELECT {SELECTED} FROM orders WHERE id = ?", (record,))[0]))

    @app.patch("/orders/{record}")
    async def update(record: str, request: Request) -> Response:
        given = orjson.loads(await request.body())

        def act() -> Any:
            lock = "" if isinstance(database, Sqlite) else " FOR UPDATE"
            old = shaped(run(f"SELECT {SELECTED} FROM orders WHERE id = ?{lock}", (record,))[0])
            total = round(given["amount"] * float(old["fields"]["qty"]), 10)
            new = run(
                f"UPDATE orders SET amount = ?, total = ?, updated_at = ? WHERE id = ? RETURNING {SELECTED}",
                (given["amount"], total, "now", record),
            )
            refresh({old["fields"]["customer"]})
            before = json.dumps({"amount": float(old["fields"]["amount"])})
            run(
                "INSERT INTO changes (at, record, kind, before, after) VALUES (?, ?, ?, ?, ?)",
                ("now", record, "updated", before, json.dumps(given)),
            )
            return shaped(new[0])

        return answer(in_transaction(act))

    @app.get("/orders")
    async def page(status: str, amount: float, limit: int = 100, offset: int = 0) -> Response:
        return answer({"records": [shaped(row) for row in run(LIST, (status, amount, limit, offset))]})

    @app.get("/deep")
    async def deep(offset: int) -> Response:
        return answer({"records": [shaped(row) for row in run(DEEP, (offset,))]})

    @app.get("/sums")
    async def sums() -> Response:
        rows = run("SELECT status, count(*), sum(total) FROM orders GROUP BY status")
        return answer([{"status": row[0], "count": row[1], "sum": row[2]} for row in rows])

    @app.get("/export")
    async def export() -> Response:
        async def pieces() -> AsyncIterator[str]:
            for piece in database.lines(f"SELECT {SELECTED} FROM orders"):
                yield piece

        return StreamingResponse(pieces(), media_type="text/csv")

    @app.get("/search")
    async def search(text: str) -> Response:
        like = "LIKE" if isinstance(database, Sqlite) else "ILIKE"
        named = f"customer IN (SELECT id FROM customers WHERE name {like} ?)"
        rows = run(
            f"SELECT {SELECTED} FROM orders WHERE note {like} ? OR number {like} ? OR {named} ORDER BY id LIMIT 100",
            (f"%{text}%",) * 3,
        )
        return answer({"records": [shaped(row) for row in rows]})

    return app
