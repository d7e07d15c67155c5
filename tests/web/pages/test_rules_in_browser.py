"""States in a real browser: a cell offers what may follow."""

from __future__ import annotations

from playwright.sync_api import expect

from engine import apps, records
from tests.web import shop
from tests.web.pages.conftest import Browsing
from tests.web.pages.test_rules import BOOKS


def test_a_cell_offers_the_states_that_may_follow(browsing: Browsing) -> None:
    work = browsing.work
    with work.site.stores.workspace(work.membership.id).write(shop.principal(work.who)) as session:
        apps.apply(session, BOOKS)
        records.create(session, "books.orders", [{"number": "7"}])
    page = browsing.open("/apps/books/orders/views/all")
    cell = page.locator("#lines tr").first.locator("td.cell").nth(2)
    cell.click()
    page.keyboard.press("Enter")
    expect(page.locator(".cell-form option")).to_have_count(2)
    page.locator(".cell-form select").select_option("sent")
    expect(cell).to_have_text("Sent")
    assert browsing.complaints == []
