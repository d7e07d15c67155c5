"""A started server of ours that a base is brought in from, as the other service would answer; and who brings it in."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from engine import accounts, api_tokens, apps, bases, comments, files, queries, records
from engine.access.principals import Principal, person
from engine.automations.steps import Means
from engine.bases import BaseImport, working
from engine.egress import Egress, Limits
from engine.opening import open_stores
from engine.queries import Query
from engine.settings import Settings
from engine.storage.stores import Stores, Workspace
from engine.vault import Vault
from web.app import create_app

FILES = files.Limits(2**20, 2**24)


@dataclass
class There:
    """The installation over there: its server answers at `url` to `token`."""

    url: str
    token: str
    stores: Stores
    workspace: Workspace
    owner: Principal

    def install(self, document: Mapping[str, Any]) -> None:
        """Make or change the app that is a base for who asks."""
        with self.workspace.write(self.owner) as session:
            apps.apply(session, dict(document))

    def create(self, table: str, *given: Mapping[str, Any]) -> list[str]:
        """New records; their ids."""
        with self.workspace.write(self.owner) as session:
            return records.create(session, table, [dict(one) for one in given])

    def update(self, table: str, changed: Mapping[str, Mapping[str, Any]]) -> None:
        """Change records."""
        with self.workspace.write(self.owner) as session:
            records.update(session, table, {one: dict(values) for one, values in changed.items()})

    def file(self, name: str, content: bytes) -> str:
        """A file to be held by a record."""
        return files.bring(self.workspace, self.owner, io.BytesIO(content), name, FILES).id

    def say(self, table: str, record: str, text: str) -> None:
        """A comment."""
        with self.workspace.write(self.owner) as session:
            comments.add(session, table, record, text)

    def table(self, table: str, *fields: str) -> list[dict[str, Any]]:
        """What its records hold."""
        return rows_of(self.workspace, self.owner, table, *fields)


@dataclass
class Here:
    """The installation that a base comes into."""

    stores: Stores
    workspace: Workspace
    owner: Principal
    means: Means
    workspace_id: str

    def begin(self, token: str, base: str, into: str | None = None) -> BaseImport:
        """Ask, and say which base; nothing is fetched yet."""
        found = bases.offered(self.means, token)
        with self.workspace.write(self.owner) as session:
            made = bases.begin(session, self.means.vault, token, found)
            return bases.choose(session, made.id, base, into)

    def work(self) -> bool:
        """What a worker does next."""
        return working.work(self.workspace, self.means, "wrktest", lambda: [self.owner.id])

    def fetched(self, token: str, base: str, into: str | None = None) -> BaseImport:
        """All of it is there, and what it becomes is said."""
        held = self.begin(token, base, into)
        assert self.work()
        return self.get(held.id)

    def bring(self, token: str, base: str, into: str | None = None) -> BaseImport:
        """The whole way."""
        held = self.fetched(token, base, into)
        assert held.state == "fetched", held.says
        self.confirm(held.id)
        assert self.work()
        return self.get(held.id)

    def confirm(self, import_id: str) -> None:
        """Let it be brought in."""
        with self.workspace.write(self.owner) as session:
            bases.confirm(session, import_id)

    def get(self, import_id: str) -> BaseImport:
        """How it is now."""
        with self.workspace.read(self.owner) as session:
            return bases.get(session, import_id)

    def table(self, table: str, *fields: str) -> list[dict[str, Any]]:
        """What the records of a table hold."""
        return rows_of(self.workspace, self.owner, table, *fields)

    def document(self, app: str) -> dict[str, Any]:
        """The definition of an app."""
        with self.workspace.read(self.owner) as session:
            return dict(apps.export(session, app))


def rows_of(workspace: Workspace, owner: Principal, table: str, *fields: str) -> list[dict[str, Any]]:
    """The records of a table in the order of their titles; only these fields if given."""
    with workspace.read(owner) as session:
        title = session.layout.table(table).title
        found, _next = queries.page_of(session, Query(table, sort=(title,), limit=1_000))
    return [{key: one.get(key) for key in fields or one} for _id, one in found]


def made(folder: Path, url: str = "", **environment: str) -> tuple[Settings, Stores, str, str]:
    """A fresh installation with its owner Ada: settings, stores, the workspace's id, hers."""
    settings = Settings.from_environment(
        {"FORMWORK_DATA": str(folder), "FORMWORK_DATABASE_URL": url, "FORMWORK_API_RATE": "0", **environment}
    )
    stores = open_stores(settings)
    owner, membership = accounts.create_owner(
        stores, email="ada@example.com", name="Ada", password="four words in a row", workspace="Acme"
    )
    return settings, stores, membership.id, owner.id


def here_of(folder: Path, url: str, there: str, **environment: str) -> Here:
    """An installation that brings bases in from `there`."""
    allowed = {"FORMWORK_BASES_URL": f"{there}/v0", "FORMWORK_EGRESS_ALLOW": "127.0.0.0/8"}
    settings, stores, workspace, owner = made(folder, url, **{**allowed, **environment})
    egress = Egress(Egress.of(settings).rules, Limits(resolve=60, connect=60, total=60))
    means = Means(settings, egress, Vault.at(settings.key_file))
    return Here(stores, stores.workspace(workspace), person(owner, "owner"), means, workspace)


@contextmanager
def served(folder: Path) -> Iterator[There]:
    """A server of its own over a fresh installation."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        settings, stores, workspace, owner = made(folder, FORMWORK_PUBLIC_URL=url)
        app = create_app(settings, stores)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        token = api_tokens.create(stores, owner, workspace, "bases")[1]
        yield There(url, token, stores, stores.workspace(workspace), person(owner, "owner"))
        server.should_exit = True
        thread.join(60)
        app.state.site.background.close()
        stores.close()
