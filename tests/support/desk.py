"""What a person does at the pages, step by step, in a real browser; and what the browser complained of meanwhile."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Locator, Page, expect

TELL = """
document.addEventListener("securitypolicyviolation", (event) => {
  tellViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
});
"""


def watch(context: BrowserContext) -> list[str]:
    """What every page of the context complains of from now on: its policy violated, an error, a line in the console."""
    complaints: list[str] = []

    def tell(_source: object, violation: str) -> None:
        complaints.append(violation)

    context.expose_binding("tellViolation", tell)
    context.add_init_script(TELL)
    context.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    return complaints


class Desk:
    """The owner at a page. `base` is where the server listens; `home` the workspace's address, once there is one."""

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.base = base
        self.home = ""

    def create_owner(self, link: str, *, name: str, email: str, password: str, workspace: str) -> None:
        """Follow the one-time link and make the first account and workspace."""
        self.page.goto(link)
        for field, typed in {"name": name, "email": email, "password": password, "workspace": workspace}.items():
            self.page.fill(f"#{field}", typed)
        self.page.click(".plain-card button")
        self.page.wait_for_url(f"{self.base}/w/*")
        self.home = self.page.url

    @property
    def workspace(self) -> str:
        """The workspace's id."""
        return self.home.rsplit("/", 1)[1]

    def open(self, path: str) -> None:
        """A page of the workspace by its path below `home`."""
        self.page.goto(f"{self.home}/{path}".rstrip("/"))

    def view(self, table: str, view: str) -> None:
        """A view of `app.table`."""
        app, _dot, key = table.partition(".")
        self.open(f"apps/{app}/{key}/views/{view}")

    def install(self, template: str, *, samples: bool) -> None:
        """Install a template from the catalog; the app's page is open then."""
        self.open("catalog")
        self.page.locator(f"a[href$='/catalog/{template}']").first.click()
        self.page.set_checked("input[name=samples]", samples)
        self.page.click(".template-install button.btn-primary")
        self.page.wait_for_url(f"{self.home}/apps/{template}")
        self.sees_toast("is installed")

    def connect(self, app: str, name: str, url: str) -> str:
        """Set where a connection leads; the secret, which the page shows this once."""
        self.open(f"apps/{app}/-/connections")
        card = self.page.locator(f"#{name}")
        card.locator("input[name=url]").fill(url)
        card.locator("form.address-form button").click()
        return self.page.locator(f"#{name} #secret").input_value()

    def cell(self, line: int, field: str) -> Locator:
        """A cell of the grid by its line, from 0, and its field."""
        place = self.page.locator(f"thead th[data-field={field}]").evaluate("head => head.cellIndex")
        return self.page.locator("#lines tr:not(.group)").nth(line).locator("td").nth(place)

    def total(self, field: str) -> Locator:
        """The total below a field of the grid."""
        place = self.page.locator(f"thead th[data-field={field}]").evaluate("head => head.cellIndex")
        return self.page.locator("#totals td").nth(place)

    def type_in_cell(self, cell: Locator, typed: str) -> None:
        """Edit a cell where it stands."""
        cell.dblclick()
        self.page.locator(".cell-form input").first.fill(typed)
        self.page.keyboard.press("Enter")

    def drag(self, card: Locator, to: Locator) -> None:
        """Drag a card of a board into a stack with the mouse."""
        card.hover()
        self.page.mouse.down()
        box = to.bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 30, steps=12)
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40, steps=4)
        with self.page.expect_response(lambda answer: "/moves/" in answer.url) as moved:
            self.page.mouse.up()
        assert moved.value.ok, moved.value.text()

    def sees_toast(self, text: str) -> None:
        """Wait until the page says so."""
        expect(self.page.locator("[data-toast]").filter(has_text=text).first).to_be_visible()

    def reload_until(self, found: Callable[[], bool], times: int = 240) -> None:
        """Open the page again, as somebody who waits does, until it shows what is looked for."""
        for _time in range(times):
            if found():
                return
            self.page.wait_for_timeout(250)
            self.page.reload()
        raise AssertionError(f"{self.page.url} does not show it")


def fill_in_enquiry(page: Page, address: str, **answers: str) -> None:
    """What a stranger does at a public form."""
    page.goto(address)
    for name, typed in answers.items():
        page.fill(f"#{name}", typed)
    page.click(".public-card button.btn-primary")
    page.wait_for_url(re.compile(r"/thanks$"))
