"""`python -m tests.screenshots`: a picture of every page into screenshots/, light and dark, at 390 and 1440 pixels.

`--readme` takes the two pictures of the README instead; names of pages (`grid kanban`) take only those.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from tests.screenshots.pages import inside, outside
from tests.screenshots.place import Place, file_name, place, settle
from tests.support.browser import ARGUMENTS
from tests.support.chromium import find_chromium

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "screenshots"
README = ROOT / "web" / "static" / "pictures"
SIZES: dict[str, ViewportSize] = {"desk": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
README_SIZE: ViewportSize = {"width": 1280, "height": 760}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def take(browser: Browser, shown: Place, wanted: list[str], folder: Path) -> None:
    """Every page in each size and scheme."""
    parts = (None, outside(shown)), (shown.state, inside(shown))
    for size, viewport in SIZES.items():
        for scheme in SCHEMES:
            for state, pages in parts:
                context = browser.new_context(
                    viewport=viewport, color_scheme=scheme, has_touch=size == "phone", storage_state=state,
                    locale="en-US", timezone_id="UTC",
                )  # fmt: skip
                context.set_default_timeout(30_000)
                page = context.new_page()
                for name, address in pages.items():
                    if not wanted or name in wanted:
                        page.goto(address)
                        settle(page)
                        page.screenshot(path=folder / file_name(name, size, scheme))
                        if page.evaluate("document.documentElement.scrollWidth") > viewport["width"]:
                            print(f"{name}: wider than {size}")
                context.close()


def take_for_readme(browser: Browser, shown: Place, folder: Path) -> None:
    """The grid and the board as the README shows them."""
    context = browser.new_context(viewport=README_SIZE, color_scheme="light", storage_state=shown.state, locale="en-US")
    page, pages = context.new_page(), inside(shown)
    for name in ("grid", "kanban"):
        page.goto(pages[name])
        settle(page)
        page.screenshot(path=folder / f"{name}.png")
    context.close()


def main() -> None:
    """Read what is wanted and take it."""
    reader = argparse.ArgumentParser(prog="python -m tests.screenshots", description=__doc__)
    reader.add_argument("pages", nargs="*", help="names of pages; all without any")
    reader.add_argument("--readme", action="store_true", help="take the two pictures of the README")
    asked = reader.parse_args()
    folder = README if asked.readme else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        with place(Path(data), browser) as shown:
            if asked.readme:
                take_for_readme(browser, shown, folder)
            else:
                take(browser, shown, asked.pages, folder)
        browser.close()
    print(f"The pictures are in {folder.relative_to(ROOT)}/.")


if __name__ == "__main__":
    main()
