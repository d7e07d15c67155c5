"""The pages in a real browser: cells, panel, filters, cards, keys; the policy holds and the console stays silent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.web.pages.conftest import Browsing

ALL = "/apps/shop/deals/views/all"
REFUSED = "status of 4"  # the browser notes each answer that refuses something


@pytest.fixture(autouse=True)
def nothing_to_complain_about(browsing: Browsing) -> Iterator[None]:
    yield
    assert [one for one in browsing.complaints if REFUSED not in one] == []


def test_a_cell_is_edited_with_the_keyboard_and_taken_back(browsing: Browsing) -> None:
    page = browsing.open(ALL)
    cells = page.locator("#lines tr").first.locator("td.cell")
    cells.nth(3).click()
    page.keyboard.press("Enter")
    page.keyboard.type("250")
    page.keyboard.press("Tab")
    expect(cells.nth(3)).to_have_text("$250.00")
    expect(cells.nth(5)).to_have_text("125")
    expect(page.locator("#totals")).to_contain_text("$2,250.00")
    expect(cells.nth(4)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.type("12,,5")
    page.keyboard.press("Enter")
    expect(page.locator("#cell-error")).to_contain_text("must be a number")
    expect(page.locator(".cell-form input")).to_have_value("12,,5")
    page.keyboard.press("Escape")
    expect(cells.nth(3)).to_have_text("$250.00")
    page.keyboard.press("Control+z")
    expect(cells.nth(3)).to_have_text("$100.00")


def test_a_link_and_a_choice_are_set_in_their_cells(browsing: Browsing) -> None:
    page = browsing.open(ALL)
    cells = page.locator("#lines tr").first.locator("td.cell")
    cells.nth(1).click(position={"x": 4, "y": 4})
    page.keyboard.press("Enter")
    page.locator(".cell-form input[type=search]").fill("004")
    page.locator(".cell-form .found button", has_text="Customer 004").first.click()
    expect(cells.nth(1)).to_have_text("Customer 004")
    cells.nth(2).click()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(cells.nth(2)).to_have_text("Won")
    expect(cells.nth(2)).to_be_focused()


def test_a_record_is_changed_in_its_panel(browsing: Browsing) -> None:
    page = browsing.open(f"{ALL}?sort=-amount")
    page.locator("#lines td.title a").first.click()
    panel = page.locator(".panel")
    expect(panel.locator("h1")).to_have_text("Deal 006")
    assert "record=rec" in browsing.path
    amount = panel.locator("[data-field=amount] input")
    amount.fill("9,9,9")
    amount.press("Tab")
    expect(panel.locator("[data-field=amount] .wrong")).to_contain_text("must be a number")
    notes = panel.locator("[data-field=notes] textarea")
    notes.fill("Ask again")
    notes.blur()
    expect(page.locator("#record-history")).to_contain_text("Ask again")
    expect(amount).to_have_value("9,9,9")
    amount.fill("900")
    amount.press("Enter")
    expect(panel.locator(".wrong")).to_have_count(0)
    expect(panel.locator(".worked-out")).to_contain_text("450")
    expect(page.locator("#lines")).to_contain_text("$900.00")
    panel.get_by_label("Next record").click()
    expect(panel.locator("h1")).to_have_text("Deal 005")
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    assert browsing.path == f"{ALL}?sort=-amount"


def test_a_record_is_made_and_deleted_in_the_panel(browsing: Browsing) -> None:
    page = browsing.open(ALL)
    page.keyboard.press("n")
    panel = page.locator(".panel")
    panel.get_by_role("button", name="Create").click()
    expect(panel.locator("[data-field=title] .wrong")).to_contain_text("Title is needed")
    panel.locator("[data-field=title] input").fill("Made here")
    panel.locator("[data-field=customer] input[type=search]").fill("Brand new")
    panel.locator(".found button", has_text="Create Brand new").click()
    expect(panel.locator("[data-field=customer] .chip")).to_contain_text("Brand new")
    panel.get_by_role("button", name="Create").click()
    expect(panel.locator("h1")).to_have_text("Made here")
    expect(page.locator("#lines")).to_contain_text("Made here")
    panel.get_by_label("Delete").click()
    expect(panel).to_have_count(0)
    expect(page.locator("#lines tr")).to_have_count(6)
    page.locator(".toast-line [data-undo]").last.click()
    expect(page.locator("#lines tr")).to_have_count(7)


def test_filter_sort_and_search_without_leaving_the_page(browsing: Browsing) -> None:
    page = browsing.open(ALL)
    page.locator(".tools summary", has_text="Filter").click()
    page.get_by_label("Field", exact=True).first.select_option("state")
    page.get_by_label("Operator").select_option("is_any_of")
    page.locator(".filter-choices label", has_text="Won").click()
    page.locator(".filter").get_by_role("button", name="Apply").click()
    expect(page.locator("#lines tr")).to_have_count(2)
    expect(page.locator(".tools")).to_contain_text("1 filter")
    assert browsing.path == f"{ALL}?state__is_any_of=won"
    page.locator("th[data-field=amount] a").click()
    expect(page.locator("th[data-field=amount]")).to_have_attribute("aria-sort", "ascending")
    page.keyboard.press("/")
    page.keyboard.type("006")
    expect(page.locator("#lines tr")).to_have_count(1)
    expect(page.locator("#view-search")).to_be_focused()
    assert browsing.path == f"{ALL}?state__is_any_of=won&sort=amount&q=006"
    page.go_back()
    expect(page.locator("#lines tr")).to_have_count(2)


def test_several_lines_are_ticked_and_deleted(browsing: Browsing) -> None:
    page = browsing.open(ALL)
    lines = page.locator("#lines tr")
    lines.nth(1).hover()
    lines.nth(1).locator(".tick").click()
    lines.nth(3).locator(".tick").click(modifiers=["Shift"])
    expect(page.locator("#ticked")).to_be_visible()
    page.locator("#ticked").get_by_role("button", name="Delete").click()
    expect(lines).to_have_count(3)
    page.keyboard.press("Control+z")
    expect(lines).to_have_count(6)


def test_a_card_is_dragged_to_another_stack(browsing: Browsing) -> None:
    page = browsing.open("/apps/shop/deals/views/board")
    card = page.locator(".card-record", has_text="Deal 001")
    card.drag_to(page.locator("[data-stack=lost]"), target_position={"x": 100, "y": 30})
    expect(page.locator(".toast-line")).to_contain_text("Moved to Lost")
    heads = page.locator(".stack-head")
    expect(heads.nth(2)).to_contain_text("$100.00")
    expect(heads.nth(0)).to_contain_text("$1,100.00")
    page.locator(".toast-line [data-undo]").click()
    expect(heads.nth(0)).to_contain_text("$1,200.00")


def test_a_link_opens_what_it_leads_to(browsing: Browsing) -> None:
    page = browsing.open(ALL)
    page.locator("#lines a.chip", has_text="Customer 001").first.click()
    expect(page.locator(".panel h1")).to_have_text("Customer 001")
    page.locator(".panel .linked .name", has_text="Deal 002").click()
    expect(page.locator(".panel h1")).to_have_text("Deal 002")
    page.keyboard.press("Escape")
    expect(page.locator(".panel")).to_have_count(0)
    assert browsing.path == ALL


def test_on_a_phone_a_record_is_a_card(browsing: Browsing) -> None:
    browsing.page.set_viewport_size({"width": 390, "height": 844})
    page = browsing.open(ALL)
    first = page.locator("#lines tr").first
    box = first.bounding_box()
    assert box is not None
    assert box["height"] > 80
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    first.click()
    expect(page.locator(".panel h1")).to_have_text("Deal 001")
    assert page.evaluate("document.querySelector('.panel').getBoundingClientRect().width") == 390


def test_without_script_a_record_is_found_changed_and_made(browsing: Browsing, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, storage_state=browsing.page.context.storage_state())
    page = context.new_page()
    home = f"{browsing.base}{browsing.work.at}"
    page.goto(f"{home}{ALL}")
    page.locator(".tools summary", has_text="Filter").click()
    page.get_by_label("Field", exact=True).first.select_option("amount")
    page.locator(".filter button", has_text="Apply").click()
    page.get_by_label("Operator").first.select_option("at_least")
    page.locator(".filter").get_by_label("Value").first.fill("500")
    page.locator(".filter button", has_text="Apply").click()
    assert page.url == f"{home}{ALL}?amount__at_least=500"
    expect(page.locator("#lines tr")).to_have_count(2)
    page.locator("#lines td.title a").first.click()
    expect(page.locator(".panel h1")).to_have_text("Deal 005")
    page.get_by_label("Open as a page").click()
    page.locator("#amount").fill("555")
    page.locator("select[name=customer]").select_option(label="Customer 001")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[data-toast]")).to_contain_text("Saved.")
    expect(page.locator("#amount")).to_have_value("555")
    expect(page.locator("[data-field=customer] .chip")).to_contain_text("Customer 001")
    page.goto(f"{home}/apps/shop/deals/records/new")
    page.locator("#title").fill("Without script")
    page.get_by_role("button", name="Create").click()
    expect(page.locator("h1")).to_have_text("Without script")
    context.close()
