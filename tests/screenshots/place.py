"""A real server with the CRM, its samples, people and a few things that happened, for pictures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, FilePayload, Page

from tests.support.databases import Database
from tests.support.desk import Desk, fill_in_enquiry
from tests.support.server import Machine
from tests.support.webhooks import WebhookReceiver

EMAIL, PASSWORD = "ada@example.com", "four words in a row"
PEOPLE = (("Ben Okafor", "ben@example.com", "member"), ("王小明", "wang@example.com", "builder"))
ENQUIRY = {
    "name": "Maria Lindqvist",
    "company": "Nordljus Paper",
    "email": "maria@nordljus.example",
    "phone": "+46 8 555 0170",
    "need": "Flow metering for a second coating line, about 40 points. When could somebody visit?",
}
BROUGHT = """Name,Account,E-mail,Phone
Ingrid Solheim,Halden Chemicals,ingrid@halden.example,+47 22 55 01 80
Pierre Martin,Northgate Food,pierre@northgate.example,+49 40 5550 277
Chloe Adams,Orchard Dairy,chloe at orchard,+1 608 555 0199
Tomas Novak,Vantage Steel,tomas@vantage.example,
"""


class Place:
    """What there is to be pictured. `state` is what the owner's browser remembers."""

    def __init__(self, machine: Machine, browser: Browser, receiver: WebhookReceiver) -> None:
        self.machine = machine
        self.settings = {"FORMWORK_EGRESS_ALLOW": "127.0.0.0/8"}
        server = machine.serve(**self.settings)
        self.base = server.url
        context = browser.new_context(locale="en-US", timezone_id="UTC", viewport={"width": 1440, "height": 900})
        context.set_default_timeout(30_000)
        self.desk = Desk(context.new_page(), self.base)
        self.setup = server.wait_for(r"within 30 minutes: (\S+)")
        self._fill(receiver)
        self._bring()
        self.run = self._run()
        self.state = context.storage_state()
        context.close()

    def _fill(self, receiver: WebhookReceiver) -> None:
        desk = self.desk
        desk.create_owner(self.setup, name="Ada Lovelace", email=EMAIL, password=PASSWORD, workspace="Acme Trading")
        for name, email, role in PEOPLE:
            words = ("person", "add", "--email", email, "--name", name, "--role", role, "--password-file", "-")
            self.machine.run(*words, stdin=PASSWORD)
        self._departments()
        desk.install("crm", samples=True)
        desk.connect("crm", "marketing", receiver.url)
        self.hook = self._hook(receiver.url)
        fill_in_enquiry(desk.page, self.form, **ENQUIRY)
        receiver.wait_for(1, 30)
        self.accounts, self.deals = self._records("crm.accounts", "name"), self._records("crm.opportunities", "title")
        self._carry_on()
        self._talk()

    def _hook(self, url: str) -> str:
        """The address of a hook that calls the receiver."""
        self.desk.open("apps/crm/-/hooks/new")
        self.desk.page.fill("#url", url)
        self.desk.page.click("main form button.btn-primary")
        self.desk.page.locator("#secret").wait_for()
        (made,) = json.loads(self.machine.run("hook", "list", "--json").out)
        return f"{self.desk.home}/apps/crm/-/hooks/{made['id']}"

    def _departments(self) -> None:
        """A small tree with people in it."""
        (_name, first, _role), (_other, second, _its) = PEOPLE[0], PEOPLE[1]
        for words in (
            ("add", "Sales", "--head", first),
            ("add", "East", "--under", "Sales"),
            ("add", "Export", "--under", "Sales / East"),
            ("add", "West", "--under", "Sales"),
            ("add", "Service", "--head", second),
            ("assign", "Sales / East", second, "--manager", first),
        ):
            self.machine.run("department", *words)
        found = json.loads(self.machine.run("department", "list", "--json").out)
        self.department = next(one["id"] for one in found if one["name"] == "East")

    @property
    def form(self) -> str:
        """Where anybody may fill in the form."""
        return f"{self.base}/f/{self.desk.workspace}/crm/leads/enquiry"

    def _carry_on(self) -> None:
        """Deals move, so that automations run."""
        stages = self._records("crm.stages", "name")
        for title, stage in (("Milk line upgrade", "Proposal"), ("Service plan renewal", "Won")):
            self.machine.run("record", "update", "crm.opportunities", self.deals[title], f"stage={stages[stage]}")

    def _talk(self) -> None:
        """People say something, show something to strangers, throw something away."""
        for text in (
            "They want to see the plant in Cork first.",
            "Planned for the 12th, @ben@example.com comes along.",
        ):
            self.machine.run("comment", "add", "crm.accounts", self.accounts["Northgate Foods"], text)
        share = ("share", "create", "crm.accounts", "--view", "all", "--name", "For the auditors")
        self.shared = self.machine.run(*share).out.strip()
        self.invitation = self.machine.run("person", "invite", "--email", "cleo@example.com").out.strip()
        self.reset = self.machine.run("person", "reset-link", PEOPLE[0][1]).out.strip()
        people = json.loads(self.machine.run("person", "list", "--json").out)
        self.person = next(one["id"] for one in people if one["email"] == PEOPLE[0][1])
        gone = self._records("crm.leads", "name")
        self.machine.run("record", "delete", "crm.leads", gone["SEO Team"], gone["Tim"])

    def _bring(self) -> None:
        """One import is counted, another is done."""
        page = self.desk.page
        self.desk.open("imports/new?table=crm.contacts")
        file: FilePayload = {"name": "contacts.csv", "mimeType": "text/csv", "buffer": BROUGHT.encode()}
        page.set_input_files("input[name=file]", file)
        page.locator("main form button.btn-primary").click()
        page.wait_for_url("**/columns")
        self.columns = page.url
        page.locator("button", has_text="Count what would happen").click()
        page.locator("#names").wait_for()
        done = self.machine.run("import", "crm.contacts", "-", "--json", "--save-mapping", "Monthly", stdin=BROUGHT)
        self.counted, self.done = page.url, f"{self.desk.home}/imports/{json.loads(done.out)['id']}"

    def _run(self) -> str:
        """The address of the run that told the marketing system."""
        self.desk.open("apps/crm/-/automations/lead_event")
        link = self.desk.page.locator("#runs a.run").first
        self.desk.reload_until(lambda: link.count() > 0)
        return f"{self.base}{link.get_attribute('href')}"

    def _records(self, table: str, field: str) -> dict[str, str]:
        found = self.machine.run("query", table, "--limit", "0", "--json")
        return {one[field]: one["id"] for one in json.loads(found.out)}


@contextmanager
def place(data: Path, browser: Browser) -> Iterator[Place]:
    """The server runs inside the block."""
    machine, receiver = Machine(Database("", data)), WebhookReceiver()
    try:
        yield Place(machine, browser, receiver)
    finally:
        machine.close()
        receiver.close()


def settle(page: Page) -> None:
    """Wait until nothing more comes in and nothing moves."""
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")


def file_name(name: str, size: str, scheme: str) -> str:
    """Such as `grid-phone-dark.png`."""
    return re.sub(r"[^a-z0-9-]", "-", f"{name}-{size}-{scheme}") + ".png"
