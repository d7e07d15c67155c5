"""Every way by which somebody makes the server call an address: none leads inside.

T-SSRF-05, T-SSRF-06, T-SSRF-12.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from engine import apps, connections
from engine.access.principals import person
from engine.addresses import IMAPS_PORT, EgressRefused
from engine.egress import Egress
from engine.vault import Vault
from tests.engine.test_addresses import CORPUS, fake_resolver
from tests.web.api.conftest import SHOP, Client, Installation
from web.api.fetched_files import MOST

PAPERS = {"fields": {"name": {"type": "text"}, "papers": {"type": "attachment"}}}
ERP = {"erp": {"type": "webhook", "label": "ERP"}}
SENT = {"options": {"filters": {"dataTypes": ["tableData"]}}}
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # judged before the database is asked


@pytest.fixture
def shop(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """The shop with files and a connection, in a network in which every name is known and nothing may be opened."""

    def found(host: str, port: int, **_options: object) -> list[Any]:
        return [(0, 0, 0, "", (str(one), port)) for one in fake_resolver(host, port)]

    def opened(*_arguments: object, **_options: object) -> None:
        raise AssertionError("a connection was opened")

    workspace = installation.stores.workspace(installation.membership.id)
    with workspace.write(person(installation.owner.id, "owner")) as session:
        apps.apply(session, {**SHOP, "tables": {**SHOP["tables"], "papers": PAPERS}, "connections": ERP})
    site = installation.app.state.site
    installation.app.state.site = replace(
        site, settings=replace(site.settings, public_url="https://formwork.example.com")
    )
    monkeypatch.setattr("engine.egress.socket.getaddrinfo", found)
    monkeypatch.setattr("engine.egress.socket.create_connection", opened)
    return installation


def test_files_by_address(shop: Installation) -> None:
    client = shop.client()
    for start in range(0, len(CORPUS), MOST):
        some = [one for one in CORPUS[start : start + MOST] if one]
        body = {"records": [{"fields": {"papers": [{"url": url}]}} for url in some]}
        answer = client.ask("POST", "/shop/papers", body, 422)
        assert len(answer["error"]["problems"]) == len(some)
    assert client.ask("GET", "/shop/papers")["records"] == []


def test_hooks(shop: Installation) -> None:
    client = shop.client()
    for url in filter(None, CORPUS):
        _is_stopped(shop, url, lambda url: _answer(client, url))


def test_connections(shop: Installation) -> None:
    settings = shop.app.state.site.settings
    workspace, vault = shop.stores.workspace(shop.membership.id), Vault.at(settings.key_file)

    def connect(url: str) -> bool:
        try:
            with workspace.write(person(shop.owner.id, "owner")) as session:
                connections.connect(session, vault, Egress.of(settings), "shop", "erp", url)
        except EgressRefused:
            return False
        return True

    for url in filter(None, CORPUS):
        _is_stopped(shop, url, connect)


def test_mailboxes(shop: Installation) -> None:
    egress, stopped = Egress.of(shop.app.state.site.settings), 0
    for host in sorted({url.partition("://")[2].partition("/")[0] for url in CORPUS if url}):
        try:
            egress.get(f"https://{host}/")
        except EgressRefused:
            with pytest.raises(EgressRefused):
                egress.mailbox(host, IMAPS_PORT)
            stopped += 1
        except AssertionError:  # what is at fault with the address is not its host
            continue
    assert stopped > 50


def _answer(client: Client, url: str) -> bool:
    headers = {"Authorization": f"Bearer {client.token}"}
    body = {"notificationUrl": url, "specification": SENT}
    answer = client.http.post("/v0/bases/shop/webhooks", json=body, headers=headers)
    assert answer.status_code < 500
    return answer.status_code == 200


def _is_stopped(shop: Installation, url: str, keeps: Callable[[str], bool]) -> None:
    """The address is refused when it is set, or when it is called: of a name it shows only then where it leads."""
    if keeps(url):
        with pytest.raises(EgressRefused):
            Egress.of(shop.app.state.site.settings).post(url, b"{}")
