"""How many SQL statements a request takes: as many with 200 records as with a few, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.databases import Database
from tests.support.statements import counted
from tests.web.api.conftest import Client, Installation

ORDERS, CUSTOMERS = "/shop/orders", "/shop/customers"
FILTER: dict[str, Any] = {
    "filterByFormula": "AND({status} = 'open', {amount} >= 5)",
    "sort[0][field]": "day",
    "pageSize": 100,
}


def _of(installation: Installation, act: Callable[[], Any]) -> int:
    stores = installation.stores
    with counted(stores.control, stores.workspace(installation.membership.id)) as said:
        act()
    return len(said)


def _asked(api: Client, installation: Installation, number: int) -> dict[str, int]:
    """The statements of each operation on a table with `number` records more."""
    (acme,) = api.create({"Name": f"Acme {number}"}, table="customers")
    order = {"amount": 9, "status": "open", "day": "2026-03-01", "customer": [acme]}
    many = api.create(*[{**order, "number": f"{number}-{each}"} for each in range(number)])
    wide = {"records": [{"fields": {**order, "number": f"b{each}"}} for each in range(number)]}
    changes = {"records": [{"id": one, "fields": {"amount": 3}} for one in many]}
    leaving: dict[str, Any] = {"records[]": many}
    operations: dict[str, Callable[[], Any]] = {
        "read one": lambda: api.ask("GET", f"{ORDERS}/{many[0]}"),
        "page": lambda: api.ask("GET", ORDERS, **FILTER),
        "far page": lambda: api.ask("GET", ORDERS, skip=2),
        "search": lambda: api.ask("GET", ORDERS, search="acme"),
        "groups": lambda: api.ask("GET", f"{ORDERS}/groups", by="status", sum="total"),
        "create one": lambda: api.ask("POST", ORDERS, {"fields": order}),
        "create many": lambda: api.ask("POST", ORDERS, wide),
        "update one": lambda: api.ask("PATCH", f"{ORDERS}/{many[0]}", {"fields": {"amount": 7}}),
        "update many": lambda: api.ask("PATCH", ORDERS, changes),
        "delete many": lambda: api.ask("DELETE", ORDERS, **leaving),
    }
    for act in (operations["read one"], operations["page"], operations["groups"]):
        act()  # what follows from the definitions is made at the first question
    return {name: _of(installation, act) for name, act in operations.items()}


def test_requests_take_as_many_statements_with_many_records_as_with_few(
    api: Client, installation: Installation, database_url: Database
) -> None:
    _asked(api, installation, 2)
    few = _asked(api, installation, 3)
    noted = 3 if database_url.url else 2  # to note in the audit log that many went at once
    assert _asked(api, installation, 200) == {**few, "delete many": few["delete many"] + noted}


def test_a_read_asks_for_the_version_and_the_records(api: Client, installation: Installation) -> None:
    (acme,) = api.create({"Name": "Acme"}, table="customers")
    api.ask("GET", f"{CUSTOMERS}/{acme}")
    # And who links to them. For the token together with the version where others may write what it counts for, and
    # where the database is a file not again until something is written there.
    assert _of(installation, lambda: api.ask("GET", f"{CUSTOMERS}/{acme}")) == 3
