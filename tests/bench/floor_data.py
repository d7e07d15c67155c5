"""The hand-written side with the same workload in it: its tables, its server, and single SQL statements."""

from __future__ import annotations

import csv
import io
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.bench import workload
from tests.bench.filling import put
from tests.bench.floor import FIELDS, REFRESH, Postgresql, Sqlite
from tests.bench.servers import Client, start

INSERT = f"INSERT INTO orders VALUES ({', '.join('?' * 11)})"
LOG = "INSERT INTO changes (at, record, kind, before, after) VALUES (?, ?, ?, ?, ?)"


class Floor:
    """Its data and its server; what the product does in process is one hand-written transaction here."""

    def __init__(self, folder: Path, url: str, port: int, count: int) -> None:
        self.plain, self.file, self.port = url.replace("+psycopg", ""), folder / "floor.sqlite", port
        self.customers = [f"rec{number:014}" for number in range(count // 10)]
        self.orders = [f"rec9{number:013}" for number in range(count)]
        database = self._opened()
        for statement in database.schema():
            database.run(statement)
        database.run("BEGIN")
        named = [one["name"] for one in workload.customers(count // 10)]
        put(database.connection, "customers", ("id", "name"), zip(self.customers, named, strict=True))
        put(database.connection, "orders", ("id", *FIELDS, "created_at", "updated_at"), self._rows(count))
        database.run(f"{REFRESH} 1 = 1")
        database.run("COMMIT")
        if url:
            database.run("VACUUM ANALYZE")
        database.connection.close()

    def serve(self) -> subprocess.Popen[bytes]:
        """A server."""
        environment = {"FLOOR_URL": self.plain} if self.plain else {"FLOOR_FILE": str(self.file)}
        serving = [sys.executable, "-m", "uvicorn", "--factory", "tests.bench.floor:create_app"]
        more = ["--port", str(self.port), "--log-level", "warning", "--no-access-log"]
        return start([*serving, *more], environment, self.port)

    def client(self) -> Client:
        """A client; nobody is asked for a token."""
        return Client(self.port)

    def add_column(self, table: str, key: str, sql: str) -> float:
        """One ALTER TABLE and one UPDATE; the seconds that they take."""
        database = self._opened()
        begun = time.perf_counter()
        database.run("BEGIN")
        database.run(f"ALTER TABLE {table} ADD COLUMN {key} NUMERIC")
        database.run(f"UPDATE {table} SET {key} = {sql}")
        database.run("COMMIT")
        seconds = time.perf_counter() - begun
        database.connection.close()
        return seconds

    def bring_in(self, file: bytes) -> float:
        """The file parsed, orders and changes written by two statements, the rollups refreshed by one; the seconds."""
        database = self._opened()
        begun = time.perf_counter()
        by_name = {name: key for key, name in database.run("SELECT id, name FROM customers")}
        rows, changes = [], []
        for one in csv.DictReader(io.StringIO(file.decode())):
            order = {
                **one,
                "customer": by_name[one["customer"]],
                "amount": float(one["amount"]),
                "qty": int(one["qty"]),
            }
            record = "rec" + secrets.token_hex(7)
            rows.append((record, *(order[key] for key in workload.COLUMNS), workload.total(order), "now", "now"))
            changes.append(("now", record, "created", "{}", json.dumps(order)))
        database.run("BEGIN")
        database.run_many(INSERT, rows)
        database.run_many(LOG, changes)
        touched = {row[2] for row in rows}
        database.run(REFRESH + database.among("id"), (database.listed(touched),))
        database.run("COMMIT")
        seconds = time.perf_counter() - begun
        database.connection.close()
        return seconds

    def add_in_batches(self, orders: Sequence[dict[str, Any]], size: int) -> float:
        """Each batch one transaction: orders, changes, and the rollups of its customers; the seconds. No HTTP."""
        database = self._opened()
        begun = time.perf_counter()
        for first in range(0, len(orders), size):
            some = orders[first : first + size]
            ids = ["rec" + secrets.token_hex(7) for _order in some]
            rows = [
                (key, *one.values(), round(one["amount"] * one["qty"], 10), "now", "now")
                for key, one in zip(ids, some, strict=True)
            ]
            changes = [("now", key, "created", "{}", json.dumps(one)) for key, one in zip(ids, some, strict=True)]
            database.run("BEGIN")
            database.run_many(INSERT, rows)
            database.run_many(LOG, changes)
            touched = {one["customer"] for one in some}
            database.run(REFRESH + database.among("id"), (database.listed(touched),))
            database.run("COMMIT")
        seconds = time.perf_counter() - begun
        database.connection.close()
        return seconds

    def _opened(self) -> Sqlite | Postgresql:
        return Postgresql(self.plain) if self.plain else Sqlite(self.file)

    def _rows(self, count: int) -> Iterator[tuple[Any, ...]]:
        for key, one in zip(self.orders, workload.orders(count, self.customers), strict=True):
            yield (key, *one.values(), workload.total(one), "now", "now")
