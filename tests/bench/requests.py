"""The operations that are asked for over HTTP, each as (one round on the product, one round on the floor)."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

from tests.bench import workload
from tests.bench.floor_data import Floor
from tests.bench.product import Product
from tests.bench.servers import Client

Round = Callable[[int], Any]
PATH = "/v0/sales/orders"
SORT = "sort%5B0%5D%5Bfield%5D=ordered_on&sort%5B0%5D%5Bdirection%5D=desc"
FILTER = quote('AND({status} = "paid", {amount} >= 500)')
SEARCHED = quote("juniper cedar")
WARM = 3  # rounds that do not count
CLIENTS = 8  # at once, when memory is measured
TURNS = 40  # requests of each kind by each of them


def operations(product: Product, floor: Floor, count: int) -> dict[str, tuple[Round, Round]]:
    """All of them by name; `count` is how many orders there are."""
    ours, theirs = product.client(), floor.client()
    fresh = list(workload.orders(20_000, product.customers, seed=2))
    fresh_floor = list(workload.orders(20_000, floor.customers, seed=2))
    chosen = [number * 7_919 % count for number in range(10_000)]

    def fields(one: dict[str, Any]) -> dict[str, Any]:
        return {**one, "customer": [one["customer"]]}

    def batch(number: int) -> slice:
        return slice(5_000 + number * 100, 5_100 + number * 100)

    at = count * 9 // 10

    def deep(_number: int) -> Any:
        return ours.send("GET", f"{PATH}?pageSize=100&{SORT}&skip={at}")

    return {
        "create one": (
            lambda n: ours.send("POST", PATH, {"fields": fields(fresh[n])}),
            lambda n: theirs.send("POST", "/orders", {"records": [fresh_floor[n]]}),
        ),
        "create 100 at once": (
            lambda n: ours.send("POST", PATH, {"records": [{"fields": fields(one)} for one in fresh[batch(n)]]}),
            lambda n: theirs.send("POST", "/orders", {"records": fresh_floor[batch(n)]}),
        ),
        "read one": (
            lambda n: ours.send("GET", f"{PATH}/{product.orders[chosen[n]]}"),
            lambda n: theirs.send("GET", f"/orders/{floor.orders[chosen[n]]}"),
        ),
        "page of 100, filtered and sorted": (
            lambda _n: ours.send("GET", f"{PATH}?pageSize=100&filterByFormula={FILTER}&{SORT}"),
            lambda _n: theirs.send("GET", "/orders?status=paid&amount=500"),
        ),
        "deep page": (deep, lambda _n: theirs.send("GET", f"/deep?offset={at}")),
        "update with formula and rollup": (
            lambda n: ours.send("PATCH", f"{PATH}/{product.orders[chosen[n]]}", {"fields": {"amount": 10 + n / 100}}),
            lambda n: theirs.send("PATCH", f"/orders/{floor.orders[chosen[n]]}", {"amount": 10 + n / 100}),
        ),
        "group sum": (
            lambda _n: ours.send("GET", f"{PATH}/groups?by=status&sum=total"),
            lambda _n: theirs.send("GET", "/sums"),
        ),
        "text search": (
            lambda _n: ours.send("GET", f"{PATH}?pageSize=100&search={SEARCHED}"),
            lambda _n: theirs.send("GET", f"/search?text={SEARCHED}"),
        ),
    }


def ruled(product: Product, count: int) -> dict[str, tuple[Round, Round]]:
    """What a row rule and a hidden field cost: each as (one round of who is limited by them, one of who is not)."""
    chosen = [number * 7_919 % count for number in range(10_000)]

    def both(ask: Callable[[Client, int], Any]) -> tuple[Round, Round]:
        limited, free = product.clerk(), product.client()
        return lambda n: ask(limited, n), lambda n: ask(free, 5_000 + n)  # who writes what is there writes nothing

    at, paths = count * 9 // 10, reads(product)
    return {
        "rules: read one": both(lambda client, n: client.send("GET", f"{PATH}/{product.orders[chosen[n]]}")),
        "rules: page": both(lambda client, _n: client.send("GET", paths["page"])),
        "rules: deep page": both(lambda client, _n: client.send("GET", f"{PATH}?pageSize=100&{SORT}&skip={at}")),
        "rules: update": both(
            lambda client, n: client.send(
                "PATCH", f"{PATH}/{product.orders[chosen[n]]}", {"fields": {"amount": 20 + n / 100}}
            )
        ),
        "rules: count": both(lambda client, _n: client.send("GET", f"{PATH}/groups?filterByFormula={FILTER}")),
        "rules: group sum": both(lambda client, _n: client.send("GET", paths["sums"])),
        "rules: text search": both(lambda client, _n: client.send("GET", paths["search"])),
    }


def measure(rounds: int, product: Round, floor: Round) -> dict[str, float]:
    """Milliseconds of both, asked turn by turn so that a noisy moment meets both: medians, and our 95th percentile."""
    for number in range(WARM):
        product(number)
        floor(number)
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(WARM, rounds + WARM):
        for ask, into in ((product, taken[0]), (floor, taken[1])):
            begun = time.perf_counter()
            ask(number)
            into.append((time.perf_counter() - begun) * 1_000)
    return figures(*taken)


def figures(ours: list[float], theirs: list[float]) -> dict[str, float]:
    """What is reported of the milliseconds that both took."""
    median, floor = statistics.median(ours), statistics.median(theirs)
    slow = statistics.quantiles(ours, n=20)[-1] if len(ours) > 1 else median
    return {
        "product_ms": round(median, 3),
        "floor_ms": round(floor, 3),
        "ratio": round(median / floor, 2),
        "product_p95_ms": round(slow, 3),
    }


def export(product: Product, floor: Floor, look: Callable[[], object]) -> tuple[float, float]:
    """The milliseconds in which all orders go out as CSV, of both; meanwhile one may look at the product."""
    taken = []
    for client, method, path, body in (
        (product.client(), "POST", f"{PATH}/exports", {"format": "csv"}),
        (floor.client(), "GET", "/export", None),
    ):
        begun = time.perf_counter()
        lines = client.take(method, path, body, look)
        taken.append((time.perf_counter() - begun) * 1_000)
        if lines <= len(product.orders):
            raise SystemExit(f"{path} gave {lines} lines only")
    return taken[0], taken[1]


def press(product: Product, operations: Mapping[str, str]) -> None:
    """Eight clients at once read in every way, so that the server holds what it holds on a busy day."""

    def one(_number: int) -> None:
        client = product.client()
        for _turn in range(TURNS):
            for path in operations.values():
                client.send("GET", path)

    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(one, range(CLIENTS)))


def reads(product: Product) -> dict[str, str]:
    """The address of each way to read."""
    return {
        "read one": f"{PATH}/{product.orders[7]}",
        "page": f"{PATH}?pageSize=100&filterByFormula={FILTER}&{SORT}",
        "sums": f"{PATH}/groups?by=status&sum=total",
        "search": f"{PATH}?pageSize=100&search={SEARCHED}",
    }
