"""Writing a formula in a real browser: names complete themselves, mistakes show while one types."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.web.pages.conftest import Browsing


def test_names_complete_and_mistakes_show_while_typing(browsing: Browsing) -> None:
    page = browsing.open("/apps/shop/deals/formulas/new")
    page.fill("#label", "Twice")
    page.click("#formula")
    page.keyboard.type("rou")
    expect(page.locator("[data-suggestions] li").first).to_contain_text("ROUND(number")
    page.keyboard.press("Enter")
    page.keyboard.type("{am")
    expect(page.locator("[data-suggestions] li[aria-selected=true]")).to_have_text("{Amount}")
    page.keyboard.press("Tab")
    expect(page.locator("#formula")).to_have_value("ROUND({Amount}")
    expect(page.locator("#tried mark")).to_have_text("(")
    page.keyboard.type(" * 2)")
    expect(page.locator("#tried")).to_contain_text("It gives a number.")
    expect(page.locator("#tried tbody tr")).to_have_count(4)
    page.keyboard.press("Control+a")
    page.locator(".words-list [data-inserts='{Amount}']").click()
    expect(page.locator("#formula")).to_have_value("{Amount}")
    page.locator("button", has_text="Save formula").click()
    expect(page.locator("#toasts")).to_contain_text("Twice is worked out anew.")
    assert browsing.complaints == []
