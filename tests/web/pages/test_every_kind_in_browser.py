"""Every type of field is filled, changed, cleared and got wrong in a real browser, on a form and on a record's page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from engine import records
from engine.access.principals import person
from engine.queries import Query
from tests.web.pages.conftest import Browsing
from tests.web.pages.every_kind import (
    FILLED,
    THINGS,
    Example,
    bad,
    clear,
    enter,
    install,
    is_typed,
    may_be_cleared,
    type_text,
    typed_into,
)

LOOKS = [(1440, "light", "en"), (390, "dark", "zh")]
looks = pytest.mark.parametrize(("width", "scheme", "language"), LOOKS, ids=["desk", "phone"])


@pytest.fixture
def looking(browsing: Browsing) -> Callable[[int, str, str], Browsing]:
    def look(width: int, scheme: str, language: str) -> Browsing:
        browsing.page.set_viewport_size({"width": width, "height": 900})
        browsing.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        browsing.page.set_extra_http_headers({"Accept-Language": language})
        return browsing

    return look


def held(browsing: Browsing, record: str) -> Mapping[str, Any]:
    with browsing.work.site.stores.workspace(browsing.work.membership.id).read(person(browsing.work.who, "owner")) as s:
        return records.get(s, THINGS, record).values


def made(browsing: Browsing, **values: Any) -> str:
    with browsing.work.site.stores.workspace(browsing.work.membership.id).write(
        person(browsing.work.who, "owner")
    ) as s:
        return records.create(s, THINGS, [{"title": "One", **values}])[0]


def place_of(page: Page, name: str) -> Locator:
    return page.locator(f"[data-field={name}]:not(th)")


def is_held(name: str, found: Any, example: Example | None) -> bool:
    """Whether a field holds what was given (None: nothing); of lines and files it is only known that there is one."""
    if example is None or name in ("line_items", "attachment"):
        return bool(found) == (example is not None)
    return bool(found == example.value)


def waits_for(browsing: Browsing, record: str, name: str, example: Example | None) -> None:
    """Wait until what was typed is stored."""
    for _time in range(400):
        if is_held(name, held(browsing, record)[name], example):
            return
        browsing.page.wait_for_timeout(50)
    raise AssertionError(f"{name} does not hold {example}")


@looks
def test_a_form_takes_all_kinds_and_says_all_that_is_wrong_at_once(
    looking: Callable[..., Browsing], width: int, scheme: str, language: str
) -> None:
    browsing = looking(width, scheme, language)
    examples = install(browsing.work)
    page = browsing.open("/apps/kinds/things/forms/enter")
    page.fill("#title", "From the form")
    wrong = [name for name in FILLED if bad(name) and is_typed(place_of(page, name))]
    for name in wrong:
        type_text(place_of(page, name), bad(name))
    page.locator(".form-foot .btn-primary").click()
    for name in wrong:
        expect(page.locator(f"#{name}-wrong")).to_be_visible()
        expect(typed_into(place_of(page, name))).to_have_value(bad(name))
    expect(page.locator(".wrong")).to_have_count(len(wrong))
    for name in FILLED:
        enter(place_of(page, name), examples[name][0])
    page.locator(".form-foot .btn-primary").click()
    page.wait_for_load_state()
    with browsing.work.site.stores.workspace(browsing.work.membership.id).read(person(browsing.work.who, "owner")) as s:
        (found,) = records.find(s, Query(THINGS, ['={title} = "From the form"'])).records
    missing = {name: found.values[name] for name in FILLED if not is_held(name, found.values[name], examples[name][0])}
    assert missing == {}
    assert {one for one in browsing.complaints if "422" not in one} == set()


@looks
def test_a_record_is_filled_changed_cleared_and_got_wrong_field_by_field(
    looking: Callable[..., Browsing], width: int, scheme: str, language: str
) -> None:
    browsing = looking(width, scheme, language)
    examples = install(browsing.work)
    record = made(browsing)
    page = browsing.open(f"/apps/kinds/things/records/{record}")
    for name in FILLED:
        place = place_of(page, name)
        for example in examples[name]:
            enter(place, example)
            waits_for(browsing, record, name, example)
    for name in FILLED:
        place = place_of(page, name)
        if bad(name) and is_typed(place):
            type_text(place, bad(name))
            expect(page.locator(f"#{name}-wrong")).to_be_visible()
            expect(typed_into(place)).to_have_value(bad(name))
            assert is_held(name, held(browsing, record)[name], examples[name][-1])
    for name in [one for one in FILLED if may_be_cleared(one, examples[one][-1])]:
        clear(place_of(page, name))
        waits_for(browsing, record, name, None)
    assert {one for one in browsing.complaints if "422" not in one} == set()
