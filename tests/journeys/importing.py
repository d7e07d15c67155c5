"""Bringing a file in through the pages of imports: the file, its columns, what would happen, and that it happened."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import expect

from tests.support.desk import Desk


def bring(desk: Desk, table: str, file: Path, goes: Mapping[str, str], means: Mapping[str, str]) -> None:
    """Import `file` as it is proposed, but for the columns that `goes` maps and the unknown names that mean another.

    The import's page is open then. Nothing may be refused: the counts of all pages are looked at.
    """
    page = desk.page
    rows = f"{len(file.read_bytes().splitlines()) - 1:,}"
    desk.open(f"imports/new?table={table}")
    page.set_input_files("input[name=file]", file)
    page.locator("main form button.btn-primary").click()
    expect(page.locator("h1 + p")).to_contain_text(f"{rows} lines with content")
    for column, field in goes.items():
        line = page.locator(".import-column").filter(has=page.get_by_text(column, exact=True))
        line.locator("select[name$='.field']").select_option(field)
    page.locator("button", has_text="Count what would happen").click()
    runs = page.locator("form[action$='/runs'] button")
    if means:
        _say_what_names_mean(desk, means)
    expect(runs).to_have_text(f"Import {rows} records")
    runs.click()
    expect(page.locator(".note.is-done")).to_have_text(f"{rows} records are imported.")


def _say_what_names_mean(desk: Desk, means: Mapping[str, str]) -> None:
    """The preview tells of names that nothing has, each with its lines and the nearest name that there is."""
    names = desk.page.locator("#names .named")
    expect(names).to_have_count(len(means))
    for unknown, meant in means.items():
        expect(names.filter(has_text=unknown).locator("input[name$='.means']")).to_have_value(meant)
    desk.page.locator("#names button", has_text="Take these and count again").click()


def take_back(desk: Desk, name: str) -> None:
    """Undo the newest import, that of the file `name`."""
    desk.open("imports")
    newest = desk.page.locator(".list > a").first
    expect(newest).to_contain_text(name)
    newest.click()
    desk.page.locator("button", has_text="Undo all of it").click()
    expect(desk.page.locator(".note")).to_contain_text("All of it was taken back")
