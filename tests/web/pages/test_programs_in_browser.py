"""The page that tries the API in a real browser: a request is chosen, sent and answered, with no script error."""

from __future__ import annotations

from playwright.sync_api import expect

from engine import api_tokens
from tests.web.pages.conftest import Browsing


def test_a_request_is_chosen_sent_and_answered(browsing: Browsing) -> None:
    page = browsing.open("/apps/shop/-/api?table=deals")
    row = page.get_by_role("row").filter(has_text="Create a record")
    row.get_by_role("link", name="Try it").click()
    expect(page.locator("#method")).to_have_value("POST")
    expect(page.locator("#path")).to_have_value("/v0/shop/deals")
    expect(page.locator("#try-it")).to_be_in_viewport()
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#answer")).to_contain_text("Without a token you can only look, with GET.")
    _who, token = api_tokens.create(browsing.work.site.stores, browsing.work.who, browsing.work.membership.id, "tries")
    page.fill("#body", '{"fields": {"Title": "By the page"}}')
    page.fill("#token", token)
    page.locator("#token").press("Enter")
    expect(page.locator("#answer .pill")).to_have_text("200")
    expect(page.locator("#answer pre")).to_contain_text('"Title": "By the page"')
    expect(page.locator("#token")).to_have_value(token)
    page.select_option("#method", "GET")
    page.fill("#path", "/v0/shop/deals?filterByFormula={Title}='By the page'")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#answer pre")).to_contain_text('"createdTime"')
    assert [one for one in browsing.complaints if "status of 422" not in one] == []


def test_it_fits_a_phone_and_names_the_table_that_is_shown(browsing: Browsing) -> None:
    page = browsing.page
    page.set_viewport_size({"width": 390, "height": 844})
    browsing.open("/apps/shop/-/api")
    page.get_by_role("navigation", name="Tables").get_by_role("link", name="Tag").click()
    expect(page.get_by_role("navigation", name="Tables").locator("[aria-current]")).to_have_text("Tag")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_text("Python", exact=True).click()
    expect(page.locator("details[open]").filter(has_text="Python")).to_be_visible()
    head = page.locator(".card-head h2").first.bounding_box()
    cell = page.locator(".simple td").first
    padding = cell.evaluate("cell => cell.getBoundingClientRect().x + parseFloat(getComputedStyle(cell).paddingLeft)")
    assert head
    assert abs(head["x"] - padding) <= 1
    assert browsing.complaints == []
