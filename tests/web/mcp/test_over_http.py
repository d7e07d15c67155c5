"""`/mcp` at its edges: who is let in, how often, how much at once. T-JSON-02."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.web.mcp.conftest import Place
from web.rate import Rate
from web.security import FORM_BYTES

HELLO: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


def post(place: Place, token: str = "", body: Any = None, **headers: str) -> Any:
    bearer = {"Authorization": f"Bearer {token}"} if token else {}
    client = TestClient(place.app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False)
    return client.post("/mcp", json=body or HELLO, headers={**bearer, **headers})


@pytest.mark.parametrize("token", ["", "fwk_nothing", "{revoked}"])
def test_without_a_token_that_counts_nobody_is_let_in(place: Place, token: str) -> None:
    answer = post(place, token)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["error"]["type"] == "AUTHENTICATION_REQUIRED"


def test_a_program_lists_what_it_may_ask(place: Place) -> None:
    answer = post(place, place.token())
    assert answer.status_code == 200
    tools = {one["name"]: one for one in answer.json()["result"]["tools"]}
    assert tools["query_records"]["annotations"]["readOnlyHint"] is True
    assert tools["update_records"]["annotations"]["destructiveHint"] is True
    assert tools["create_records"]["inputSchema"]["required"] == ["app", "table", "records"]


def test_pages_of_other_sites_may_not_ask(place: Place) -> None:
    assert post(place, place.token(), Origin="https://elsewhere.example").status_code == 403
    assert post(place, place.token(), Origin="http://127.0.0.1:8000").status_code == 200


def test_only_posts_are_taken(place: Place) -> None:
    answer = TestClient(place.app).get("/mcp", headers={"Authorization": f"Bearer {place.token()}"})
    assert (answer.status_code, answer.json()["error"]["type"]) == (405, "METHOD_NOT_ALLOWED")


def test_who_asks_too_often_is_told_to_wait(place: Place) -> None:
    place.app.state.site = replace(place.app.state.site, api_rate=Rate(2, 10, clock=lambda: 0.0))
    token = place.token()
    answers = [post(place, token) for _each in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[0].headers["ratelimit-remaining"] == "1"
    assert answers[2].headers["retry-after"] == "10"
    assert post(place, place.token()).status_code == 200


def test_what_is_too_large_is_not_read(place: Place) -> None:
    arguments = {"app": "x" * FORM_BYTES}
    call = {**HELLO, "method": "tools/call", "params": {"name": "list_apps", "arguments": arguments}}
    assert post(place, place.token(), call).status_code == 413


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"a":' * 100_000, b'{"jsonrpc":"2.0","id":' + b"9" * 5_000 + b"}", b"NaN", b"", b"\xff"]
)
def test_what_is_read_in_two_ways_or_without_end_is_not_read(place: Place, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {place.token()}", "Content-Type": "application/json"}
    client = TestClient(place.app, base_url="http://127.0.0.1:8000")
    assert client.post("/mcp", content=body, headers=headers).status_code == 400


def test_what_is_no_message_is_refused(place: Place) -> None:
    for body in ({"a": 1}, [HELLO] * 3, {**HELLO, "method": "drop/everything"}):
        answer = post(place, place.token(), body)
        assert "error" in answer.json()
        assert "Traceback" not in answer.text
