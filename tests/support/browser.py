"""A real browser without a screen: one for a worker, and a fresh profile for each test."""

from __future__ import annotations

import asyncio
import tempfile
from asyncio import AbstractEventLoop
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.support.chromium import find_chromium

ARGUMENTS = [
    "--no-sandbox",  # tests run as root on machines that are made for them
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE [::1]",
]
PATIENCE_MS = 60_000  # two busy cores; a page that answers does so in a fraction of this
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the Chromium that is driven; the test fails, and says what to install, where there is none."""
    return find_chromium()


@pytest.fixture(scope="session")
def running_browser(chromium: str) -> Iterator[tuple[Browser, AbstractEventLoop]]:
    """The browser and the loop that drives it, which stands still between tests."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as home:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS, env={"HOME": home})
        loop = asyncio.get_running_loop()
        asyncio._set_running_loop(None)
        yield browser, loop
        asyncio._set_running_loop(loop)
        browser.close()


@pytest.fixture
def browser(running_browser: tuple[Browser, AbstractEventLoop]) -> Iterator[Browser]:
    """A running browser. Only while a test drives it does asyncio hear of Playwright's loop: others run their own."""
    browser, loop = running_browser
    asyncio._set_running_loop(loop)
    yield browser
    asyncio._set_running_loop(None)


@pytest.fixture
def browser_context(browser: Browser) -> Iterator[BrowserContext]:
    """A profile of its own: no cookies, English, at 1440 by 900 pixels. `browser.new_context` makes others."""
    context = browser.new_context(locale="en-US", timezone_id="UTC", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def page(browser_context: BrowserContext) -> Page:
    """An empty page."""
    return browser_context.new_page()
