"""Hooks and automations, from the command line."""

from __future__ import annotations

import json

from engine import hooks, workspaces
from engine.egress import Egress
from engine.vault import Vault
from tests.engine.cli.conftest import CommandLine

WATCH = {
    "label": "Watch",
    "trigger": {"type": "record_created", "table": "customers"},
    "steps": {"tell": {"action": "notify", "to": "={created_by}", "message": "A customer"}},
}


def test_a_hook_is_listed_and_ended(formwork: CommandLine) -> None:
    assert formwork.json("hook list") == []
    asks = {"options": {"filters": {"dataTypes": ["tableData"]}}}
    settings, (home,) = formwork.settings, workspaces.directory(formwork.stores)
    with formwork.stores.workspace(home).write() as session:
        made, _secret = hooks.create(session, Vault.at(settings.key_file), Egress.of(settings), "shop", None, asks)
    (found,) = formwork.json("hook list shop")
    assert (found["id"], found["app"], found["live"], found["specification"]) == (made.id, "shop", True, asks)
    assert formwork(f"hook pause shop {made.id}") == "The hook is paused.\n"
    assert [one["notifies"] for one in formwork.json("hook list")] == [False]
    formwork(f"hook resume shop {made.id}")
    assert [one["notifies"] for one in formwork.json("hook list")] == [True]
    assert formwork.json(f"hook extend shop {made.id}")["expires_at"] >= found["expires_at"]
    assert formwork(f"hook end shop {made.id}") == "The hook is gone.\n"
    assert formwork.refused(f"hook end shop {made.id}") == ["There is no such hook (any more)."]
    assert formwork.json("hook list") == []


def test_an_automation_is_switched(formwork: CommandLine) -> None:
    document = json.loads(formwork("export shop")) | {"automations": {"watch": {**WATCH, "enabled": False}}}
    formwork("apply -", stdin=json.dumps(document))
    assert [(one["automation"], one["on"]) for one in formwork.json("automation list")] == [("shop.watch", False)]
    formwork("automation on shop.watch")
    assert [one["on"] for one in formwork.json("automation list shop")] == [True]
    assert formwork("automation off shop.watch") == "shop.watch is off. Runs that began go on.\n"
    assert [one["on"] for one in formwork.json("automation list shop")] == [False]
    formwork("record create shop.customers name=Acme")
    (record,) = formwork.json("query shop.customers")
    (made,) = formwork.json(f"automation run shop.watch {record['id']}")
    assert [one["id"] for one in formwork.json("runs")] == [made["id"]]
    assert formwork.refused("automation run shop.watch") == ["/records: Name one record or more, at most 100."]
    assert formwork.refused("automation on shop.nothing") == ["There is no automation shop.nothing."]
    assert formwork.refused("automation retry run0") == ["There is no run run0."]
