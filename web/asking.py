"""A request to our own API, asked from within for a page: no network, the same routes and the same answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from anyio import from_thread
from fastapi import FastAPI
from starlette.types import Message, Scope

from web.api.answering import CALLER
from web.api.callers import Caller

MOST = 200_000  # bytes of an answer that are kept


@dataclass(frozen=True)
class Answer:
    """What came back; `is_cut`: there was more."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool


def ask(
    app: FastAPI, method: str, address: str, body: str = "", *, token: str = "", caller: Caller | None = None
) -> Answer:
    """Ask with a token, or as `caller`. For pages, which run in a thread."""
    return from_thread.run(_ask, app, method, address, body.encode(), token, caller)


async def _ask(app: FastAPI, method: str, address: str, body: bytes, token: str, caller: Caller | None) -> Answer:
    told: dict[str, Message] = {}
    kept = bytearray()
    cut = False

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal cut
        if message["type"] == "http.response.start":
            told["start"] = message
        else:
            part = message.get("body", b"")
            cut = cut or len(kept) + len(part) > MOST
            kept.extend(part[: MOST - len(kept)])

    await app(_scope(method, address, len(body), token, caller), receive, send)
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in told["start"]["headers"]}
    return Answer(told["start"]["status"], headers, bytes(kept), cut)


def _scope(method: str, address: str, length: int, token: str, caller: Caller | None) -> Scope:
    parts = urlsplit(address)
    path = quote(parts.path, safe="/%")
    headers = [(b"content-type", b"application/json"), (b"content-length", str(length).encode())]
    if token:
        headers.append((b"authorization", f"Bearer {token}".encode("latin-1", "replace")))
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": quote(parts.query, safe="=&%+[]/:,{}").encode(),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 80),
        CALLER: caller,
    }
