"""Where `next` leads: to a page of ours, whatever it says, before signing in and after (T-REDIR-01)."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from playwright.sync_api import Page

from engine import accounts, second_factor, sessions
from engine.workspaces import Membership
from tests.web.conftest import BASE, EMAIL, PASSWORD, Visitor
from web.addresses import own_path
from web.site import Site

ELSEWHERE = [
    "https://evil.example",
    "http://evil.example/",
    "HTTPS://EVIL.EXAMPLE",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "//evil.example/..",
    "//evil.example@127.0.0.1:8000",
    "//127.0.0.1:8000@evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    " https://evil.example",
    "/\x00/evil.example",
    "/\x0b/evil.example",
    "/\u2028/evil.example",
    "/\u00a0/evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://evil.example/x",
    "evil.example",
    "evil.example/account",
    "@evil.example",
    "?next=https://evil.example",
    "#//evil.example",
    "..//evil.example",
    "./evil",
    "",
    "//",
    "http://",
    "//[::1]/",
]
OURS = [
    "/",
    "/account",
    "/w/wsp1/apps/crm?state__is=open&q=a%20b",
    "/account#sessions",
    "/%2f/evil.example",
    "/%5cevil.example",
    "/..//evil.example",
    "/.//evil.example",
    "/@evil.example",
    "/:80/x",
    "/https://evil.example",
    "/账号",
]


@pytest.mark.parametrize("wanted", ELSEWHERE, ids=repr)
def test_elsewhere_is_the_first_page(wanted: str) -> None:
    assert own_path(wanted) == "/"


def test_a_browser_stays_here_wherever_we_send_it(page: Page) -> None:
    """A browser's own reading of addresses is what counts."""
    for wanted in [*ELSEWHERE, *OURS]:
        origin = page.evaluate("([path, base]) => new URL(path, base).origin", [own_path(wanted), f"{BASE}/sign-in"])
        assert origin == BASE, wanted
    assert [own_path(wanted) for wanted in OURS] == OURS


def test_every_page_that_takes_next_goes_by_it(
    app: FastAPI, site: Site, owner: Visitor, membership: Membership
) -> None:
    ada = accounts.person_by_email(site.stores, EMAIL)
    assert ada
    seed = second_factor.new_seed()
    for wanted in ("https://evil.example/x", "//evil.example", "/\\evil.example"):
        asked = [
            owner.get(path, params={"next": wanted}, follow_redirects=False) for path in ("/sign-in", "/account/proof")
        ]
        stranger = Visitor(app)
        token = stranger.token("/sign-in")
        given = {"form_token": token, "email": EMAIL, "password": PASSWORD, "next": wanted}
        asked.append(stranger.post("/sign-in", data=given, follow_redirects=False))
        for path, data in (("/preferences", {"theme": ""}), ("/account/proof", {"current_password": PASSWORD})):
            sent = {"form_token": owner.token("/account"), "next": wanted, **data}
            asked.append(owner.post(path, data=sent, follow_redirects=False))
        assert [one.status_code for one in asked] == [303] * 5
        assert [one.headers["location"] for one in asked] == ["/"] * 5
        assert wanted not in Visitor(app).get("/sign-in", params={"next": wanted}).text
    with site.stores.control.read() as session:
        now = session.now
    codes = second_factor.switch_on(site.stores, site.vault, ada, seed, second_factor.code_at(seed, now))
    sessions.end_all(site.stores, ada.id)
    halfway = Visitor(app)
    asked_for_code = halfway.submit("/sign-in", email=EMAIL, password=PASSWORD, next="//evil.example")
    assert str(asked_for_code.url) == f"{BASE}/sign-in/code?next=%2F"
    token = halfway.token("/sign-in/code")
    sent = {"form_token": token, "code": codes[0], "next": "//evil.example"}
    assert halfway.post("/sign-in/code", data=sent, follow_redirects=False).headers["location"] == "/"
