"""A shop that does things by itself, and the people who watch over it."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response

from engine import accounts, apps, records
from engine.access.principals import person
from engine.automations import RunSummary, runs_of
from engine.automations.steps import Means
from engine.definitions.language import Document
from engine.egress import Egress, Limits
from engine.opening import open_stores
from engine.queries import Query
from engine.settings import Settings
from engine.storage.stores import Workspace
from engine.vault import Vault
from engine.worker import Worker
from tests.web import shop
from tests.web.conftest import BASE, EMAIL, PASSWORD, Visitor
from tests.web.pages.conftest import Work
from web.app import create_app

FORMS = {
    "enquiry": {
        "label": {"en": "Enquiry", "zh": "咨询"},
        "description": "Tell us what you need.",
        "fields": [
            "title",
            {"field": "amount", "label": "Your budget", "help": "In dollars."},
            {"field": "notes", "label": "How can we help?", "required": True},
            "state",
        ],
        "public": True,
        "submit": "Send it",
        "thanks": "Thank you, we will call.",
    },
    "desk": {"label": "At the desk", "fields": ["title", "customer", "owner", "tags", "hot"]},
}
IS_WON = {"field": "state", "op": "is", "value": "won"}
AUTOMATIONS = {
    "won": {
        "label": {"en": "Deal won", "zh": "赢单"},
        "description": "Tells everybody.",
        "trigger": {
            "type": "record_matches",
            "table": "deals",
            "where": {"all": [IS_WON, {"field": "amount", "op": "at_least", "value": 50}]},
        },
        "conditions": {"field": "customer", "op": "is_not_empty"},
        "steps": {
            "mark": {"action": "update_record", "values": {"hot": True, "notes": "={customer.name}"}},
            "thank": {"action": "create_record", "table": "tags", "values": {"name": "=CONCATENATE('won ', {title})"}},
            "tell": {"action": "notify", "if": "={amount} > 60", "to": "={owner}",
                     "message": "Won: {{ title }}", "link": True},
            "mail": {"action": "send_email", "to": "sales@example.com",
                     "subject": "Won {{ title }}", "message": "Well done"},
            "send": {"action": "send_webhook", "connection": "erp", "event": "deal.won", "body": {"deal": "={title}"}},
        },
    },
    "quiet": {
        "label": "Off at first",
        "enabled": False,
        "trigger": {"type": "record_created", "table": "tags"},
        "steps": {"tell": {"action": "notify", "to": "={created_by}", "message": "A tag"}},
    },
}  # fmt: skip
ACTS: Document = copy.deepcopy(shop.SHOP) | {
    "automations": AUTOMATIONS,
    "connections": {
        "erp": {"type": "webhook", "label": {"en": "ERP", "zh": "企业系统"}, "description": "Hears of won deals."}
    },
}
ACTS["tables"]["deals"]["forms"] = FORMS


@dataclass
class Acts(Work):
    """The owner at work where things happen by themselves."""

    means: Means

    @property
    def store(self) -> Workspace:
        return self.site.stores.workspace(self.membership.id)

    def happen(self) -> None:
        """Let everything that is due happen."""
        Worker(self.site.stores, self.means).run_until_idle(self.store)

    def win(self, title: str = "Big one", **values: Any) -> str:
        """A deal that is won; its id."""
        with self.store.write(shop.principal(self.who)) as session:
            customer = records.find(session, Query(shop.CUSTOMERS, limit=1)).records[0].id
            given = {"title": title, "state": "won", "amount": 100, "customer": customer, "owner": self.who, **values}
            return records.create(session, shop.DEALS, [given])[0]

    def runs(self, automation: str = "won") -> list[RunSummary]:
        """The runs of an automation, newest first."""
        with self.store.read(shop.principal(self.who)) as session:
            return runs_of(session, automation=f"shop.{automation}")

    def apply(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Change the shop's definition."""
        with self.store.write(shop.principal(self.who)) as session:
            document = copy.deepcopy(dict(apps.export(session, "shop")))
            change(document)
            apps.apply(session, document)

    def document(self) -> Document:
        """The shop's definition as it is now."""
        with self.store.read(shop.principal(self.who)) as session:
            return apps.export(session, "shop")

    def settled(self, path: str) -> Response:
        """The page at `path` once nothing goes on in the background for it."""
        until = time.monotonic() + 120
        answer = self.get(path)
        while "import-busy" in answer.text and time.monotonic() < until:
            time.sleep(0.02)
            answer = self.get(path)
        return answer


@pytest.fixture
def acts(tmp_path: Path) -> Iterator[Acts]:
    """The shop with three deals, its owner signed in, webhooks allowed to this machine."""
    given = {
        "FORMWORK_DATA": str(tmp_path / "data"),
        "FORMWORK_EGRESS_ALLOW": "127.0.0.0/8",
        "FORMWORK_PUBLIC_URL": BASE,
    }
    settings = Settings.from_environment(given)
    stores = open_stores(settings)
    app = create_app(settings, stores)
    site = app.state.site
    who, made = accounts.create_owner(stores, email=EMAIL, name="Ada", password=PASSWORD, workspace="Acme")
    with stores.workspace(made.id).write(person(who.id, "owner")) as session:
        apps.apply(session, ACTS)
        shop.add_deals(session, 3)
    visitor = Visitor(app)
    assert visitor.sign_in().status_code == 200
    egress = Egress(Egress.of(settings).rules, Limits(resolve=60, connect=60, total=60))
    yield Acts(visitor, site, made, who.id, Means(settings, egress, Vault.at(settings.key_file)))
    site.background.close()
    stores.close()


@pytest.fixture
def member(acts: Acts) -> Work:
    """Somebody who works with records but changes no app."""
    return joined(acts, "member")


def joined(acts: Acts, role: str) -> Work:
    """Somebody else who belongs to the workspace, signed in."""
    email = f"{role}@example.com"
    added = accounts.add_person(
        acts.site.stores, acts.membership.id, email=email, name=role.title(), password=PASSWORD, role=role
    )
    visitor = Visitor(acts.visitor.app)  # type: ignore[arg-type]
    assert visitor.sign_in(email).status_code == 200
    return Work(visitor, acts.site, acts.membership, added.id)
