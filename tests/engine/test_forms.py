"""Forms: what they ask, what strangers may see and send, and that a sending counts once."""

from __future__ import annotations

from typing import Any

import pytest

from engine import forms, records
from engine.access.principals import Principal, public_form
from engine.errors import Forbidden, NotFound, Refused
from engine.queries import Query, count
from engine.storage.stores import Workspace
from tests.support.workspaces import OWNER_ID, install

TABLES: dict[str, Any] = {
    "customers": {"title": "name", "fields": {"name": {"type": "text"}}},
    "requests": {
        "title": "wish",
        "fields": {
            "wish": {"type": "text"},
            "pieces": {"type": "number"},
            "customer": {"type": "link", "to": "customers"},
            "owner": {"type": "user"},
            "state": {"type": "text", "default": "new"},
        },
        "forms": {
            "ask": {
                "fields": [{"field": "wish", "label": "Your wish", "required": True}, "pieces", "customer", "owner"],
                "public": True,
            },
            "inside": {"fields": ["wish", "owner"]},
        },
    },
}
REQUESTS = "shop.requests"
STRANGER = public_form("shop", "requests", "ask")


@pytest.fixture
def shop(workspace: Workspace, owner: Principal) -> Workspace:
    install(workspace, owner, TABLES)
    return workspace


def send(shop: Workspace, values: dict[str, Any], once: str = "") -> str:
    with shop.write(STRANGER) as session:
        return forms.submit(session, REQUESTS, forms.get(session, REQUESTS, "ask", public=True), values, once=once)


def how_many(shop: Workspace, owner: Principal) -> int:
    with shop.read(owner) as session:
        return count(session, Query(REQUESTS))


def test_a_stranger_is_asked_for_no_person_and_no_link_without_records(shop: Workspace, owner: Principal) -> None:
    def asked() -> list[str]:
        with shop.read(STRANGER) as session:
            table = session.layout.table(REQUESTS)
            return [one.field.key for one in forms.public_questions(session, table, table.forms["ask"])]

    assert asked() == ["wish", "pieces"]
    with shop.write(owner) as session:
        records.create(session, "shop.customers", [{"name": "zoe"}, {"name": "Ann"}])
    assert asked() == ["wish", "pieces", "customer"]
    with shop.read(STRANGER) as session:
        table = session.layout.table(REQUESTS)
        offered = forms.choices(session, table, table.forms["ask"])
        assert [one.name for one in offered["customer"]] == ["Ann", "zoe"]


def test_a_form_that_is_not_public_offers_strangers_nothing(shop: Workspace) -> None:
    with shop.read(public_form("shop", "requests", "inside")) as session:
        table = session.layout.table(REQUESTS)
        with pytest.raises(NotFound):
            forms.choices(session, table, table.forms["ask"])
        with pytest.raises(NotFound):
            forms.get(session, REQUESTS, "inside", public=True)


def test_only_what_is_asked_is_stored_with_defaults(shop: Workspace, owner: Principal) -> None:
    record = send(shop, {"wish": "a desk", "pieces": "2", "owner": OWNER_ID, "state": "paid"})
    with shop.read(owner) as session:
        values = records.get(session, REQUESTS, record).values
    assert (values["wish"], values["pieces"], values["owner"], values["state"]) == ("a desk", 2, None, "new")


def test_all_mistakes_are_told_and_nothing_is_stored(shop: Workspace, owner: Principal) -> None:
    with pytest.raises(Refused) as refused:
        send(shop, {"wish": " ", "pieces": "two"})
    assert {problem.at: problem.says for problem in refused.value.problems} == {
        "/0/pieces": "Pieces must be a number, such as 1234.50.",
        "/0/wish": "Your wish is needed.",
    }
    assert how_many(shop, owner) == 0


def test_a_sending_counts_once(shop: Workspace, owner: Principal) -> None:
    first = send(shop, {"wish": "a desk"}, once="abc")
    assert send(shop, {"wish": "a desk"}, once="abc") == first
    assert send(shop, {"wish": "a desk"}, once="abd") != first
    assert how_many(shop, owner) == 2


def test_a_refused_sending_may_come_again(shop: Workspace, owner: Principal) -> None:
    with pytest.raises(Refused):
        send(shop, {"wish": ""}, once="abc")
    send(shop, {"wish": "a desk"}, once="abc")
    assert how_many(shop, owner) == 1


def test_a_stranger_may_nothing_else(shop: Workspace, owner: Principal) -> None:
    send(shop, {"wish": "a desk"})
    with shop.write(STRANGER) as session:
        with pytest.raises(NotFound):
            count(session, Query(REQUESTS))
        with pytest.raises(NotFound):
            records.create(session, "shop.customers", [{"name": "x"}])
        with pytest.raises(Forbidden):
            records.create(session, REQUESTS, [{"state": "paid"}])
        with pytest.raises(Forbidden):
            forms.change(session, REQUESTS, "ask", {"public": False})


def test_a_form_is_opened_and_closed(shop: Workspace, owner: Principal) -> None:
    with shop.write(owner) as session:
        forms.change(session, REQUESTS, "inside", {"public": True})
        assert forms.get(session, REQUESTS, "inside", public=True).public
        forms.change(session, REQUESTS, "ask", {"public": False})
    with pytest.raises(NotFound):
        send(shop, {"wish": "a desk"})
