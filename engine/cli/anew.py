"""A command that others were in the way of is begun anew, as pages and the API are."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from typing import IO, TypeVar

from engine.errors import Collided
from engine.local_door import PIECE, Terminal
from engine.storage.session import again

T = TypeVar("T")


class Remembering:
    """A terminal that gives the same again to a command that begins anew, and knows whether it has answered yet."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._read: dict[str, bytes] = {}  # standard input can be read once
        self._spooled: dict[str, IO[bytes]] = {}
        self._told: dict[str, str] = {}
        self.has_answered = False

    @property
    def interactive(self) -> bool:
        """Whether a person is there."""
        return self._terminal.interactive

    def out(self, text: str) -> None:
        """Print on standard output."""
        self.has_answered = True
        self._terminal.out(text)

    def write(self, data: bytes) -> None:
        """Put bytes on standard output."""
        self.has_answered = True
        self._terminal.write(data)

    def err(self, text: str) -> None:
        """Print on standard error."""
        self.has_answered = True
        self._terminal.err(text)

    def read(self, path: str) -> bytes:
        """The content of a file. Raises `FormworkError`."""
        if path not in self._read:
            self._read[path] = self._terminal.read(path)
        return self._read[path]

    def pieces(self, path: str) -> Iterator[bytes]:
        """The same, piece by piece. Raises `FormworkError`."""
        if path != "-":  # which can be read again
            yield from self._terminal.pieces(path)
            return
        if path not in self._spooled:
            spooled = tempfile.TemporaryFile(prefix="formwork-")  # noqa: SIM115 - it goes with this object
            for piece in self._terminal.pieces(path):
                spooled.write(piece)
            self._spooled[path] = spooled
        self._spooled[path].seek(0)
        while piece := self._spooled[path].read(PIECE):
            yield piece

    def ask(self, question: str) -> str:
        """Something secret. Raises `FormworkError`."""
        if question not in self._told:
            self._told[question] = self._terminal.ask(question)
        return self._told[question]


class _Answered(Exception):
    """Somebody was in the way, but part of the answer has been read."""

    def __init__(self, collided: Collided) -> None:
        self.collided = collided


def carried_out(act: Callable[[], T], terminal: Remembering) -> T:
    """What `act` gives, begun anew like any other work as long as it has answered nothing. Raises `Collided`."""

    def once() -> T:
        try:
            return act()
        except Collided as collided:
            if terminal.has_answered:
                raise _Answered(collided) from collided
            raise

    try:
        return again(once)
    except _Answered as answered:
        raise answered.collided from answered
