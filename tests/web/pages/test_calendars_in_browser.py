"""A calendar in a real browser: entries are dragged, and moved by keys, from day to day and from hour to hour."""

from __future__ import annotations

import copy

import pytest
from playwright.sync_api import Locator, expect

from engine import apps, records
from engine.definitions.documents import merged
from tests.web import shop
from tests.web.pages.conftest import Browsing
from tests.web.pages.test_calendars import CALLS, CLOSING, VIEWS


@pytest.fixture
def days(browsing: Browsing) -> Browsing:
    """The shop with its calendars, and a call."""
    work = browsing.work
    changes = {"tables": {"deals": {"fields": {"until": {"type": "date_time"}}, "views": VIEWS}}}
    with work.site.stores.workspace(work.membership.id).write(shop.principal(work.who)) as session:
        apps.apply(session, merged(copy.deepcopy(shop.SHOP), changes))
        given = {"title": "A call", "called": "2026-03-10T09:30:00Z", "close": "2026-03-10"}
        records.create(session, shop.DEALS, [given])
    return browsing


def on(days: Browsing, day: str, time: str | None = None) -> Locator:
    at = "" if time is None else f'[data-time="{time}"]'
    return days.page.locator(f'.cal-entries[data-day="{day}"]{at}')


def test_an_entry_is_dragged_to_another_day_and_put_back(days: Browsing) -> None:
    page = days.open(f"{CLOSING}?day=2026-03-10")
    entry = on(days, "2026-03-10").get_by_role("link", name="A call")
    with page.expect_response(lambda answer: "/moves/" in answer.url) as moved:
        entry.drag_to(on(days, "2026-03-18"))
    assert moved.value.ok
    expect(on(days, "2026-03-18")).to_contain_text("A call")
    page.locator("[data-toast]").get_by_role("button", name="Undo").click()
    expect(on(days, "2026-03-10")).to_contain_text("A call")
    assert days.complaints == []


def test_it_is_moved_by_keys_and_keeps_the_focus(days: Browsing) -> None:
    page = days.open(f"{CALLS}?day=2026-03-10&span=week")
    on(days, "2026-03-10", "09:00").get_by_role("link", name="A call").focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(on(days, "2026-03-11", "09:00").get_by_role("link")).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    expect(on(days, "2026-03-11", "10:00").get_by_role("link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#panel .record-title")).to_contain_text("A call")
    assert days.complaints == []


def test_a_week_of_hours_is_a_list_on_a_phone(days: Browsing) -> None:
    days.page.set_viewport_size({"width": 390, "height": 844})
    page = days.open(f"{CALLS}?day=2026-03-10&span=week")
    expect(page.locator(".cal-list").get_by_text("A call")).to_be_visible()
    expect(page.locator(".is-hours")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
