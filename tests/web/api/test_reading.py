"""A short read on PostgreSQL: one message, in the event loop, by what was so a moment ago, which the message proves."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from engine import apps
from engine.access.principals import person
from engine.storage import messages
from engine.storage.stores import Stores
from tests.support.databases import Database
from tests.web.api.conftest import SHOP, Client, Installation

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

PAGE = "/shop/customers"


def test_it_is_one_message(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {"fields[]": "Name", "sort[0][field]": "Name"}
    api.create({"Name": "Acme"}, table="customers")
    api.ask("GET", PAGE, **asked)
    said: list[str] = []
    say = messages.say

    def noted(driver: Any, text: str) -> Any:
        said.append(text)
        return say(driver, text)

    monkeypatch.setattr(messages, "say", noted)
    assert len(api.ask("GET", PAGE, **asked)["records"]) == 1
    assert len(said) == 1


def test_definitions_that_another_process_changes_count_at_once(
    api: Client, installation: Installation, database_url: Database
) -> None:
    api.create({"Code": "A1", "Name": "Acme"}, table="customers")
    api.ask("GET", PAGE)
    changed = copy.deepcopy(SHOP)
    changed["tables"]["customers"]["fields"]["code"]["label"] = "Number"
    del changed["tables"]["customers"]["fields"]["spent"]
    changed["tables"]["new"] = {"label": "New", "title": "name", "fields": {"name": {"type": "text"}}}
    other = Stores(database_url.folder, database_url.url)
    with other.workspace(installation.membership.id).write(person(installation.owner.id, "owner")) as session:
        apps.apply(session, changed)
    other.close()
    assert api.ask("GET", "/shop/new") == {"records": []}  # refused without a question if nothing proved it
    ((found,),) = (api.ask("GET", PAGE)["records"],)
    assert found["fields"] == {"Number": "A1", "Name": "Acme"}
