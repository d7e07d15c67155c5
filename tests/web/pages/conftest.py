"""A shop to work in, and somebody who does."""

from __future__ import annotations

import html
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from httpx2 import Response
from playwright.sync_api import BrowserContext, Page

from engine import accounts, records
from engine.queries import Query
from engine.records import Record
from engine.settings import Settings
from engine.workspaces import Membership
from tests.support.desk import watch
from tests.web import shop
from tests.web.conftest import EMAIL, PASSWORD, Visitor
from web.app import create_app
from web.site import Site

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@dataclass
class Work:
    """The owner at work in the shop's pages."""

    visitor: Visitor
    site: Site
    membership: Membership
    who: str

    @property
    def at(self) -> str:
        return f"/w/{self.membership.id}"

    def get(self, path: str, **headers: str) -> Response:
        """A page below the workspace, wherever it leads."""
        return self.visitor.get(self.at + path, headers=headers)

    def part(self, path: str, target: str) -> Response:
        """What htmx gets for the element `target` (`div#view`)."""
        return self.visitor.get(self.at + path, headers=HTMX | {"HX-Target": target})

    def post(self, path: str, /, htmx: str = "", **fields: Any) -> Response:
        """Send a form; with `htmx` as the element that it is the target of."""
        token = self.visitor.token(self.at)
        headers = HTMX | {"HX-Target": htmx} if htmx else {}
        return self.visitor.post(self.at + path, data={"form_token": token, **fields}, headers=headers)

    def deals(self, **query: Any) -> list[Record]:
        return self.find(Query(shop.DEALS, **({"sort": ["title"]} | query)))

    def find(self, query: Query) -> list[Record]:
        with self.site.stores.workspace(self.membership.id).read(shop.principal(self.who)) as session:
            return records.find(session, query).records

    def more_deals(self, count: int, first: int) -> None:
        with self.site.stores.workspace(self.membership.id).write(shop.principal(self.who)) as session:
            shop.add_deals(session, count, first)


def text_of(answer: Response) -> str:
    """What a person reads on a page, spaces put right."""
    bare = re.sub(r"<(script|style|template|noscript)\b.*?</\1>|<!--.*?-->", " ", answer.text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def lines_of(answer: Response) -> list[str]:
    """The records that a grid shows, by what stands in their first cell."""
    lines = re.findall(r'<td class="cell title".*?</td>', answer.text, re.DOTALL)
    return [html.unescape(re.sub(r"<[^>]+>", "", line)).strip() for line in lines]


@pytest.fixture
def work(owner: Visitor, site: Site, membership: Membership) -> Work:
    """The shop with six deals, and its owner."""
    found = accounts.person_by_email(site.stores, "ada@example.com")
    assert found
    shop.install(site.stores, membership, found.id, deals=6)
    return Work(owner, site, membership, found.id)


@pytest.fixture
def guest(work: Work) -> Work:
    """Somebody who may only look."""
    added = accounts.add_person(
        work.site.stores,
        work.membership.id,
        email="gus@example.com",
        name="Gus",
        password="four other words",
        role="guest",
    )
    visitor = Visitor(work.visitor.app)  # type: ignore[arg-type]
    assert visitor.sign_in("gus@example.com", "four other words").status_code == 200
    return Work(visitor, work.site, work.membership, added.id)


@dataclass
class Browsing:
    """A real browser that is signed in and looks at the shop; `complaints`: see `watch`."""

    page: Page
    work: Work
    base: str
    complaints: list[str]

    def open(self, path: str) -> Page:
        """Go to a page below the workspace."""
        self.page.goto(f"{self.base}{self.work.at}{path}")
        return self.page

    @property
    def path(self) -> str:
        """Where the browser is, below the workspace."""
        return self.page.url.removeprefix(f"{self.base}{self.work.at}")


@pytest.fixture
def browsing(tmp_path: Path, browser_context: BrowserContext) -> Iterator[Browsing]:
    """A running server with the shop and six deals, open in a browser."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        app = create_app(
            Settings.from_environment({"FORMWORK_DATA": str(tmp_path / "data"), "FORMWORK_PUBLIC_URL": base})
        )
        stores = app.state.site.stores
        who, made = accounts.create_owner(stores, email=EMAIL, name="Ada", password=PASSWORD, workspace="Acme")
        shop.install(stores, made, who.id, deals=6)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        complaints = watch(browser_context)
        page = browser_context.new_page()
        page.goto(f"{base}/sign-in")
        page.fill("#email", EMAIL)
        page.fill("#password", PASSWORD)
        page.click(".plain-card button")
        page.wait_for_url(f"{base}/w/**")
        yield Browsing(page, Work(Visitor(app), app.state.site, made, who.id), base, complaints)
        server.should_exit = True
        thread.join(60)
