"""A running server with a workspace that has the CRM and its samples, and the gallery's pages beside the real ones."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from jinja2 import ChoiceLoader, FileSystemLoader
from playwright.sync_api import Page

from engine import accounts
from engine.access.principals import person
from engine.settings import Settings
from tests.web.gallery import pages, sample
from web.app import create_app

EMAIL, PASSWORD = "ada@example.com", "four words in a row"


@dataclass(frozen=True)
class Gallery:
    app: FastAPI
    base: str
    workspace: str

    def address(self, name: str) -> str:
        """Of a gallery page by its name, of any other page by its path."""
        return f"{self.base}{name}" if name.startswith("/") else f"{self.base}/w/{self.workspace}/gallery/{name}"

    def sign_in(self, page: Page) -> None:
        page.goto(f"{self.base}/sign-in")
        page.fill("#email", EMAIL)
        page.fill("#password", PASSWORD)
        page.click(".plain-card button")
        page.wait_for_url(f"{self.base}/w/**")


@contextmanager
def gallery(data: Path) -> Iterator[Gallery]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        base = f"http://127.0.0.1:{port}"
        app = create_app(Settings.from_environment({"FORMWORK_DATA": str(data), "FORMWORK_PUBLIC_URL": base}))
        app.router.routes += pages.router.routes
        environment = app.state.site.templates._environment
        environment.loader = ChoiceLoader([environment.loader, FileSystemLoader(Path(__file__).parent / "html")])
        stores = app.state.site.stores
        who, membership = accounts.create_owner(
            stores, email=EMAIL, name="Ada Lovelace", password=PASSWORD, workspace="Acme Trading"
        )
        people = [who.id]
        for name, email in (("Ben Okafor", "ben@example.com"), ("王小明", "wang@example.com")):
            added = accounts.add_person(stores, membership.id, email=email, name=name, password=PASSWORD, role="member")
            people.append(added.id)
        with stores.workspace(membership.id).write(person(who.id, "owner")) as session:
            sample.fill(session, people)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        try:
            yield Gallery(app, base, membership.id)
        finally:
            server.should_exit = True
            thread.join(60)
