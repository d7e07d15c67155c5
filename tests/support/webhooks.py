"""A real HTTP server on loopback that keeps every request as it came and answers as it is told."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass(frozen=True)
class Received:
    """One request: `headers` answer to any case, `body` is what went over the line."""

    method: str
    path: str
    headers: Message
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What to say to one request, after `delay` seconds."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0


class WebhookReceiver:
    """`url` is where it listens; `requests` what came, oldest first.

    `answers` are used up one a request; then every request gets `answer`.
    """

    def __init__(self) -> None:
        self.requests: list[Received] = []
        self.answers: deque[Answer] = deque()
        self.answer = Answer()
        self._came = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def wait_for(self, count: int, seconds: float = 60) -> list[Received]:
        """The first `count` requests as soon as they came; AssertionError when they do not come in time."""
        with self._came:
            if not self._came.wait_for(lambda: len(self.requests) >= count, seconds):
                raise AssertionError(f"{len(self.requests)} of {count} requests came within {seconds} s")
            return self.requests[:count]

    def close(self) -> None:
        """Stop listening; later connections are refused."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _take(self, request: Received) -> Answer:
        with self._came:
            self.requests.append(request)
            self._came.notify_all()
            return self.answers.popleft() if self.answers else self.answer


def _handler(receiver: WebhookReceiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = receiver._take(Received(self.command, self.path, self.headers, body))
            time.sleep(answer.delay)
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

        def log_message(self, format: str, *args: object) -> None:
            pass  # a test's output is about the test

    return Handler


@pytest.fixture
def webhook_receiver() -> Iterator[WebhookReceiver]:
    """A server at the other end of webhooks."""
    receiver = WebhookReceiver()
    yield receiver
    receiver.close()
