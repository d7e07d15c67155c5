"""Files in a real browser: chosen, dropped and pasted, looked at one after the other."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from engine import apps, records
from tests.support.pictures import PDF, picture
from tests.web import shop
from tests.web.pages.conftest import Browsing
from tests.web.pages.test_files import TABLE, VISITS

CARRIED = """
  const carried = new DataTransfer();
  carried.items.add(new File([text], name, { type }));
  const how = { bubbles: true, cancelable: true, dataTransfer: carried, clipboardData: carried };
  const place = document.querySelector(selector);
"""
DROP = f"""([selector, name, type, text]) => {{ {CARRIED}
  for (const kind of ["dragenter", "dragover", "drop"]) place.dispatchEvent(new DragEvent(kind, how));
}}"""
PASTE = f"""([selector, name, type, text]) => {{ {CARRIED}
  place.dispatchEvent(new ClipboardEvent("paste", how));
}}"""


@pytest.fixture
def visit(browsing: Browsing) -> str:
    document = copy.deepcopy(shop.SHOP)
    document["tables"]["visits"] = TABLE
    work = browsing.work
    with work.site.stores.workspace(work.membership.id).write(shop.principal(work.who)) as session:
        apps.apply(session, document)
        return records.create(session, VISITS, [{"name": "Monday"}])[0]


def held(browsing: Browsing, record: str) -> dict[str, Any]:
    work = browsing.work
    with work.site.stores.workspace(work.membership.id).read(shop.principal(work.who)) as session:
        return records.get(session, VISITS, record).values


def files_of(tmp_path: Path) -> list[Path]:
    given = [("view.png", picture()), ("wide.png", picture(900, 200, color="orange")), ("plan.pdf", PDF)]
    for name, content in given:
        (tmp_path / name).write_bytes(content)
    return [tmp_path / name for name, _content in given]


def saved(page: Page) -> None:
    expect(page.locator("#saving")).to_contain_text("Saved")


def test_files_are_brought_in_a_record_and_looked_at(browsing: Browsing, visit: str, tmp_path: Path) -> None:
    page = browsing.open(f"/apps/shop/visits/records/{visit}")
    page.locator("[data-files-input=papers] input[type=file]").set_input_files(files_of(tmp_path))
    expect(page.locator("[data-files-input=papers] input[value^=att]")).to_have_count(3)
    saved(page)
    assert len(held(browsing, visit)["papers"]) == 3
    page.evaluate(PASTE, ["[data-files-input=photo] input[type=file]", "no.png", "image/png", "no picture"])
    expect(page.locator("[data-field=photo] > .wrong")).to_contain_text("does not take no.png")
    page.locator("[data-files-input=photo] [data-removes-file]").click()
    saved(page)
    page.locator("[data-files-input=papers] a").first.click()
    expect(page.locator("#viewer img")).to_be_visible()
    expect(page.locator("#viewer .viewer-facts")).to_contain_text("1 / 3")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#viewer .viewer-name")).to_have_text("wide.png")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#viewer .viewer-mark")).to_contain_text("plan.pdf")
    with page.expect_download() as download:
        page.locator("[data-viewer-download]").click()
    assert download.value.suggested_filename == "plan.pdf"
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()
    page.locator("[data-files-input=papers] [data-removes-file]").nth(1).click()
    expect(page.locator("[data-files-input=papers] input[value^=att]")).to_have_count(2)
    saved(page)
    page.reload()
    expect(page.locator("[data-files-input=papers] input[value^=att]")).to_have_count(2)
    assert len(held(browsing, visit)["papers"]) == 2
    assert [one for one in browsing.complaints if "422" not in one] == []


def test_a_file_is_dropped_on_a_line(browsing: Browsing, visit: str) -> None:
    page = browsing.open("/apps/shop/visits/views/all")
    cell = f"tr[id={visit}] td.cell:nth-of-type(3)"
    for count, name in enumerate(("a.txt", "b.txt"), 1):
        page.evaluate(DROP, [cell, name, "text/plain", "hello"])
        expect(page.locator(f"{cell} a[data-file]")).to_have_count(count)
    assert len(held(browsing, visit)["papers"]) == 2
    page.locator(f"{cell} a[data-file]").first.click()
    expect(page.locator("#viewer .viewer-name")).to_have_text("a.txt")
    page.keyboard.press("Escape")
    page.locator("#last-act button").evaluate("button => button.click()")
    expect(page.locator(f"{cell} a[data-file]")).to_have_count(1)
    assert [one for one in browsing.complaints if "422" not in one] == []
