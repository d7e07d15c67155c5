"""No way of writing an address leads past the guards (T-AUTHZ-02).

Each protected route is asked by a stranger with a public path, or what some server would take for one, added to it.
The address goes to the application as a server hands it over: whatever a client would have tidied up stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from tests.web.matrix.asking import Crowd, content
from tests.web.matrix.every import Visited, every_route
from web import csrf

PUBLIC = ("/health", "/sign-in", "/static/app.css", "/f/x")
WAYS = (
    *(f"{{path}}?{public}" for public in PUBLIC),
    *(f"{{path}}?next={public}&x=/sign-in" for public in PUBLIC[:1]),
    *(f"{{path}};{public}" for public in PUBLIC[:2]),
    *(f"{public}/..{{path}}" for public in PUBLIC),
    *(f"{public}/%2e%2e{{path}}" for public in PUBLIC[:2]),
    *(f"{public}/..;{{path}}" for public in PUBLIC[:2]),
    *(f"{{path}}/..{public}" for public in PUBLIC[:1]),
    "{path}%23/health",
    "{path}#/health",
    "{path}%3f/health",
    "{path}%00",
    "{path}%2f",
    "{path}/",
    "{path}/.",
    "{path}.json",
    "{path}.css",
    "//{path}",
    "/{path}",
    "/.{path}",
    "{encoded}",
    "{upper}",
    "http://127.0.0.1:8000{path}",
    "/static{path}",
    "/v0{path}",
    "{path}\\health",
)
HEADERS = {
    "host": "127.0.0.1:8000",
    "sec-fetch-site": "same-origin",
    "x-original-url": "/health",
    "x-rewrite-url": "/health",
    "x-forwarded-prefix": "/static",
    "x-forwarded-uri": "/health",
    "x-forwarded-user": "owner@example.com",
    "remote-user": "owner@example.com",
    # A stranger's form is one of ours: what refuses them is that nobody is signed in.
    "cookie": "formwork-visitor=somebody",
    "x-csrf-token": csrf.token_for("somebody"),
}


def addresses(path: str, number: int) -> Iterator[str]:
    """A third of the ways: the next route is asked in others."""
    first, slash, rest = path[1:].partition("/")
    encoded = f"/{first}{'%2f' if slash else ''}{rest.replace('/', '%2f')}"
    return (way.format(path=path, upper=path.upper(), encoded=encoded) for way in WAYS[number % 3 :: 3])


def test_no_way_of_writing_an_address_leads_past_the_guards(everybody: Crowd) -> None:
    place = everybody.place
    protected = [one for one in every_route(place) if one.needs != "yes" and one.ask.method != "OPTIONS"]
    assert len(protected) > 150
    hidden = [*place.hidden_from("stranger"), "Acme", "owner@example.com"]
    before, found = content(place), []
    asked = [(one, address) for number, one in enumerate(protected) for address in addresses(one.ask.address, number)]
    for (one, address), (status, text) in zip(asked, asyncio.run(_answers(place.app, asked)), strict=True):
        led_astray = status < 300 and not _is_public(text)
        if led_astray or status >= 500 or any(word in text for word in hidden):
            found.append(f"{one.ask.method} {address}: {status}")
    assert not found, "\n".join(found)
    assert content(place) == before


def _is_public(text: str) -> bool:
    """What anybody gets at one of the public paths themselves."""
    return text in ('{"status":"ok"}', "") or "<title>Sign in" in text


async def _answers(app: Any, asked: list[tuple[Visited, str]]) -> list[tuple[int, str]]:
    return [await _answer(app, one.ask.method, address) for one, address in asked]


async def _answer(app: Any, method: str, address: str) -> tuple[int, str]:
    path, _mark, query = address.partition("?")
    body = b"" if method in csrf.SAFE else b"name=x"
    kind = {"content-type": "application/x-www-form-urlencoded"} if body else {}
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": unquote(path), "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in {**HEADERS, **kind}.items()],
        "client": ("127.0.0.1", 5), "server": ("127.0.0.1", 8000),
    }  # fmt: skip
    said: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    await app(scope, receive, send)
    text = b"".join(one.get("body", b"") for one in said).decode("utf-8", "replace")
    return said[0]["status"], text
