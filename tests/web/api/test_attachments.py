"""Files by the API: sent as base64, answered with addresses that work for a while."""

from __future__ import annotations

import base64
import copy
import ipaddress
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from engine import accounts, apps, workspaces
from engine.access.principals import person
from tests.support.pictures import PDF, picture
from tests.support.webhooks import Answer, WebhookReceiver
from tests.web.api.conftest import SHOP, Client, Installation
from web.pages import signed_files


@pytest.fixture
def papers(installation: Installation) -> Client:
    document = copy.deepcopy(SHOP)
    fields = document["tables"]["orders"]["fields"]
    fields["papers"] = {"type": "attachment", "label": "Papers"}
    fields["first_papers"] = {"type": "lookup", "through": "same_day", "field": "papers"}
    with installation.stores.workspace(installation.membership.id).write(person(installation.owner.id, "owner")) as s:
        apps.apply(s, document)
    return installation.client()


def upload(client: Client, record: str, name: str, content: bytes, status: int = 200) -> Any:
    coded = base64.encodebytes(content).decode()
    body = {"contentType": "text/html", "filename": name, "file": coded}
    return client.ask("POST", f"/shop/{record}/Papers/uploadAttachment", body, status)


def fetched(client: Client, url: str) -> Any:
    return client.http.get(urlsplit(url).path)


def test_a_file_is_added_and_answered(papers: Client) -> None:
    (order,) = papers.create({"Order number": "1"})
    upload(papers, order, "plan.pdf", PDF)
    found = upload(papers, order, "view.png", picture())
    assert (found["id"], list(found["fields"])) == (order, ["papers"])
    plan, view = papers.ask("GET", f"/shop/orders/{order}")["fields"]["Papers"]
    assert (plan["filename"], plan["type"], plan["size"]) == ("plan.pdf", "application/pdf", len(PDF))
    assert set(plan) == {"id", "url", "filename", "size", "type"}
    assert (view["type"], view["width"], view["height"]) == ("image/png", 640, 480)
    assert view["thumbnails"]["large"]["width"] == 512
    answer = fetched(papers, plan["url"])
    assert answer.content == PDF
    assert answer.headers["content-disposition"].startswith("attachment")
    assert fetched(papers, view["thumbnails"]["small"]["url"]).headers["content-type"] == "image/jpeg"
    # What was given back may be sent back, in another order.
    papers.ask("PATCH", f"/shop/orders/{order}", {"fields": {"Papers": [view, {"id": plan["id"]}]}})
    listed = papers.ask("GET", "/shop/orders")["records"][0]["fields"]["Papers"]
    assert [one["id"] for one in listed] == [view["id"], plan["id"]]


def test_an_address_ends(papers: Client, installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    (order,) = papers.create({"Order number": "1"})
    url = upload(papers, order, "plan.pdf", PDF)["fields"]["papers"][0]["url"]
    assert fetched(papers, url).status_code == 200
    assert fetched(papers, url.replace("/files/A", "/files/B")).status_code == 404
    monkeypatch.setattr(signed_files, "LIFE", -1)
    assert fetched(papers, url).status_code == 404


def test_an_address_ends_with_the_membership(papers: Client, installation: Installation) -> None:
    (order,) = papers.create({"Order number": "1"})
    upload(papers, order, "plan.pdf", PDF)
    added = accounts.add_person(
        installation.stores,
        installation.membership.id,
        email="bo@example.com",
        name="Bo",
        password="four other words",
        role="member",
    )
    other = installation.client(added)
    url = other.ask("GET", f"/shop/orders/{order}")["fields"]["Papers"][0]["url"]
    assert fetched(other, url).status_code == 200
    workspaces.remove_person(installation.stores, installation.membership.id, added.id)
    assert fetched(other, url).status_code == 404


def test_a_file_is_fetched_from_its_address(
    papers: Client, installation: Installation, webhook_receiver: WebhookReceiver
) -> None:
    site = installation.app.state.site
    here = ipaddress.ip_network("127.0.0.0/8")
    installation.app.state.site = replace(site, settings=replace(site.settings, egress_allow=(here,)))
    webhook_receiver.answers += [Answer(200, PDF), Answer(200, picture())]
    addresses = [{"url": f"{webhook_receiver.url}the%20plan.pdf"}, {"url": webhook_receiver.url, "filename": "v.png"}]
    (order,) = papers.create({"Order number": "1", "Papers": addresses})
    plan, view = papers.ask("GET", f"/shop/orders/{order}")["fields"]["Papers"]
    assert (plan["filename"], plan["type"], plan["size"]) == ("the plan.pdf", "application/pdf", len(PDF))
    assert (view["filename"], view["type"]) == ("v.png", "image/png")
    assert fetched(papers, plan["url"]).content == PDF
    webhook_receiver.answers += [Answer(404), Answer(200, b"text")]
    given = {"fields": {"Papers": [{"id": view["id"]}, {"url": webhook_receiver.url}]}}
    assert papers.ask("PATCH", f"/shop/orders/{order}", given, 422)["error"]["problems"][0]["at"] == "/0/Papers"
    changed = papers.ask("PATCH", f"/shop/orders/{order}", given)["fields"]["Papers"]
    assert [one["filename"] for one in changed] == ["v.png", "file"]
    count = len(webhook_receiver.requests)
    many = {"fields": {"Papers": [{"url": webhook_receiver.url}] * 21}}
    papers.ask("PATCH", f"/shop/orders/{order}", many, 422)
    guest = accounts.add_person(
        installation.stores, installation.membership.id, email="g@example.com", name="G", password="four other words",
        role="guest",
    )  # fmt: skip
    installation.client(guest).ask("PATCH", f"/shop/orders/{order}", given, 403)
    assert len(webhook_receiver.requests) == count


def test_what_is_wrong_is_told(papers: Client) -> None:
    (order,) = papers.create({"Order number": "1"})
    papers.ask("POST", f"/shop/{order}/Papers/uploadAttachment", {"filename": "a", "file": "!"}, 422)
    papers.ask("POST", f"/shop/{order}/Papers/uploadAttachment", {"filename": "a"}, 422)
    upload(papers, "rec00000000000000", "a", b"x", 404)
    upload(papers, order, "a", b"", 422)
    given = {"fields": {"Papers": [{"url": "https://example.com/a.png"}]}}
    assert papers.refused("PATCH", f"/shop/orders/{order}", given) == "INVALID_VALUE_FOR_COLUMN"
