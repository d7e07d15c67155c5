"""The frame in a real browser: no violation of the policy, keys, panels, and the same without script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.web.gallery.server import EMAIL, PASSWORD, Gallery, gallery

WATCH = """
window.violations = JSON.parse(sessionStorage.getItem("violations") ?? "[]");
document.addEventListener("securitypolicyviolation", (event) => {
  violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
  sessionStorage.setItem("violations", JSON.stringify(violations));
});
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gallery]:
    with gallery(tmp_path_factory.mktemp("data")) as site:
        yield site


@pytest.fixture
def desk(browser_context: BrowserContext, site: Gallery) -> Iterator[Page]:
    """A page of somebody signed in, at a desk; what its console complains of fails the test."""
    complaints: list[str] = []
    page = browser_context.new_page()
    page.add_init_script(WATCH)
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    site.sign_in(page)
    yield page
    assert page.evaluate("violations") == []
    assert [one for one in complaints if "the server responded with a status of 422" not in one] == []


def _cell(page: Page, line: int, field: str) -> Locator:
    place = page.locator(f"thead th[data-field={field}]").evaluate("head => head.cellIndex")
    return page.locator("#lines tr").nth(line).locator("td").nth(place)


@pytest.mark.parametrize("path", ["grid", "kanban", "records/any", "pieces", "/account", "/", "/workspaces/new"])
def test_pages_break_no_rule_of_the_policy(desk: Page, site: Gallery, path: str) -> None:
    desk.goto(site.address(path))
    desk.wait_for_load_state("networkidle")
    for menu in desk.locator("details.menu > summary").all()[:6]:
        if menu.is_visible():
            menu.click()
            desk.keyboard.press("Escape")
    assert desk.evaluate("getComputedStyle(document.body).fontFamily").startswith('"Inter Variable"')


def test_the_policy_blocks_what_is_smuggled_in(browser_context: BrowserContext, site: Gallery) -> None:
    page = browser_context.new_page()
    page.add_init_script(WATCH)
    site.sign_in(page)
    page.evaluate(
        """() => {
          const html = `<p onclick="pwned = 1" style="color: red">x</p><img src="x" onerror="pwned = 2">`;
          document.getElementById("main").insertAdjacentHTML("beforeend", html);
          document.querySelector("#main p[onclick]").click();
        }"""
    )
    page.wait_for_function("violations.length >= 3")
    assert page.evaluate("window.pwned") is None


def test_a_cell_is_edited_by_keys_and_put_right_where_it_stands(desk: Page, site: Gallery) -> None:
    desk.goto(site.address("grid"))
    cell = _cell(desk, 1, "amount")
    cell.click()
    desk.keyboard.press("Enter")
    desk.keyboard.type("12,,5")
    desk.keyboard.press("Enter")
    expect(desk.locator("#cell-error")).to_have_text("Amount must be a number, such as 1234.50.")
    expect(desk.locator(".cell-form input[name=amount]")).to_have_value("12,,5")
    expect(desk.locator("#saving")).to_have_text("Not saved")
    desk.keyboard.press("Control+a")
    desk.keyboard.type("999")
    desk.keyboard.press("Enter")
    expect(_cell(desk, 1, "amount")).to_have_text("$999.00")
    expect(desk.locator("td.cell:focus")).to_have_count(1)
    assert desk.evaluate("document.activeElement.parentElement.rowIndex") == 3
    desk.keyboard.press("ArrowUp")
    desk.keyboard.type("7")
    expect(desk.locator(".cell-form input[name=amount]")).to_have_value("7")
    desk.keyboard.press("Escape")
    expect(_cell(desk, 1, "amount")).to_have_text("$999.00")


def test_a_choice_and_a_tick_are_edited_in_place(desk: Page, site: Gallery) -> None:
    desk.goto(site.address("grid"))
    _cell(desk, 2, "stage").dblclick()
    desk.locator(".cell-form select").select_option("offer")
    expect(_cell(desk, 2, "stage")).to_have_text("Offer")
    ticked = _cell(desk, 2, "stalled")
    before = ticked.get_attribute("data-value")
    ticked.click()
    desk.keyboard.press("Enter")
    expect(_cell(desk, 2, "stalled")).to_have_attribute("data-value", "no" if before == "yes" else "yes")


