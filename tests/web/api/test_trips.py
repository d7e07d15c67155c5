"""Trips to PostgreSQL: a request begins by what was so a moment ago, which its first message proves."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest

from engine import apps
from engine.access.principals import person
from engine.storage import messages
from engine.storage.stores import Stores
from tests.support.databases import Database
from tests.web.api.conftest import SHOP, Client, Installation

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

PAGE = "/shop/customers"


@contextmanager
def _noted() -> Iterator[list[str]]:
    """The messages that are sent meanwhile."""
    said: list[str] = []
    say = messages.say

    def noted(driver: Any, text: str) -> Any:
        said.append(text)
        return say(driver, text)

    with mock.patch.object(messages, "say", noted):
        yield said


def test_a_short_read_is_one_message_from_the_event_loop(api: Client) -> None:
    asked: dict[str, Any] = {"fields[]": "Name", "sort[0][field]": "Name"}
    api.create({"Name": "Acme"}, table="customers")
    api.ask("GET", PAGE, **asked)
    with _noted() as said:
        assert len(api.ask("GET", PAGE, **asked)["records"]) == 1
    assert len(said) == 1


def test_what_finds_nothing_goes_along_with_the_next_question_of_a_write(api: Client) -> None:
    (known,) = api.create({"Name": "Acme"}, table="customers")
    with _noted() as said:
        made = api.ask("POST", PAGE, {"fields": {"Name": "Bolt"}})
    proof, written, worked_out, links, commit = said
    assert proof.startswith("BEGIN; ")
    assert "tokens" in proof
    assert [one.split()[0] for one in written.split("; ")] == ["INSERT", "INSERT", "SELECT"]
    assert [one.split()[0] for one in worked_out.split("; ")] == ["UPDATE", "SELECT"]
    assert (links.split()[0], commit) == ("SELECT", "COMMIT")
    with _noted() as said:
        api.ask("PATCH", f"{PAGE}/{known}", {"fields": {"Name": "Acme & Sons"}})
    held, written, *_links, commit = said
    assert (held.startswith("BEGIN; "), "FOR UPDATE" in held, commit) == (True, True, "COMMIT")
    assert [one.split()[0] for one in written.split("; ")] == ["UPDATE", "INSERT", "SELECT"]
    names = {one["fields"]["Name"] for one in api.ask("GET", PAGE)["records"]}
    assert (names, made["fields"]) == ({"Acme & Sons", "Bolt"}, {"Name": "Bolt", "Spent": 0})


def _reads(api: Client) -> Any:
    return api.ask("GET", PAGE)["records"]


def _writes(api: Client) -> Any:
    return [api.ask("POST", PAGE, {"fields": {"name": "Bolt", "Number": "B2"}})]


@pytest.mark.parametrize(
    ("ask", "found"), [(_reads, {"Number": "A1", "Name": "Acme"}), (_writes, {"Number": "B2", "Name": "Bolt"})]
)
def test_definitions_that_another_process_changes_count_at_once(
    api: Client,
    installation: Installation,
    database_url: Database,
    ask: Callable[[Client], Any],
    found: dict[str, str],
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
    assert [one["fields"] for one in ask(api)] == [found]
    assert api.ask("GET", "/shop/new") == {"records": []}


def test_a_table_that_another_process_makes_is_there_at_once(
    api: Client, installation: Installation, database_url: Database
) -> None:
    """Refused without a question if nothing proved it."""
    api.create({"Name": "Acme"}, table="customers")
    changed = copy.deepcopy(SHOP)
    changed["tables"]["new"] = {"label": "New", "title": "name", "fields": {"name": {"type": "text"}}}
    other = Stores(database_url.folder, database_url.url)
    with other.workspace(installation.membership.id).write(person(installation.owner.id, "owner")) as session:
        apps.apply(session, changed)
    other.close()
    assert api.ask("POST", "/shop/new", {"fields": {"name": "One"}})["fields"] == {"Name": "One"}
