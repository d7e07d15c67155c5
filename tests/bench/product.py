"""The product with the workload in it."""

from __future__ import annotations

import copy
import io
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine import accounts, api_tokens, apps, imports, indexes, queries, roles, totals
from engine.access.principals import Principal, person
from engine.opening import open_stores
from engine.settings import Settings
from engine.storage.stores import Stores, Workspace
from tests.bench import workload
from tests.bench.filling import fill, work_out
from tests.bench.servers import Client, start
from web.site import STATIC
from web.statics import Statics
from web.templates import Templates


class Product:
    """Its data, its server, and what only pages and the command line do: changing definitions, importing."""

    def __init__(self, folder: Path, url: str, port: int, count: int) -> None:
        self.environment = {"FORMWORK_DATA": str(folder), "FORMWORK_DATABASE_URL": url, "FORMWORK_PORT": str(port)}
        self.environment["FORMWORK_API_RATE"] = "0"  # how fast it is, not how fast one may ask
        self.port = port
        self.definition = copy.deepcopy(workload.DEFINITION)
        stores = self._opened()
        owner, membership = accounts.create_owner(
            stores, email="bench@example.com", name="Bench", password="a long bench phrase 42", workspace="Bench"
        )
        _token, self.secret = api_tokens.create(stores, owner.id, membership.id, "bench", days=1)
        self.workspace, self.asker = membership.id, person(owner.id, "owner")
        self._load(stores, count, owner.id)
        stores.close()
        Templates(Statics(STATIC)).read_all()  # a server that is not the first compiles no page files, and holds less

    def serve(self) -> subprocess.Popen[bytes]:
        """A server, which holds the data until it ends."""
        return start([sys.executable, "-m", "web.command", "serve"], self.environment, self.port)

    def client(self) -> Client:
        """A client with the owner's token."""
        return Client(self.port, self.secret)

    def clerk(self) -> Client:
        """A client with the token of somebody whom a role limits."""
        return Client(self.port, self.clerk_secret)

    def add_field(self, table: str, key: str, field: dict[str, Any]) -> float:
        """Change the definition; the seconds that it takes."""
        self.definition["tables"][table]["fields"][key] = field
        stores = self._opened()
        with stores.workspace(self.workspace).read() as session:
            session.layout.table("sales.orders")
        begun = time.perf_counter()
        with stores.workspace(self.workspace).write(self.asker) as session:
            apps.apply(session, self.definition)
        seconds = time.perf_counter() - begun
        stores.close()
        return seconds

    def bring_in(self, file: bytes, name: str, count: int) -> float:
        """Import a file with so many orders as the command line does: look what it holds, map, write; the seconds."""
        stores = self._opened()
        workspace = stores.workspace(self.workspace)
        begun = time.perf_counter()
        with workspace.write(self.asker) as session:
            held = imports.start(session, io.BytesIO(file), name, "sales.orders")
        with workspace.read(self.asker) as session:
            mapping = imports.propose(session, held.id).mapping
        with workspace.write(self.asker) as session:
            imports.choose(session, held.id, mapping)
        done = imports.carry_out(workspace, self.asker, held.id)
        seconds = time.perf_counter() - begun
        if done.counts is None or done.counts["new"] != count:
            raise SystemExit(f"The import did something else: {done.counts}")
        stores.close()
        return seconds

    def add_in_batches(self, orders: Sequence[dict[str, Any]], size: int) -> float:
        """Create orders through the API, so many with each request; the seconds."""
        server = self.serve()
        try:
            client = self.client()
            client.send("GET", f"/v0/sales/orders/{self.orders[0]}")
            begun = time.perf_counter()
            for first in range(0, len(orders), size):
                some = [{"fields": {**one, "customer": [one["customer"]]}} for one in orders[first : first + size]]
                client.send("POST", "/v0/sales/orders", {"records": some})
            return time.perf_counter() - begun
        finally:
            server.terminate()
            server.wait()

    def _opened(self) -> Stores:
        return open_stores(Settings.from_environment({key: one for key, one in self.environment.items() if one}))

    def _load(self, stores: Stores, count: int, owner: str) -> None:
        workspace = stores.workspace(self.workspace)
        who = {"email": "clerk@example.com", "name": "Clerk", "password": "a long clerk phrase 42", "role": "member"}
        clerk = accounts.add_person(stores, self.workspace, **who)
        self.clerk_asks = person(clerk.id)
        _token, self.clerk_secret = api_tokens.create(stores, clerk.id, self.workspace, "bench", days=1)
        begun = time.perf_counter()
        with workspace.write(self.asker) as session:
            apps.apply(session, self.definition)
            named = iter(workload.customers(count // 10))
            self.customers = fill(session, "sales.customers", count // 10, named, owner)
            orders = ({**one, "total": workload.total(one)} for one in workload.orders(count, self.customers))
            self.orders = fill(session, "sales.orders", count, orders, clerk.id)
            work_out(session, "sales.customers")
        with workspace.write(self.asker) as session:
            roles.give(session, "sales.clerk", clerk.id)
        self.load_seconds = time.perf_counter() - begun
        self._tend(workspace, self.asker, count)

    def tend_for_clerk(self, count: int) -> None:
        """What the worker does once somebody with the role has asked for a while."""
        stores = self._opened()
        self._tend(stores.workspace(self.workspace), self.clerk_asks, count)
        stores.close()

    def _tend(self, workspace: Workspace, asker: Principal, count: int) -> None:
        """The worker makes indexes for saved views, and for what was slow repeatedly."""
        for _time in range(indexes.REPEATED):
            with workspace.read(asker) as session:
                totals.groups(session, queries.Query("sales.orders"), ["status"], [("sum", "total")])
                far = queries.Query("sales.orders", sort=["-ordered_on"], offset=count * 9 // 10)
                queries.page_of(session, far)
        indexes.tend(workspace)
        if workspace.database.dialect == "postgresql":
            with workspace.database.writers.engine.connect() as connection:
                connection.exec_driver_sql("VACUUM ANALYZE")  # as the server does by itself after a while