def test_a_record_opens_over_its_view_and_closing_returns_to_the_place(desk: Page, site: Gallery) -> None:
    view = site.address("grid")
    desk.goto(view)
    desk.evaluate("document.getElementById('view').scrollTop = 300")
    desk.locator("#lines tr").nth(12).locator(".title a").click()
    expect(desk.locator(".panel h1")).to_be_visible()
    assert "/records/rec" in desk.url
    desk.keyboard.press("Escape")
    expect(desk.locator(".panel")).to_have_count(0)
    assert desk.url == view
    assert desk.evaluate("document.getElementById('view').scrollTop") == 300
    assert desk.evaluate("document.activeElement.matches('td.title')")
    desk.go_forward()
    expect(desk.locator("h1")).to_be_visible()
    assert "/records/rec" in desk.url


def test_a_link_is_chosen_by_searching(desk: Page, site: Gallery) -> None:
    desk.goto(site.address("records/any"))
    desk.fill("input[type=search]#account", "isd")
    desk.locator(".found button", has_text="Isdom").click()
    box = desk.locator("[data-link-input=account]")
    expect(box.locator(".chip")).to_have_count(1)
    expect(box.locator(".chip")).to_contain_text("Isdom")
    assert desk.evaluate("new FormData(document.querySelector('form[data-keeps]')).getAll('account').length") == 2


def test_keys_open_the_finder_and_the_list_of_keys(desk: Page, site: Gallery) -> None:
    desk.goto(site.address("kanban"))
    desk.keyboard.press("Control+k")
    expect(desk.locator("#finder input")).to_be_focused()
    desk.keyboard.press("Escape")
    expect(desk.locator("#finder")).to_be_hidden()
    desk.keyboard.press("?")
    expect(desk.locator("#keys")).to_be_visible()
    desk.keyboard.press("Escape")
    expect(desk.locator("#keys")).to_be_hidden()
    desk.keyboard.press("/")
    expect(desk.locator("[data-searches]")).to_be_focused()


def test_the_theme_is_chosen_and_kept(desk: Page, site: Gallery) -> None:
    desk.emulate_media(color_scheme="dark")
    assert desk.locator("html").get_attribute("data-bs-theme") == "dark"
    desk.locator("summary[aria-label^=Account]").click()
    desk.locator("[data-theme-choice=light]").click()
    desk.wait_for_load_state()
    assert desk.locator("html").get_attribute("data-bs-theme") == "light"
    desk.goto(site.address("/account"))
    assert desk.locator("#theme").input_value() == "light"


@pytest.mark.parametrize("path", ["grid", "kanban", "records/any", "pieces", "/account", "/"])
def test_nothing_is_wider_than_a_phone(browser: Browser, site: Gallery, path: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    site.sign_in(page)
    page.goto(site.address(path))
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate("document.getElementById('main').scrollWidth") <= 390
    context.close()


def test_all_of_it_works_without_script(browser: Browser, site: Gallery) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.base}/sign-in")
    page.fill("#email", EMAIL)
    page.fill("#password", PASSWORD)
    page.click(".plain-card button")
    page.goto(site.address("/account"))
    page.fill("#name", "Ada Byron")
    page.click("form[action='/account'] button")
    expect(page.locator("h1")).to_have_text("Ada Byron")
    expect(page.locator("[data-toast]")).to_contain_text("Your account is saved.")
    page.reload()
    expect(page.locator("[data-toast]")).to_have_count(0)
    page.goto(site.address("grid"))
    page.locator("summary", has_text="Sorted by Amount").click()
    expect(page.locator("select[name=sort]").first).to_be_visible()
    page.locator("summary", has_text="Sorted by Amount").click()
    page.locator("#lines .title a").first.click()
    expect(page.locator("h1")).to_be_visible()
    page.locator("summary[aria-label^=Account]").click()
    page.locator("button", has_text="Sign out").click()
    expect(page.locator("h1")).to_have_text("Sign in")
    context.close()
