"""Measure the product and the floor in the same run, turn by turn, and print medians and ratios.

    python -m tests.bench [--orders 100000] [--rounds 60] [--imported 100000] [--databases sqlite,postgresql]

What the API offers is asked of two real servers on loopback, by one client over one connection each; then eight
clients press the product for its memory. A file is imported and fields are added in process, one side at a time, and as
many records are created through the API, a thousand with each request, beside the SQL alone. What is imported as XLSX
is compared with the same as CSV. All orders are exported once through the API, and the server's memory is looked at.
What begins with `rules:` compares the product with itself: somebody whom a role limits beside the owner.
Writes `bench.json`. 100,000 orders take about five minutes for both databases, a million some ten minutes
(--orders 1000000 --rounds 20 --imported 0).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench import workload
from tests.bench.floor_data import Floor
from tests.bench.product import Product
from tests.bench.requests import export, figures, measure, operations, press, reads, ruled
from tests.bench.servers import database_urls, resident_mb

BATCH = 1_000  # records that are created with one request
START_UP = 5  # seconds in which a server reads its page files in the background
FIELDS = 3  # of each kind are added, one after the other


def over_http(name: str, product: Product, floor: Floor, count: int, rounds: int) -> dict[str, Any]:
    """What the API offers, and the memory that the product's server takes for it."""
    ours, theirs = product.serve(), floor.serve()
    try:
        client = product.client()
        client.send("GET", reads(product)["read one"])
        time.sleep(START_UP)
        memory = {"idle_mb": resident_mb(ours)}
        measured = {}
        for operation, (one, other) in operations(product, floor, count).items():
            measured[operation] = told(name, operation, measure(rounds, one, other))
        before, held = resident_mb(ours), []
        exported, by_floor = export(product, floor, lambda: held.append(resident_mb(ours)))
        measured["export all as CSV"] = told(name, "export all as CSV", figures([exported], [by_floor]))
        memory["exporting_more_mb"] = max(held) - before
        press(product, reads(product))
        memory["pressed_mb"] = resident_mb(ours)
        print(
            f"{name:<11} memory: {memory['idle_mb']} MB idle, {memory['exporting_more_mb']} MB more during the export,"
            f" {memory['pressed_mb']} MB after eight clients",
            flush=True,
        )
        return {"memory": memory, "operations": measured}
    finally:
        for server in (ours, theirs):
            server.terminate()
            server.wait()


def in_bulk(name: str, product: Product, floor: Floor, imported: int) -> dict[str, Any]:
    """What changes a whole table, or very many records. The floor does it in process."""
    formula = [f"{{amount}} * {{qty}} * 1.{number}" for number in range(1, FIELDS + 1)]
    by_hand = [f"round(amount * qty * 1.{number}, 10)" for number in range(1, FIELDS + 1)]
    rollup = {"type": "rollup", "through": "orders", "field": "amount", "function": "sum"}
    rolled_up = "(SELECT coalesce(sum(amount), 0) FROM orders WHERE customer = customers.id)"
    taken: dict[str, tuple[list[float], list[float]]] = {}
    if imported:
        file, sheet = (make(imported, len(product.customers)) for make in (workload.file, workload.sheet))
        by_floor = [floor.bring_in(file)]
        taken[f"import {imported:,} rows of CSV"] = [product.bring_in(file, "orders.csv", imported)], by_floor
        taken[f"import {imported:,} rows of XLSX"] = [product.bring_in(sheet, "orders.xlsx", imported)], by_floor
        ours, theirs = (list(workload.orders(imported, one.customers, seed=4)) for one in (product, floor))
        many = [product.add_in_batches(ours, BATCH)], [floor.add_in_batches(theirs, BATCH)]
        taken[f"create {imported:,} by {BATCH:,}"] = many
    taken |= {"add a formula field": ([], []), "add a rollup field": ([], [])}
    for number in range(FIELDS):
        into = taken["add a formula field"]
        field = {"type": "formula", "formula": formula[number]}
        into[0].append(product.add_field("orders", f"formula_{number}", field))
        into[1].append(floor.add_column("orders", f"formula_{number}", by_hand[number]))
        into = taken["add a rollup field"]
        into[0].append(product.add_field("customers", f"rollup_{number}", rollup))
        into[1].append(floor.add_column("customers", f"rollup_{number}", rolled_up))
    milliseconds = {one: [[each * 1_000 for each in side] for side in sides] for one, sides in taken.items()}
    return {one: told(name, one, figures(*sides)) for one, sides in milliseconds.items()}


def under_rules(name: str, product: Product, count: int, rounds: int) -> dict[str, Any]:
    """What somebody whom a role limits waits for, beside the owner. Last, since it brings indexes of its own."""
    product.tend_for_clerk(count)
    server = product.serve()
    try:
        time.sleep(START_UP)
        asked = ruled(product, count).items()
        return {operation: told(name, operation, measure(rounds, *both)) for operation, both in asked}
    finally:
        server.terminate()
        server.wait()


def told(name: str, operation: str, found: dict[str, float]) -> dict[str, float]:
    """The same figures, printed."""
    print(
        f"{name:<11} {operation:<34} {found['product_ms']:>10.2f} ms {found['floor_ms']:>10.2f} ms"
        f" {found['ratio']:>7.2f} x {found['product_p95_ms']:>10.2f} ms",
        flush=True,
    )
    return found


def run(name: str, count: int, rounds: int, imported: int) -> dict[str, Any]:
    """Everything on one database."""
    with tempfile.TemporaryDirectory(prefix="formwork-bench-") as folder, database_urls(name) as (ours, theirs):
        product = Product(Path(folder) / "product", ours, 8731, count)
        (Path(folder) / "floor").mkdir()
        floor = Floor(Path(folder) / "floor", theirs, 8732, count)
        found = over_http(name, product, floor, count, rounds)
        found["operations"] |= in_bulk(name, product, floor, imported)
        found["operations"] |= under_rules(name, product, count, rounds)
        return {"load_seconds": round(product.load_seconds, 1), **found}


def main() -> None:
    """Print a table and write `bench.json`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=100_000, help="how many orders (a tenth as many customers)")
    parser.add_argument("--rounds", type=int, default=60, help="how often each request is measured")
    parser.add_argument("--imported", type=int, default=100_000, help="rows of the file that is imported; 0: none is")
    parser.add_argument("--databases", default="sqlite,postgresql")
    chosen = parser.parse_args()
    print(f"{'database':<11} {'operation':<34} {'product':>13} {'floor':>13} {'ratio':>9} {'our p95':>13}")
    found = {name: run(name, chosen.orders, chosen.rounds, chosen.imported) for name in chosen.databases.split(",")}
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
