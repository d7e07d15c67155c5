"""`python -m tests.web.gallery FOLDER`: pictures of all pages, in light and dark, at 390 and 1440 pixels."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.support.browser import ARGUMENTS
from tests.support.chromium import find_chromium
from tests.web.gallery.server import gallery

SIZES = {"desk": (1440, 900), "phone": (390, 844)}
PAGES = ("grid", "kanban", "records/any", "pieces")


def take(folder: Path, wanted: tuple[str, ...]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, gallery(Path(data)) as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        for scheme in ("light", "dark"):
            for size, (width, height) in SIZES.items():
                context = browser.new_context(
                    viewport={"width": width, "height": height}, color_scheme=scheme, has_touch=size == "phone"
                )
                page = context.new_page()
                page.on("console", lambda message: print(message.type, message.text))
                site.sign_in(page)
                for name in wanted:
                    page.goto(site.address(name))
                    page.wait_for_load_state("networkidle")
                    page.screenshot(path=folder / f"{name.replace('/', '-')}-{size}-{scheme}.png")
                context.close()
        browser.close()


if __name__ == "__main__":
    take(Path(sys.argv[1]), tuple(sys.argv[2:]) or PAGES)
