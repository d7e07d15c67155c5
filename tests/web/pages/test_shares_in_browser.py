"""A shared view in a real browser: without script errors, by keyboard and on a phone."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.web.pages.conftest import Browsing


def test_a_view_is_shared_and_read_without_an_account(browsing: Browsing) -> None:
    page = browsing.open("/apps/shop/deals/views/all")
    page.locator(".top-end").get_by_role("link", name="Share").click()
    dialog, before = page.locator("dialog[open]"), page.url
    dialog.locator("[name=password]").fill("short")
    dialog.get_by_role("button", name="Make the link").click()
    expect(dialog.locator(".wrong")).to_be_visible()
    dialog.locator("[name=password]").fill("")
    dialog.get_by_role("button", name="Make the link").click()
    link = dialog.locator("#link").input_value()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert page.url == before
    assert link.startswith(f"{browsing.base}/s/")
    browser = page.context.browser
    assert browser
    stranger = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN").new_page()
    stranger.goto(link)
    expect(stranger.get_by_text("Deal 001")).to_be_visible()
    assert stranger.locator(".side").count() == 0
    stranger.get_by_text("Deal 002").click()
    expect(stranger.locator("#panel .record-title")).to_contain_text("Deal 002")
    assert "record=" in stranger.url
    stranger.keyboard.press("Escape")
    expect(stranger.locator("#panel .record-title")).to_have_count(0)
    stranger.fill("#view-search", "Deal 003")
    expect(stranger.get_by_text("Deal 001")).to_have_count(0)
    stranger.context.close()
    assert [one for one in browsing.complaints if "status of 422" not in one] == []
