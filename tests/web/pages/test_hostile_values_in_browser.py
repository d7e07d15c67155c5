"""Whatever people call things, and whatever they write, nothing of it runs or is asked for, wherever it is drawn.

T-XSS-02, T-HTMX-03: every type of field and every page that draws values, in a real browser: no dialog, no element of
an attacker's, no request, no report of the policy. The first test shows that each of them would be noticed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Dialog, Page, Request

from tests.support.payloads import HTMX_PAYLOADS, PAYLOADS
from tests.web import shop
from tests.web.pages.conftest import Browsing
from tests.web.pages.hostile import Zoo, build

# What grid.js does with a cell that somebody clicks.
EDIT = """async paths => {
  for (const path of paths) {
    const cell = Object.assign(document.createElement("td"), { id: "editor" });
    document.getElementById("lines").append(cell);
    const headers = { "HX-Target": "td#editor" };
    await htmx.ajax("GET", path, { source: cell, target: cell, swap: "innerHTML", headers });
  }
}"""
LINKS = ("link", "any_link", "parent")
FOUND = "document.querySelectorAll('[pwned], pwned').length"
THINGS = "/apps/zoo/things"


@dataclass
class Watched:
    """A page, and what happened on it that no page may do."""

    page: Page
    browsing: Browsing
    happened: list[str] = field(default_factory=list)

    def opens(self, address: str) -> None:
        """Look at a page, and at all of it: what is folded up, too."""
        base = self.browsing.base
        answer = self.page.goto(
            base + (address if address.startswith(("/s/", "/f/", "/account")) else self.browsing.work.at + address)
        )
        assert answer
        assert answer.status == 200, address
        self.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        self.page.wait_for_load_state("networkidle")
        self.look(address)

    def look(self, where: str) -> None:
        """What stands there now."""
        if found := self.page.evaluate(FOUND):
            self.happened.append(f"{where}: {found} elements")
        self.happened += [f"{where}: {one}" for one in self.browsing.complaints]
        self.browsing.complaints.clear()


@pytest.fixture
def watched(browsing: Browsing) -> Watched:
    made = Watched(browsing.page, browsing)

    def on_dialog(dialog: Dialog) -> None:
        made.happened.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def on_request(request: Request) -> None:
        to = urlsplit(request.url)
        if to.scheme not in ("data", "blob") and (
            f"{to.scheme}://{to.netloc}" != browsing.base or to.path.startswith("/pwned")
        ):
            made.happened.append(f"request {request.url}")

    browsing.page.on("dialog", on_dialog)
    browsing.page.on("request", on_request)
    return made


@pytest.fixture
def zoo(browsing: Browsing) -> Zoo:
    work = browsing.work
    owner = shop.principal(work.who)
    return build(work.site.stores, work.site.stores.workspace(work.membership.id), owner, work.site.settings)


def test_all_of_it_would_be_noticed(watched: Watched) -> None:
    """As HTML, on one of our own pages: what htmx would ask, what the browser would, and what the policy reports."""
    page = watched.page
    write = "htmls => htmls.forEach(html => document.getElementById('main').insertAdjacentHTML('beforeend', html))"
    page.evaluate(write, [*PAYLOADS[:20], HTMX_PAYLOADS[0]])
    page.evaluate("htmx.process(document.getElementById('main'))")
    page.wait_for_load_state("networkidle")
    watched.look("here")
    told = "\n".join(watched.happened)
    for sign in ("elements", "/pwned", "script-src-attr", "script-src-elem"):
        assert sign in told, told
    page.goto("about:blank")
    page.evaluate("alert(1)")
    assert "dialog 1" in watched.happened


def test_nothing_of_it_happens_on_any_page(watched: Watched, zoo: Zoo) -> None:
    record = f"{THINGS}/records/{zoo.whole}"
    place = watched.browsing.work.membership.id
    for address in (
        "", "/inbox", "/outbox", "/trash", "/audit", "/shares", "/people", "/departments", "/search?q=pwned",
        "/account", "/imports", f"/imports/{zoo.held}/columns", f"/imports/{zoo.held}/preview", "/apps/zoo",
        "/apps/zoo/-/access", "/apps/zoo/-/api", "/apps/zoo/-/revisions", "/apps/zoo/-/revisions/1",
        *(f"{THINGS}/views/all?page={page}" for page in (1, 2, 3)),
        f"{THINGS}/views/groups", f"{THINGS}/views/board", f"{THINGS}/views/month?at=2026-03",
        f"{THINGS}/views/all?record={zoo.ids[5]}", f"{THINGS}/forms", f"{THINGS}/forms/desk", f"{THINGS}/formulas",
        f"{THINGS}/choices/f_link?q=", record, f"{record}/access", f"{record}/history", f"{record}/comments",
        f"/f/{place}/zoo/things/open", *(f"/s/{token}" for token in zoo.shared),
    ):  # fmt: skip
        watched.opens(address)
    cells = f"{watched.browsing.work.at}{THINGS}/views/all/cells/{zoo.whole}"
    watched.opens(f"{THINGS}/views/all")
    watched.page.evaluate(EDIT, [f"{cells}/f_{kind}" for kind in LINKS])
    watched.look("cells that are edited")
    assert watched.happened == []
