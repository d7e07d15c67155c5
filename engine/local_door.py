"""The local door: while a server has the data folder open, the command line asks it through a Unix socket.

SQLite serves one process at a time (`storage/process_lock.py`), so a second one sends its words here and the server
runs them against its own stores. Only the user who owns the folder gets in: the socket has mode 0600. The client's
connection is the one that may be opened outside `egress.py`; it never leaves this machine.

Both sides send frames: a length (4 bytes, big-endian) and a JSON object. The client begins with
`{"words", "interactive"}`. The server answers with `{"out"}`, `{"bytes": base64}`, `{"err"}` and at the end `{"code"}`;
in between it may ask with `{"read": path}` for the content of a file (`-`: standard input) or with `{"ask": question}`
for something secret, and gets `{"content": base64}`, `{"answer"}` or `{"refused": why}`. A long file it asks for with
`{"open": path}`, then `{"more": true}`, and gets it piece by piece, the last of which is empty. Files are read by the
client, so the server opens no path that somebody names to it.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from engine.errors import FormworkError, Misconfigured, Unavailable
from engine.text import _

NAME = "formwork.sock"
MAX_FRAME = 256 * 1_048_576  # bytes; a file to import is one frame
PIECE = 2**20  # bytes of a file that is read piece by piece
FIRST_WORDS_SECONDS = 10
LONGEST_PATH = 100  # bytes of a socket's path that every system takes
_LENGTH = struct.Struct(">I")

log = logging.getLogger("formwork.local_door")


class Terminal(Protocol):
    """Where a command was typed: what it prints, and what it asks for."""

    @property
    def interactive(self) -> bool:
        """Whether a person is there to read progress and answer questions."""

    def out(self, text: str) -> None:
        """Print on standard output, as it is."""

    def write(self, data: bytes) -> None:
        """Put bytes on standard output."""

    def err(self, text: str) -> None:
        """Print on standard error, as it is."""

    def read(self, path: str) -> bytes:
        """The content of a file of the one who asks; `-` is standard input. Raises `FormworkError`."""

    def pieces(self, path: str) -> Iterator[bytes]:
        """The same, piece by piece, for a file that may be long. Raises `FormworkError`."""

    def ask(self, question: str) -> str:
        """Something secret that the person types. Raises `FormworkError` when nobody is there."""


Run = Callable[[Sequence[str], Terminal], int]


class LocalDoor:
    """The server's side. Each command runs in a thread of its own; `close` waits for those that run."""

    def __init__(self, folder: Path, run: Run) -> None:
        """Listen in `folder`; `run(words, terminal)` carries a command out and gives its exit code.

        The caller holds the folder's lock, so a socket that lies there is a dead server's.
        Raises `Misconfigured` when the socket cannot be made.
        """
        self.path = folder / NAME
        self._run = run
        self._talks: set[threading.Thread] = set()
        self._closing = threading.Event()
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.path.unlink(missing_ok=True)
            with _short(self.path) as address:
                self._listening.bind(address)
            self.path.chmod(0o600)  # nobody can have connected before listen()
            self._listening.listen(16)
        except OSError as error:
            self._listening.close()
            raise Misconfigured(
                _("The socket {path} cannot be made: {why}.", path=str(self.path), why=error.strerror or str(error))
            ) from error
        self._accepting = threading.Thread(target=self._accept, name="local door", daemon=True)
        self._accepting.start()

    def close(self, seconds: float = 30) -> None:
        """Let nobody in any more, and wait up to `seconds` for the commands that run."""
        self._closing.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._accepting.join()
        self.path.unlink(missing_ok=True)
        for talk in list(self._talks):
            talk.join(seconds)

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _address = self._listening.accept()
            except OSError:
                if self._closing.is_set():
                    return
                log.warning("a command could not be let in", exc_info=True)
                continue
            talk = threading.Thread(target=self._talk, args=(connection,), name="command", daemon=True)
            self._talks.add(talk)
            talk.start()

    def _talk(self, connection: socket.socket) -> None:
        try:
            with connection, suppress(_Gone, OSError):
                connection.settimeout(FIRST_WORDS_SECONDS)
                first = _receive(connection)
                connection.settimeout(None)
                terminal = _FarTerminal(connection, bool(first.get("interactive")))
                _send(connection, {"code": self._code(list(map(str, first.get("words", ()))), terminal)})
        finally:
            self._talks.discard(threading.current_thread())

    def _code(self, words: list[str], terminal: Terminal) -> int:
        try:
            return self._run(words, terminal)
        except _Gone:
            raise
        except Exception:
            log.exception("the command %s failed", " ".join(words[:2]))
            terminal.err("formwork: This is a fault of Formwork. The server's log says more.\n")
            return 4


