"""Where what a request brings about comes from. T-PRX-01 for the audit log."""

from __future__ import annotations

import asyncio
import ipaddress
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from engine.cli.run import run
from engine.ids import secret_hash
from engine.origin import Origin, coming_from, origin, taken_along
from engine.settings import Settings
from tests.support.terminal import FakeTerminal
from web.api.answering import CALLER
from web.origins import Origins

SETTINGS = replace(Settings.from_environment({}), trusted_proxies=(ipaddress.ip_network("10.0.0.0/8"),))


def came(sender: str, forwarded: str = "", **scope: Any) -> Origin:
    """Where a request with this header comes from."""
    found: list[Origin] = []

    async def application(*_asgi: object) -> None:
        found.append(origin())

    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    asked = {"type": "http", "headers": headers, "client": (sender, 40_000), **scope}
    asyncio.run(Origins(application, SETTINGS)(asked, None, None))  # type: ignore[arg-type]
    return found[0]


@pytest.mark.parametrize(
    ("sender", "address"), [("203.0.113.9", "203.0.113.9"), ("10.0.0.1", "192.0.2.7"), ("testclient", "testclient")]
)
def test_only_a_trusted_proxy_says_from_where(sender: str, address: str) -> None:
    assert came(sender, "198.51.100.1, 192.0.2.7").address == address


def test_each_request_has_a_name_also_in_a_server_that_a_command_started() -> None:
    with coming_from(Origin("cmd1")):
        names = {came("203.0.113.9").request for _each in range(3)}
        assert len(names) == 3
        assert all(one.startswith("req") for one in names)
        assert origin().request == "cmd1"
    assert origin() == Origin()


def test_what_a_page_asks_the_api_comes_from_its_own_visitor() -> None:
    with coming_from(Origin("req1", "192.0.2.7", "3f0c9a")):
        assert came("127.0.0.1", "", **{CALLER: None}) == Origin("req1", "192.0.2.7", "3f0c9a")


def test_it_goes_along_into_another_thread() -> None:
    where = Origin("req1")
    with coming_from(where), ThreadPoolExecutor(1) as threads:
        assert threads.submit(origin).result() == Origin()
        assert threads.submit(taken_along(origin)).result() is where


def test_of_a_session_only_the_beginning_of_its_hash_is_told() -> None:
    where = Origin("req1")
    where.within("secret")
    assert where.session == secret_hash("secret")[:12]


def test_a_command_has_a_name_too(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Origin] = []

    def described(_self: Settings) -> list[Any]:
        seen.append(origin())
        return []

    monkeypatch.setattr("engine.settings.Settings.described", described)
    run(["settings"], FakeTerminal(), settings=Settings.from_environment({}))
    assert seen[0].request.startswith("cmd")
    assert origin() == Origin()
