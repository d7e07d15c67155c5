"""Mails handed over by a program become records, by a form that takes them; on both databases."""

from __future__ import annotations

import base64
import copy

import pytest
from starlette.testclient import TestClient

from engine import api_tokens, apps
from engine.access.principals import person
from engine.access.scopes import Scope
from tests.web.api.conftest import SHOP, Client, Installation

MAIL = b"From: Ines <ines@example.com>\r\nSubject: Two pumps\r\nMessage-ID: <a@x>\r\n\r\nPlease."
MAILS = "/bases/shop/forms/customers.mail/mails"


@pytest.fixture(autouse=True)
def form(installation: Installation) -> None:
    document = copy.deepcopy(SHOP)
    mail = {"subject": "name", "sender": "code"}
    document["tables"]["customers"]["forms"] = {"mail": {"fields": ["name", "code"], "mail": mail}}
    with installation.stores.workspace(installation.membership.id).write(
        person(installation.owner.id, "owner")
    ) as session:
        apps.apply(session, document)


def test_a_mail_is_handed_over_as_it_is_or_in_json(installation: Installation, api: Client) -> None:
    headers = {"Authorization": f"Bearer {api.token}", "Content-Type": "message/rfc822"}
    found = api.http.post(f"/v0{MAILS}", content=MAIL, headers=headers)
    assert (found.status_code, found.json()["outcome"]) == (200, "created")
    (one,) = api.ask("GET", "/shop/customers")["records"]
    assert (one["id"], one["fields"]["Name"], one["fields"]["Code"]) == (
        found.json()["id"],
        "Two pumps",
        "ines@example.com",
    )
    again = api.ask("POST", MAILS, {"message": base64.b64encode(MAIL).decode()})
    assert again == {"outcome": "known", "id": one["id"]}
    automatic = base64.b64encode(b"Auto-Submitted: auto-replied\r\n" + MAIL).decode()
    assert api.ask("POST", MAILS, {"message": automatic})["outcome"] == "ignored"


def test_who_may_not_create_hands_nothing_over(installation: Installation, api: Client) -> None:
    body = {"message": base64.b64encode(MAIL).decode()}
    home = installation.membership.id
    scope = Scope(writes=False)
    secret = api_tokens.create(installation.stores, installation.owner.id, home, "reads", scope=scope)[1]
    reading = Client(TestClient(installation.app, raise_server_exceptions=False), secret)
    assert reading.refused("POST", MAILS, body, 403) == "INVALID_PERMISSIONS"
    assert not api.ask("GET", "/shop/customers")["records"]


def test_what_is_no_mail_is_refused(api: Client) -> None:
    for wrong in ({}, {"message": 1}, {"message": "%%%"}):
        api.refused("POST", MAILS, wrong)
    api.refused("POST", "/bases/shop/forms/customers.gone/mails", {"message": "aGk="}, 404)
    api.refused("POST", "/bases/shop/forms/orders.mail/mails", {"message": "aGk="}, 404)
