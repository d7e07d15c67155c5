"""The real command in a process of its own, and the server that it starts."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.databases import Database

COMMAND = [sys.executable, "-m", "web.command"]
ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60  # a start takes two; the machine may be busy with other tests


@dataclass(frozen=True)
class Finished:
    """What a command printed, on standard output and error, and its exit code."""

    code: int
    out: str
    err: str


@dataclass
class Server:
    """A running `formwork serve`. `url` is where it listens; `lines` what it said so far."""

    process: subprocess.Popen[str]
    url: str = ""
    lines: list[str] = field(default_factory=list)

    def wait_for(self, pattern: str) -> str:
        """The first group of the first line that matches."""
        for line in self._next_lines():
            found = re.search(pattern, line)
            if found:
                return found[1]
        raise AssertionError(f"the server ended with code {self.process.wait()} and said {self.lines}")

    def stop(self, how: int = signal.SIGTERM) -> int:
        """End it; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(SECONDS)
        if self.process.stderr is not None and not self.process.stderr.closed:
            self.lines += self.process.stderr.readlines()
            self.process.stderr.close()
        return code

    def _next_lines(self) -> Iterator[str]:
        assert self.process.stderr is not None
        giving_up = threading.Timer(SECONDS, self.process.kill)
        giving_up.start()
        try:
            for line in self.process.stderr:
                self.lines.append(line.rstrip("\n"))
                yield self.lines[-1]
        finally:
            giving_up.cancel()


class Machine:
    """Runs commands and servers with the settings of one installation."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.servers: list[Server] = []

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        """The settings; the port is one that the system chooses."""
        ours = {"FORMWORK_DATA": str(self.database.folder), "FORMWORK_DATABASE_URL": self.database.url}
        clean = {name: value for name, value in os.environ.items() if not name.startswith("FORMWORK_")}
        return {**clean, **ours, "FORMWORK_PORT": "0", **more}

    def run(self, *words: str, stdin: str = "", folder: Path | None = None, **settings: str) -> Finished:
        """Carry out one command."""
        done = subprocess.run(
            [*COMMAND, *words],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            env={**self.environment(settings), "PYTHONPATH": str(ROOT)},
            cwd=folder or ROOT,
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    def serve(self, **settings: str) -> Server:
        """A server that answers."""
        process = subprocess.Popen(
            [*COMMAND, "serve"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment(settings),
            cwd=ROOT,
        )
        server = Server(process)
        self.servers.append(server)
        server.url = server.wait_for(r"ready at (\S+)")
        return server

    def close(self) -> None:
        """End every server that still runs."""
        for server in self.servers:
            server.stop(signal.SIGKILL)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """An installation with nothing in it, on SQLite."""
    made = Machine(Database("", tmp_path / "data"))
    yield made
    made.close()
