"""Departments in a real browser: the tree on a phone, and a department chosen in a cell and moved on a board."""

from __future__ import annotations

from playwright.sync_api import expect

from engine import apps, departments, records
from tests.web import shop
from tests.web.pages.conftest import Browsing
from tests.web.pages.test_departments import THINGS


def test_departments_are_made_and_chosen(browsing: Browsing) -> None:
    page = browsing.open("/departments")
    page.fill("#name", "Sales")
    page.click("text=Add department")
    page.fill("#name", "East")
    page.select_option("#parent", label="Sales")
    page.click("text=Add department")
    expect(page.locator(".departments ul ul")).to_contain_text("East")
    page.set_viewport_size({"width": 390, "height": 800})
    for path in ("/departments", "/people", f"/people/{browsing.work.who}"):
        browsing.open(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    page.select_option("#department", label="Sales / East")
    page.click("main button.btn-primary")
    expect(page.locator("main")).to_contain_text("Sales / East")
    page.set_viewport_size({"width": 1280, "height": 800})

    workspace = browsing.work.site.stores.workspace(browsing.work.membership.id)
    with workspace.write(shop.principal(browsing.work.who)) as session:
        apps.apply(session, {**shop.SHOP, "tables": {**shop.SHOP["tables"], "things": THINGS}})
        records.create(session, "shop.things", [{"name": "a"}])
        east = next(one.id for one in departments.tree(session) if one.name == "East")
    browsing.open("/apps/shop/things/views/all")
    cell = page.locator("#lines tr td.cell").nth(1)
    cell.dblclick()
    cell.locator("select").select_option(east)
    expect(page.locator("#lines .chip")).to_have_text("East")
    page.locator("#lines td.title a").click()
    expect(page.locator("#panel #department")).to_have_value(east)
    browsing.open("/apps/shop/things/views/all?department__is_mine=")
    expect(page.locator("#lines tr")).to_have_count(1)
    assert browsing.complaints == []
