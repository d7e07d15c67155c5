"""What a browser keeps of the pages of somebody who was signed in: nothing (T-HTMX-02, T-HDR-02)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.web.pages.conftest import Browsing

ALL = "/apps/shop/deals/views/all"
KEPT = "[...Object.entries(sessionStorage), ...Object.entries(localStorage)]"


def test_nothing_of_twenty_pages_is_stored(browsing: Browsing) -> None:
    page = browsing.open(ALL)
    for number in range(5):  # four pages each time: a panel, its end, back and on again
        page.locator("#lines td.title a").nth(number).click()
        expect(page.locator(".panel h1")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator(".panel")).to_have_count(0)
        page.go_back()
        expect(page.locator("h1").first).to_be_visible()
        page.go_forward()
        expect(page.locator("#lines td.title a").nth(number)).to_be_visible()
    assert page.evaluate(KEPT) == []
    assert page.evaluate("indexedDB.databases()") == []


def _a_page(page: Page) -> None:
    page.locator("#lines td.title a").first.wait_for()


def _a_panel(page: Page) -> None:
    page.locator("#lines td.title a").first.click()
    expect(page.locator(".panel h1")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".panel")).to_have_count(0)


@pytest.mark.parametrize("seen", [_a_page, _a_panel])
def test_the_way_back_after_signing_out_leads_to_the_sign_in(browsing: Browsing, seen: Callable[[Page], None]) -> None:
    page = browsing.open(ALL)
    seen(page)
    page.locator("summary[aria-label^=Account]").click()
    page.locator("button", has_text="Sign out").click()
    expect(page.locator("h1")).to_have_text("Sign in")
    for _step in range(2):
        page.go_back()
        expect(page.locator("h1")).to_have_text("Sign in")
        assert "Deal 001" not in page.content()
    assert "/sign-in" in page.url
