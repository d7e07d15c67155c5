"""Connections: where webhooks go, and the secrets that sign them (T-CRED-01)."""

from __future__ import annotations

import pytest

from engine import connections
from engine.access.principals import person
from engine.actions import NotSetUp
from engine.addresses import EgressRefused
from engine.connections import Endpoint
from engine.errors import Forbidden, NotFound
from tests.support.house import OWNER, House


@pytest.fixture
def installed(sqlite_house: House) -> House:
    sqlite_house.install({})
    return sqlite_house


def endpoint(house: House, name: str = "erp") -> Endpoint:
    with house.workspace.read(OWNER) as session:
        session.now = house.clock()
        return connections.endpoint(session, house.means.vault, "crm", name)


def test_a_connection_leads_nowhere_until_somebody_says_where(installed: House) -> None:
    with pytest.raises(NotSetUp):
        endpoint(installed)
    secret = installed.connect("https://erp.example.com/hook")
    assert endpoint(installed) == Endpoint("https://erp.example.com/hook", (str(secret),))


def test_a_secret_stays_with_its_host(installed: House) -> None:
    secret = installed.connect("https://erp.example.com/hook")
    assert installed.connect("https://erp.example.com/other") is None
    assert endpoint(installed).secrets == (secret,)
    other = installed.connect("https://evil.example.com/hook")
    assert other
    assert endpoint(installed).secrets == (other,)
    assert other != secret


def test_both_secrets_sign_for_a_day(installed: House) -> None:
    old = installed.connect("https://erp.example.com/hook")
    with installed.workspace.write(OWNER) as session:
        new = connections.new_secret(session, installed.means.vault, "crm", "erp")
    assert endpoint(installed).secrets == (new, old)
    installed.clock.forward(23 * 3600)
    assert endpoint(installed).secrets == (new, old)
    installed.clock.forward(3601)
    assert endpoint(installed).secrets == (new,)


def test_what_may_not_be_called_is_refused_when_it_is_entered(installed: House) -> None:
    for url in ("https://10.0.0.1/", "https://user@example.com/", "ftp://example.com/", ""):
        with pytest.raises(EgressRefused):
            installed.connect(url)


def test_only_declared_connections_and_only_builders(installed: House) -> None:
    with pytest.raises(NotFound):
        installed.connect("https://erp.example.com/", "other")
    with pytest.raises(NotFound), installed.workspace.read(OWNER) as session:
        connections.of_app(session, "orders")
    with pytest.raises(NotFound), installed.workspace.write(OWNER) as session:
        connections.new_secret(session, installed.means.vault, "crm", "erp")
    with installed.workspace.write(person("usrBob", "member")) as session:
        with pytest.raises(Forbidden):
            connections.of_app(session, "crm")
        with pytest.raises(Forbidden):
            connections.disconnect(session, "crm", "erp")


def test_switched_off_until_it_is_set_anew(installed: House) -> None:
    installed.connect("https://erp.example.com/")
    with installed.workspace.write(OWNER) as session:
        connections.disable(session, "crm", "erp", "gone")
        assert connections.of_app(session, "crm")[0].disabled_why == "gone"
    with pytest.raises(NotSetUp):
        endpoint(installed)
    installed.connect("https://erp.example.com/")
    assert endpoint(installed).url == "https://erp.example.com/"
    with installed.workspace.write(OWNER) as session:
        connections.disconnect(session, "crm", "erp")
        assert not connections.of_app(session, "crm")[0].is_set
