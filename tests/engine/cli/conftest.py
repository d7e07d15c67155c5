"""The command line over an open installation, on both databases, without a process of its own."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from engine.cli.run import run
from engine.opening import open_stores
from engine.settings import Settings
from engine.storage.stores import Stores
from tests.support.databases import Database
from tests.support.terminal import FakeTerminal

SHOP: dict[str, Any] = {
    "formwork": 1,
    "key": "shop",
    "label": {"en": "Shop", "zh": "商店"},
    "version": "1.0.0",
    "tables": {
        "customers": {
            "label": {"en": "Customers", "zh": "客户"},
            "title": "name",
            "fields": {
                "name": {"type": "text", "required": True, "unique": True},
                "spent": {"type": "rollup", "through": "orders", "field": "total", "function": "sum"},
            },
        },
        "orders": {
            "label": "Orders",
            "title": "number",
            "fields": {
                "number": {"type": "text", "label": "Order number"},
                "customer": {"type": "link", "to": "customers", "inverse": "orders"},
                "amount": {"type": "currency", "currency": "USD"},
                "quantity": {"type": "number", "default": 1},
                "total": {
                    "type": "formula",
                    "formula": "{amount} * {quantity}",
                    "format": {"type": "currency", "currency": "USD"},
                },
                "status": {"type": "select", "choices": {"open": {"label": "Open"}, "paid": {"label": "Paid"}}},
                "owner": {"type": "user", "default": "=ME()"},
                "day": {"type": "date", "label": "Day"},
                "urgent": {"type": "checkbox"},
            },
            "checks": {"positive": {"holds": "{amount} >= 0", "message": "The amount cannot be negative."}},
        },
    },
}
PASSWORD = "four words in a row"


class CommandLine:
    """Types commands and keeps what came of the last one."""

    def __init__(self, settings: Settings, stores: Stores) -> None:
        self.settings = settings
        self.stores = stores
        self.last = FakeTerminal()

    def __call__(self, words: str, code: int = 0, stdin: str = "", files: Mapping[str, str] | None = None) -> str:
        """What the command prints; its exit code must be `code`."""
        given = {name: text.encode() for name, text in {"-": stdin, **(files or {})}.items()}
        self.last = FakeTerminal(given, {"Password:": PASSWORD})
        found = run(shlex.split(words), self.last, settings=self.settings, stores=self.stores)
        assert found == code, (found, self.last.printed, self.last.complained)
        return self.last.printed

    def json(self, words: str, code: int = 0, stdin: str = "", files: Mapping[str, str] | None = None) -> Any:
        """What the command answers with --json."""
        return json.loads(self(f"{words} --json", code, stdin, files))

    def refused(self, words: str, code: int = 1, stdin: str = "", files: Mapping[str, str] | None = None) -> list[str]:
        """The lines on standard error of a command that is refused; it prints nothing else."""
        assert self(words, code, stdin, files) == ""
        lines = self.last.complained.splitlines()
        assert all(line.startswith("formwork: ") for line in lines)
        return [line.removeprefix("formwork: ") for line in lines]


@pytest.fixture
def bare(database_url: Database) -> Iterator[CommandLine]:
    """An installation with nothing in it."""
    environment = {"FORMWORK_DATA": str(database_url.folder), "FORMWORK_DATABASE_URL": database_url.url}
    settings = Settings.from_environment(environment)
    stores = open_stores(settings)
    yield CommandLine(settings, stores)
    stores.close()


@pytest.fixture
def formwork(bare: CommandLine) -> CommandLine:
    """An installation with its owner, one workspace and the shop in it."""
    bare("owner create --email ada@example.com --name Ada --workspace-name Acme")
    bare("apply -", stdin=json.dumps(SHOP))
    return bare
