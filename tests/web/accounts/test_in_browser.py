"""People and signing in, in a real browser: an invitation, a second factor, a token; nothing is wider than a phone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from engine import second_factor
from tests.support.desk import Desk, watch
from tests.support.provider import ProviderAtHand
from tests.support.server import Machine
from tests.web.conftest import PASSWORD

PAGES = (
    "/account",
    "/account/email",
    "/account/security",
    "/account/second-factor",
    "/account/provider",
    "/account/tokens",
    "/account/proof",
)
OUTSIDE = ("/sign-in", "/forgotten")
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def desk(machine: Machine, browser: Browser) -> Desk:
    """The owner of a fresh installation, which has a sign-in provider, too."""
    provider = {"FORMWORK_OIDC_ISSUER": "http://127.0.0.1:9", "FORMWORK_OIDC_CLIENT_ID": "x"}
    server = machine.serve(**provider)
    made = Desk(browser.new_context(locale="en-US").new_page(), server.url)
    link = server.wait_for(r"within 30 minutes: (\S+)")
    made.create_owner(link, name="Ada", email="ada@example.com", password=PASSWORD, workspace="Acme")
    return made


def test_from_the_invitation_to_the_second_factor(desk: Desk, browser: Browser) -> None:
    complaints = watch(desk.page.context)
    desk.open("people")
    desk.page.get_by_role("link", name="Invite").click()
    desk.page.select_option("#role", "builder")
    desk.page.get_by_role("button", name="Invite").click()
    link = desk.page.locator("#link").input_value()

    context = browser.new_context(locale="en-US", viewport={"width": 390, "height": 844})
    complaints_of_ben = watch(context)
    ben = context.new_page()
    ben.goto(link)
    for field, typed in {"name": "Ben", "email": "ben@example.com", "password": PASSWORD}.items():
        ben.fill(f"#{field}", typed)
    ben.get_by_role("button", name="Create account").click()
    ben.wait_for_url(f"{desk.base}/w/*")

    ben.goto(f"{desk.base}/account/second-factor")
    seed = ben.locator("form code").inner_text().replace(" ", "")
    ben.fill("#code", second_factor.code_at(seed, datetime.now(UTC)))
    ben.get_by_role("button", name="Switch on").click()
    codes = ben.locator("#codes").input_value().split()
    assert len(codes) == 10
    ben.get_by_role("link", name="I keep them safe").click()
    expect(ben.locator("body")).to_contain_text("10 recovery codes are left")

    context.clear_cookies()
    ben.goto(f"{desk.base}/account")
    ben.fill("#email", "ben@example.com")
    ben.fill("#password", PASSWORD)
    ben.get_by_role("button", name="Sign in", exact=True).click()
    # The phone's next code: the one of just now is used up.
    ben.fill("#code", second_factor.code_at(seed, datetime.now(UTC) + timedelta(seconds=30)))
    ben.get_by_role("button", name="Sign in", exact=True).click()
    ben.wait_for_url(f"{desk.base}/account")
    assert complaints == complaints_of_ben == []


def test_a_token_is_made_shown_and_copied(desk: Desk) -> None:
    complaints = watch(desk.page.context)
    page = desk.page
    page.goto(f"{desk.base}/account/tokens")
    page.fill("#name", "Web shop")
    page.select_option("#may", "read")
    page.get_by_role("button", name="Create token").click()
    assert page.locator("#secret").input_value().startswith("fwk_")
    expect(page.locator(".list")).to_contain_text("only reads")
    assert complaints == []


def test_nothing_is_wider_than_a_phone_and_nothing_is_blocked(desk: Desk) -> None:
    complaints = watch(desk.page.context)
    desk.page.set_viewport_size({"width": 390, "height": 844})
    invitations = f"{desk.home.removeprefix(desk.base)}/invitations"
    for path in (*PAGES, invitations):
        desk.page.goto(f"{desk.base}{path}")
        assert not desk.page.evaluate(WIDER), path
    desk.page.context.clear_cookies()
    for path in OUTSIDE:
        desk.page.goto(f"{desk.base}{path}")
        assert not desk.page.evaluate(WIDER), path
    assert complaints == []


def test_by_way_of_a_provider_and_back(machine: Machine, browser: Browser, provider: ProviderAtHand) -> None:
    """A browser brings along what it must on its way back from another site, and an address ties nothing by itself."""
    server = machine.serve(**provider.settings)
    desk = Desk(browser.new_context(locale="en-US").new_page(), server.url)
    link = server.wait_for(r"within 30 minutes: (\S+)")
    desk.create_owner(link, name="Ada", email="ada@example.com", password=PASSWORD, workspace="Acme")
    provider.know("ada", email="ada@example.com", email_verified=True)
    page = browser.new_context(locale="en-US").new_page()
    for asks_for_password in (True, False):
        page.context.clear_cookies()
        page.goto(f"{desk.base}/account/tokens")
        page.get_by_role("link", name="Acme sign-on").click()
        page.wait_for_url(f"{provider.url}/**")
        page.fill("input[name=sub]", "ada")
        page.locator("button", has_text="Authorize").first.click()
        if asks_for_password:
            page.wait_for_url(f"{desk.base}/**")
            page.fill("#password", PASSWORD)
            page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(f"{desk.base}/account/tokens")
