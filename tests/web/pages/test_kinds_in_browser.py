"""Fields of several choices, stars and durations, edited where they stand in a real browser."""

from __future__ import annotations

from playwright.sync_api import Route, expect

from engine import apps, records
from tests.web import shop
from tests.web.pages.conftest import Browsing

CHOICES = {
    "red": {"label": "Red", "color": "red"},
    "blue": {"label": "Blue", "color": "blue"},
    "green": {"label": "Green", "color": "green"},
}
FIELDS = {
    "name": {"type": "text"},
    "tags": {"type": "multi_select", "choices": CHOICES},
    "stars": {"type": "rating"},
    "took": {"type": "duration"},
    "notes": {"type": "rich_text"},
}


def test_lists_stars_and_durations_are_set_in_their_cells_and_in_the_record(browsing: Browsing) -> None:
    workspace = browsing.work.site.stores.workspace(browsing.work.membership.id)
    table = {"label": "Thing", "title": "name", "fields": FIELDS}
    with workspace.write(shop.principal(browsing.work.who)) as session:
        apps.apply(session, {"formwork": 1, "key": "demo", "label": "Demo", "tables": {"things": table}})
    with workspace.write(shop.principal(browsing.work.who)) as session:
        first = {"name": "First", "tags": ["red", "green"], "stars": 4, "took": 5400, "notes": "# Head\n\n**strong**"}
        (thing,) = records.create(session, "demo.things", [first])
    page = browsing.open("/apps/demo/things/views/all")
    cells = page.locator("#lines tr").first.locator("td.cell")
    cells.nth(1).click()
    page.keyboard.press("Enter")
    page.locator(".cell-form label", has_text="Blue").click()
    page.locator(".cell-form label", has_text="Red").click()
    page.keyboard.press("Enter")
    expect(cells.nth(1).locator(".pill")).to_have_text(["Blue", "Green"])
    cells.nth(2).click()
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    expect(cells.nth(2).locator("[role=img]").first).to_have_attribute("aria-label", "2 of 5")
    cells.nth(3).click()
    page.keyboard.press("Enter")
    expect(page.locator(".cell-form input")).to_have_value("1:30")
    page.keyboard.type("45m")
    page.keyboard.press("Enter")
    expect(cells.nth(3)).to_have_text("0:45")
    page = browsing.open(f"/apps/demo/things/records/{thing}")
    expect(page.locator(".prose strong")).to_have_text("strong")
    page.locator("[data-several=tags] label", has_text="Red").click()
    expect(page.locator(".history .now").first).to_contain_text("Red")
    page.locator("[data-several=stars] label[title='5']").click()
    expect(page.locator(".history [role=img][aria-label='5 of 5']").first).to_be_visible()
    assert browsing.complaints == []


def test_typing_goes_on_while_another_cell_of_the_line_is_saved(browsing: Browsing) -> None:
    workspace = browsing.work.site.stores.workspace(browsing.work.membership.id)
    table = {"label": "Thing", "title": "name", "fields": {key: {"type": "text"} for key in ("name", "code", "place")}}
    with workspace.write(shop.principal(browsing.work.who)) as session:
        apps.apply(session, {"formwork": 1, "key": "demo", "label": "Demo", "tables": {"things": table}})
        records.create(session, "demo.things", [{"name": "First", "code": "old"}])
    page = browsing.open("/apps/demo/things/views/all")
    cells = page.locator("#lines tr").first.locator("td.cell")
    waiting: list[Route] = []
    page.route("**/*", lambda route: waiting.append(route) if route.request.method == "POST" else route.continue_())
    cells.nth(1).click()
    with page.expect_request(lambda request: request.method == "POST"):
        page.keyboard.press("Delete")
    cells.nth(2).click()
    page.keyboard.type("half a ")
    waiting.pop().continue_()
    page.unroute("**/*")
    expect(cells.nth(1)).to_have_text("")
    page.keyboard.type("sentence")
    page.keyboard.press("Enter")
    expect(cells.nth(2)).to_have_text("half a sentence")
    cells.nth(0).dblclick()
    page.keyboard.type("Second")
    cells.nth(1).dblclick()  # leaves the one and edits the other
    page.keyboard.type("new")
    expect(page.locator(".cell-form input")).to_have_value("new")
    page.keyboard.press("Enter")
    expect(cells.nth(0)).to_have_text("Second")
    expect(cells.nth(1)).to_have_text("new")
    assert browsing.complaints == []
