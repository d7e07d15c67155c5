"""A workspace with a small sales app, to try out what happens by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from engine import apps, automations, connections, people, records
from engine.access.principals import person
from engine.automations import RunSummary, Trace, starts
from engine.automations.steps import Means
from engine.egress import Egress, Limits
from engine.people import Person
from engine.queries import Query
from engine.settings import Settings
from engine.storage.stores import Stores
from engine.vault import Vault
from engine.worker import Worker
from tests.support.clock import Clock
from tests.support.databases import Database

ADA, BOB = "usrAda", "usrBob"
OWNER = person(ADA, "owner")
WORKSPACE = "wsptest"
PEOPLE = [Person(ADA, "Ada", "ada@example.com", "owner"), Person(BOB, "Bob", "bob@example.com", "member")]

TABLES: dict[str, Any] = {
    "accounts": {
        "label": {"en": "Accounts", "zh": "客户"},
        "title": "name",
        "fields": {
            "name": {"type": "text", "required": True, "unique": True},
            "tier": {"type": "select", "choices": {"gold": {"label": "Gold"}, "plain": {"label": "Plain"}}},
            "won": {
                "type": "rollup",
                "through": "deals",
                "field": "amount",
                "function": "sum",
                "where": {"field": "stage", "op": "is", "value": "won"},
            },
        },
    },
    "deals": {
        "label": "Deals",
        "title": "title",
        "fields": {
            "title": {"type": "text", "required": True},
            "amount": {"type": "currency", "currency": "USD"},
            "stage": {
                "type": "select",
                "choices": {"open": {"label": "Open"}, "won": {"label": "Won"}, "lost": {"label": "Lost"}},
            },
            "account": {"type": "link", "to": "accounts", "inverse": "deals"},
            "owner": {"type": "user"},
            "email": {"type": "email"},
            "note": {"type": "text"},
            "closed": {"type": "date"},
            "score": {"type": "number"},
            "big": {"type": "formula", "formula": "{amount} >= 1000"},
        },
    },
    "tasks": {
        "label": "Tasks",
        "title": "subject",
        "fields": {
            "subject": {"type": "text", "required": True},
            "deals": {"type": "link", "to": "deals", "many": True, "inverse": "tasks"},
            "due": {"type": "date_time"},
        },
    },
}


def document(automations_: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """The sales app with these automations."""
    return {
        "formwork": 1,
        "key": "crm",
        "label": "CRM",
        "settings": {"days": {"type": "number", "label": "Days", "value": 3}},
        "connections": {"erp": {"type": "webhook", "label": "ERP"}},
        "tables": TABLES,
        "automations": dict(automations_),
        **more,
    }


def on_created(conditions: Any = None, **steps: Any) -> dict[str, Any]:
    """An automation `a` for each new deal."""
    trigger = {"type": "record_created", "table": "deals"}
    return {"a": {"trigger": trigger, "steps": steps, **({"conditions": conditions} if conditions else {})}}


def webhook(**more: Any) -> dict[str, Any]:
    """A step that calls the connection `erp` with the deal's title."""
    return {"action": "send_webhook", "connection": "erp", "body": {"deal": "={title}"}, **more}


class House:
    """A workspace, its worker, and short words for what tests do."""

    def __init__(self, url: str, folder: Path, **environment: str) -> None:
        self.clock = Clock()
        allowed = {"FORMWORK_EGRESS_ALLOW": "127.0.0.0/8", "FORMWORK_DATA": str(folder)}
        self.settings = Settings.from_environment({**allowed, **environment})
        self.stores = Stores(folder, url)
        starts.attach(self.stores)
        self.workspace = self.stores.workspace(WORKSPACE)
        egress = Egress.of(self.settings)
        egress = Egress(egress.rules, Limits(resolve=60, connect=60, total=60))
        self.means = Means(self.settings, egress, Vault.at(self.settings.key_file))
        self.worker = Worker(self.stores, self.means, self.clock)

    def install(self, automations_: Mapping[str, Any], **more: Any) -> None:
        """Install or change the sales app; Ada owns the workspace, Bob is a member."""
        with self.workspace.write(OWNER) as session:
            if not people.everybody(session):
                people.mirror(session, PEOPLE)
            apps.apply(session, document(automations_, **more))

    def connect(self, url: str, name: str = "erp") -> str | None:
        """Set where a connection leads; its secret if there is a new one."""
        with self.workspace.write(OWNER) as session:
            return connections.connect(session, self.means.vault, self.means.egress, "crm", name, url)

    def connection(self, name: str = "erp") -> connections.Connection:
        """A connection of the sales app as its page shows it."""
        with self.workspace.read(OWNER) as session:
            return next(one for one in connections.of_app(session, "crm") if one.name == name)

    def create(self, table: str, **values: Any) -> str:
        """A new record of the sales app."""
        with self.workspace.write(OWNER) as session:
            return records.create(session, f"crm.{table}", [values])[0]

    def update(self, table: str, record_id: str, **values: Any) -> None:
        """Change a record of the sales app."""
        with self.workspace.write(OWNER) as session:
            records.update(session, f"crm.{table}", {record_id: values})

    def delete(self, table: str, record_id: str) -> None:
        """Delete a record of the sales app."""
        with self.workspace.write(OWNER) as session:
            records.delete(session, f"crm.{table}", [record_id])

    def get(self, table: str, record_id: str) -> dict[str, Any]:
        """A record's values."""
        with self.workspace.read(OWNER) as session:
            return dict(records.get(session, f"crm.{table}", record_id).values)

    def all(self, table: str) -> list[dict[str, Any]]:
        """All records of a table."""
        with self.workspace.read(OWNER) as session:
            found = records.find(session, Query(f"crm.{table}", limit=1000)).records
            return [{"id": one.id, **one.values} for one in found]

    def work(self) -> None:
        """Do everything that is due."""
        self.worker.run_until_idle(self.workspace)

    def runs(self, automation: str | None = None) -> list[RunSummary]:
        """Runs, oldest first."""
        with self.workspace.read(OWNER) as session:
            return automations.runs_of(session, automation=automation and f"crm.{automation}", limit=1000)[::-1]

    def trace(self, run_id: str | None = None) -> Trace:
        """The trace of a run, or of the newest."""
        with self.workspace.read(OWNER) as session:
            return automations.trace(session, run_id or self.runs()[-1].id)

    def close(self) -> None:
        """Close all stores."""
        self.stores.close()


@pytest.fixture
def house(database_url: Database) -> Iterator[House]:
    """A house on each database."""
    made = House(database_url.url, database_url.folder)
    yield made
    made.close()


@pytest.fixture
def sqlite_house(tmp_path: Path) -> Iterator[House]:
    """A house on SQLite alone, for what the database has no part in."""
    made = House("", tmp_path)
    yield made
    made.close()
