"""Requests that would take all memory, all time or all connections are refused; others are answered meanwhile.

T-DOS-03, and of T-LIM-01 what a head and a form may hold.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI

from tests.web.conftest import Visitor
from web import security, slow
from web.security import FORM_BYTES, HEAD_BYTES, MEGABYTE
from web.serving import config_of

PIECE = b"x" * 65_536
A_GIGABYTE = 2**30 // len(PIECE)
FRAME = b'--edge\r\nContent-Disposition: form-data; name="%s"\r\n\r\n'


@dataclass
class Sent:
    """What came back, and how much of the body was taken until then."""

    status: int
    taken: int


async def forever(*first: bytes) -> AsyncIterator[bytes]:
    """A gigabyte that exists nowhere."""
    for piece in first:
        yield piece
    for _piece in range(A_GIGABYTE):
        yield PIECE


def send(app: FastAPI, pieces: AsyncIterator[bytes], kind: str, *headers: tuple[bytes, bytes]) -> Sent:
    """Send a form to the sign-in, piece by piece, as a server hands it to the application."""
    sent = Sent(0, 0)
    scope = {
        "type": "http", "method": "POST", "path": "/sign-in", "raw_path": b"/sign-in", "query_string": b"",
        "root_path": "", "scheme": "http", "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 40_000),
        "headers": [(b"content-type", kind.encode()), (b"transfer-encoding", b"chunked"), *headers],
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        piece = await anext(pieces, b"")
        sent.taken += len(piece)
        return {"type": "http.request", "body": piece, "more_body": bool(piece)}

    async def answer(message: Any) -> None:
        if message["type"] == "http.response.start":
            sent.status = message["status"]

    asyncio.run(app(scope, receive, answer))
    return sent


@pytest.mark.parametrize(
    ("kind", "first"),
    [
        ("multipart/form-data; boundary=edge", FRAME % b"password"),
        ("multipart/form-data; boundary=edge", b"--edge\r\nContent-Disposition: form-data; name="),
        ("multipart/form-data; boundary=edge", b"--edge\r\nX-"),
        ("multipart/form-data; boundary=edge", b""),
        ("application/x-www-form-urlencoded", b"password="),
        ("application/x-www-form-urlencoded", b""),
        ("text/plain", b""),
    ],
)
def test_a_field_of_a_gigabyte_is_taken_no_further_than_a_form_may_be(app: FastAPI, kind: str, first: bytes) -> None:
    sent = send(app, forever(first) if first else forever(), kind)
    assert 400 <= sent.status < 500
    assert sent.taken <= FORM_BYTES + 2 * len(PIECE)


def test_a_file_of_a_gigabyte_is_taken_no_further_than_a_file_may_be(app: FastAPI) -> None:
    head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
    sent = send(app, forever(head), "multipart/form-data; boundary=edge")
    assert sent.status == 413
    assert sent.taken <= 21 * MEGABYTE


@pytest.mark.parametrize("names", ['name="a"', 'name="a"; filename="x"'])
def test_ten_thousand_parts_are_no_form(app: FastAPI, names: str) -> None:
    part = f"--edge\r\nContent-Disposition: form-data; {names}\r\n\r\nx\r\n".encode()

    async def pieces() -> AsyncIterator[bytes]:
        for _hundred in range(100):
            yield part * 100

    sent = send(app, pieces(), "multipart/form-data; boundary=edge")
    assert sent.status == 400
    assert sent.taken <= 1_100 * len(part)


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "e" * 10_000,
        "multipart/form-data; boundary=" + '"' + "\\" * 10_000,
        "multipart/form-data; boundary*=" + "%" * 10_000,
        "multipart/form-data; " + "boundary=a;" * 1_000,
        "multipart/form-data;" + ";" * 10_000,
        'application/x-www-form-urlencoded; !="' + "\\" * 10_000,
        'multipart/form-data; !="' + "\\" * 10_000,
        "multipart/\xe9",
        "multipart/form-data; boundary=\xe9",
        "application/json",
        "",
    ],
    ids=lambda kind: kind[:40],
)
def test_no_type_of_content_leads_astray(app: FastAPI, kind: str) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield FRAME % b"email" + b"x\r\n--edge--\r\n"

    assert 400 <= send(app, pieces(), kind).status < 500


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=edge"])
def test_a_form_may_have_so_much(app: FastAPI, kind: str) -> None:
    """A field, too: a form that has no more than that is judged by what stands in it."""
    before, after = (b"password=", b"") if "urlencoded" in kind else (FRAME % b"password", b"\r\n--edge--\r\n")
    room = FORM_BYTES - (len(before) if "urlencoded" in kind else 0)

    async def pieces(size: int) -> AsyncIterator[bytes]:
        yield before
        yield b"x" * size
        if after:
            yield after

    assert send(app, pieces(room), kind).status == 403  # it came from no page of ours
    assert send(app, pieces(room + 1), kind).status in (400, 413)


def test_a_head_may_have_so_much(visitor: Visitor) -> None:
    def ask(room: int) -> int:
        there = sum(len(name) + len(value) for name, value in visitor.headers.raw)
        return visitor.get(
            "/health", headers={"X": "x" * (room - there - len("X") - len("host127.0.0.1:8000"))}
        ).status_code

    assert (ask(HEAD_BYTES), ask(HEAD_BYTES + 1)) == (200, 431)


@dataclass
class Listening:
    """The application behind a real socket, which waits for nobody for long."""

    port: int

    def connect(self, first: bytes) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        connection.sendall(first)
        return connection


@pytest.fixture
def server(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listening]:
    monkeypatch.setattr(security, "BODY_SECONDS", 1.0)
    monkeypatch.setattr(slow, "HEAD_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
        config = config_of(app)
        config.lifespan = "off"  # the application ends with its own fixture
        made = uvicorn.Server(config)
        thread = threading.Thread(target=made.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not made.started:
            time.sleep(0.02)
        yield Listening(listening.getsockname()[1])
        made.should_exit = True
        thread.join()


HEAD = b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n"
FORM = HEAD + b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n"


def test_two_hundred_who_send_slowly_hold_up_nobody_and_are_given_up(server: Listening) -> None:
    with ExitStack() as open_, httpx2.Client() as other:
        slow_ones = [open_.enter_context(server.connect(HEAD if number % 2 else FORM)) for number in range(200)]
        for _round in range(2):
            for one in slow_ones:
                one.sendall(b"a")
            assert other.get(f"http://127.0.0.1:{server.port}/health").status_code == 200
        answers = [one.recv(65_536) for one in slow_ones]
        assert {answer.split(b"\r\n")[0] for answer in answers} == {b"HTTP/1.1 408 Request Timeout"}
        assert other.get(f"http://127.0.0.1:{server.port}/health").status_code == 200


def test_a_head_without_end_is_not_waited_for(server: Listening) -> None:
    with server.connect(HEAD) as connection:
        try:
            for number in range(10_000):
                connection.sendall(b"X-%d: %s\r\n" % (number, b"x" * 100))
            gone = connection.recv(100) in (b"", slow._GIVEN_UP[:100])
        except (ConnectionError, BrokenPipeError):
            gone = True
        assert gone
