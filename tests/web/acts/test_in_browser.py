"""The same pages in a real browser: no violation of the policy, a switch, a dropped file; and all without script."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect

from engine import accounts, apps
from engine.access.principals import person
from engine.opening import open_stores
from engine.settings import Settings
from tests.support.desk import watch
from tests.web import shop
from tests.web.acts.conftest import ACTS
from tests.web.conftest import EMAIL, PASSWORD
from web.app import create_app

PAGES = (
    "/apps/shop/deals/forms",
    "/apps/shop/deals/forms/desk",
    "/apps/shop/-/automations",
    "/apps/shop/-/automations/won",
    "/apps/shop/-/connections",
    "/apps/shop/-/revisions",
    "/apps/shop/-/revisions/1",
    "/definitions/new",
    "/definitions/schemas/new",
    "/imports",
    "/imports/new",
    "/inbox",
    "/outbox",
)
CSV = "title,customer,amount\n" + "".join(f"Order {number},Customer 001,{number}\n" for number in range(300))


@dataclass
class Site:
    base: str
    home: str

    def sign_in(self, page: Page) -> None:
        page.goto(f"{self.base}/sign-in")
        page.fill("#email", EMAIL)
        page.fill("#password", PASSWORD)
        page.click(".plain-card button")
        page.wait_for_url(f"{self.base}/w/**")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        data = str(tmp_path_factory.mktemp("data"))
        settings = Settings.from_environment({"FORMWORK_DATA": data, "FORMWORK_PUBLIC_URL": base})
        stores = open_stores(settings)
        who, made = accounts.create_owner(stores, email=EMAIL, name="Ada", password=PASSWORD, workspace="Acme")
        with stores.workspace(made.id).write(person(who.id, "owner")) as session:
            apps.apply(session, ACTS)
            shop.add_deals(session, 3)
        server = uvicorn.Server(uvicorn.Config(create_app(settings, stores), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield Site(base, f"{base}/w/{made.id}")
        server.should_exit = True
        thread.join(60)
        stores.close()


@pytest.fixture
def desk(browser_context: BrowserContext, site: Site) -> Iterator[Page]:
    """Somebody at a desk; what the browser complains of fails the test."""
    complaints = watch(browser_context)
    page = browser_context.new_page()
    site.sign_in(page)
    yield page
    assert [one for one in complaints if "status of 422" not in one] == []


def test_no_page_breaks_the_policy_or_is_wider_than_a_phone(desk: Page, site: Site) -> None:
    for path in PAGES:
        desk.set_viewport_size({"width": 1440, "height": 900})
        desk.goto(site.home + path)
        assert desk.locator("h1, .empty h2").first.is_visible()
        desk.set_viewport_size({"width": 390, "height": 844})
        wide = desk.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0, path


def test_an_automation_is_switched_where_it_stands(desk: Page, site: Site) -> None:
    desk.goto(f"{site.home}/apps/shop/-/automations")
    switch = desk.locator("#automation-won .switch")
    expect(switch).to_have_attribute("aria-checked", "true")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    expect(desk.locator("[data-toast]")).to_contain_text("Deal won is off.")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "true")


def test_a_dropped_file_is_imported_and_undone(desk: Page, site: Site) -> None:
    desk.goto(f"{site.home}/imports/new?table=shop.deals")
    desk.evaluate(
        """text => {
          const given = new DataTransfer();
          given.items.add(new File([text], "orders.csv", {type: "text/csv"}));
          const zone = document.querySelector("[data-drop]");
          zone.dispatchEvent(new DragEvent("drop", {dataTransfer: given, bubbles: true, cancelable: true}));
        }""",
        CSV,
    )
    desk.get_by_role("button", name="Go on").click()
    expect(desk.locator("h1")).to_have_text("orders.csv")
    desk.locator("select[name='2.field']").select_option("+")
    expect(desk.locator("input[name='2.label']")).to_be_visible()
    desk.locator("select[name='2.field']").select_option("amount")
    expect(desk.locator("input[name='2.label']")).to_be_hidden()
    desk.get_by_role("button", name="Count what would happen").click()
    desk.get_by_role("button", name="Import 300 records").click()
    expect(desk.locator("#import")).to_contain_text("300 records are imported.")
    desk.get_by_role("button", name="Undo all of it").click()
    expect(desk.locator("#import")).to_contain_text("All of it was taken back")


def test_a_stranger_fills_in_a_form_on_a_phone(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, locale="zh-CN")
    complaints = watch(context)
    page = context.new_page()
    address = site.home.replace("/w/", "/f/") + "/shop/deals/enquiry"
    page.goto(address)
    expect(page.locator("h1")).to_have_text("咨询")
    page.fill("#title", "Desks")
    page.fill("#notes", "Ten")
    page.locator(".btn-primary").click()
    page.wait_for_url(f"{address}/thanks")
    page.go_back()  # where what was sent could be sent again, there is the receipt
    page.wait_for_url(f"{address}/thanks")
    assert context.cookies() == []
    assert complaints == []
    context.close()


def test_all_of_it_works_without_script(browser: Browser, site: Site, tmp_path: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    site.sign_in(page)
    page.goto(f"{site.home}/apps/shop/-/automations")
    page.locator("#automation-won .switch").click()
    expect(page.locator("[data-toast]")).to_contain_text("Deal won is off.")
    page.locator("#automation-won .switch").click()
    file = tmp_path / "deals.csv"
    file.write_text("title\nWithout script\n")
    page.goto(f"{site.home}/imports/new?table=shop.deals")
    page.set_input_files("input[type=file]", file)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Count what would happen").click()
    _look_again(page, "Import 1 record")
    page.get_by_role("button", name="Import 1 record").click()
    _look_again(page, "Undo all of it")
    context.close()


def _look_again(page: Page, button: str) -> None:
    """Follow the link of the page that waits until the button is there."""
    for _time in range(600):
        if page.get_by_role("button", name=button).is_visible():
            return
        page.get_by_role("link", name="Look again").click()
        page.wait_for_timeout(100)
    raise AssertionError(button)
