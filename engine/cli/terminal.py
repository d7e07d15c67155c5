"""This process's own terminal."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

from engine.errors import FormworkError
from engine.local_door import PIECE
from engine.text import _


class OwnTerminal:
    """Standard input, output and error of this process."""

    @property
    def interactive(self) -> bool:
        """Whether a person sees what goes to standard error."""
        return sys.stderr.isatty()

    def out(self, text: str) -> None:
        """Print on standard output."""
        sys.stdout.write(text)
        sys.stdout.flush()

    def write(self, data: bytes) -> None:
        """Put bytes on standard output."""
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    def err(self, text: str) -> None:
        """Print on standard error; if even that is closed, there is nobody to tell."""
        with contextlib.suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()

    def read(self, path: str) -> bytes:
        """The content of a file, of standard input for `-`. Raises `FormworkError`."""
        try:
            return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        except OSError as error:
            says = _("The file {path} cannot be read: {why}.", path=path, why=error.strerror or str(error))
            raise FormworkError(says) from error

    def pieces(self, path: str) -> Iterator[bytes]:
        """The same, piece by piece, however long it is. Raises `FormworkError`."""
        try:
            with nullcontext(sys.stdin.buffer) if path == "-" else Path(path).open("rb") as file:
                while piece := file.read(PIECE):
                    yield piece
        except OSError as error:
            says = _("The file {path} cannot be read: {why}.", path=path, why=error.strerror or str(error))
            raise FormworkError(says) from error

    def ask(self, question: str) -> str:
        """Something secret; what is typed is not shown. Raises `FormworkError` when nobody is there to type."""
        from getpass import getpass

        if not sys.stdin.isatty():
            raise FormworkError(_("There is nobody to ask for the password. Give it with --password-file."))
        return getpass(f"{question} ")

    def close(self) -> None:
        """Leave standard output alone from now on, which nobody reads any more."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