def ask(folder: Path, words: Sequence[str], terminal: Terminal) -> int | None:
    """Let the server that has `folder` open run a command; its exit code, None when no server is there.

    Raises `Unavailable` when the server ends in between.
    """
    path = folder / NAME
    if not path.exists():
        return None
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            with _short(path) as address:
                connection.connect(address)
            _send(connection, {"words": list(words), "interactive": terminal.interactive})
        except OSError:
            return None  # a socket that a killed server left behind, or somebody else's folder
        try:
            return _listen(connection, terminal)
        except (_Gone, OSError) as error:
            says = _("The server stopped before the command was done. Look what it did, then try again.")
            raise Unavailable(says) from error


def _listen(connection: socket.socket, terminal: Terminal) -> int:
    reading: Iterator[bytes] = iter(())  # the file that the server reads piece by piece
    while True:
        frame = _receive(connection)
        if "code" in frame:
            return int(frame["code"])
        if "out" in frame:
            terminal.out(frame["out"])
        elif "bytes" in frame:
            terminal.write(base64.b64decode(frame["bytes"]))
        elif "err" in frame:
            terminal.err(frame["err"])
        else:
            reading = terminal.pieces(frame["open"]) if "open" in frame else reading
            _send(connection, _reply(frame, terminal, reading))


def _reply(frame: Mapping[str, Any], terminal: Terminal, reading: Iterator[bytes]) -> dict[str, str]:
    try:
        if "open" in frame or "more" in frame:
            return {"content": base64.b64encode(next(reading, b"")).decode()}
        if "read" in frame:
            return {"content": base64.b64encode(terminal.read(frame["read"])).decode()}
        return {"answer": terminal.ask(str(frame.get("ask", "")))}
    except FormworkError as error:
        return {"refused": str(error.says)}


class _Gone(Exception):
    """The other side ended the conversation, or does not speak our language."""


class _FarTerminal:
    """The terminal at the other end of a connection."""

    def __init__(self, connection: socket.socket, interactive: bool) -> None:
        self.interactive = interactive
        self._connection = connection

    def out(self, text: str) -> None:
        self._say({"out": text})

    def write(self, data: bytes) -> None:
        self._say({"bytes": base64.b64encode(data).decode()})

    def err(self, text: str) -> None:
        self._say({"err": text})

    def read(self, path: str) -> bytes:
        return base64.b64decode(self._asked({"read": path}, "content"))

    def pieces(self, path: str) -> Iterator[bytes]:
        frame: dict[str, Any] = {"open": path}
        while piece := base64.b64decode(self._asked(frame, "content")):
            yield piece
            frame = {"more": True}

    def ask(self, question: str) -> str:
        return self._asked({"ask": question}, "answer")

    def _asked(self, frame: Mapping[str, Any], wanted: str) -> str:
        self._say(frame)
        answer = _receive(self._connection)
        if wanted not in answer:
            raise FormworkError(str(answer.get("refused", "")))
        return str(answer[wanted])

    def _say(self, frame: Mapping[str, Any]) -> None:
        try:
            _send(self._connection, frame)
        except OSError as error:
            raise _Gone from error


def _send(connection: socket.socket, frame: Mapping[str, Any]) -> None:
    body = json.dumps(frame, ensure_ascii=False).encode("utf-8", "surrogateescape")
    connection.sendall(_LENGTH.pack(len(body)) + body)


def _receive(connection: socket.socket) -> dict[str, Any]:
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    if length > MAX_FRAME:
        raise _Gone
    try:
        frame = json.loads(_exactly(connection, length).decode("utf-8", "surrogateescape"))
    except ValueError as error:
        raise _Gone from error
    if not isinstance(frame, dict):
        raise _Gone
    return frame


def _exactly(connection: socket.socket, count: int) -> bytes:
    pieces = bytearray()
    while len(pieces) < count:
        piece = connection.recv(min(count - len(pieces), 1_048_576))
        if not piece:
            raise _Gone
        pieces += piece
    return bytes(pieces)


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """An address of the socket that is short enough: a socket's path may have some 100 bytes, a folder's far more."""
    if len(os.fsencode(path)) <= LONGEST_PATH or not Path("/proc/self/fd").is_dir():
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
