"""A terminal without a screen: what a command prints is kept, what it reads is given beforehand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import FormworkError


@dataclass
class FakeTerminal:
    """`files` by path (`-` is standard input); `answers` to what is asked, by question."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    interactive: bool = False
    printed: str = ""
    written: bytes = b""
    complained: str = ""

    def out(self, text: str) -> None:
        self.printed += text

    def write(self, data: bytes) -> None:
        self.written += data

    def err(self, text: str) -> None:
        self.complained += text

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise FormworkError(f"The file {path} cannot be read: No such file or directory.")
        return self.files[path]

    def pieces(self, path: str) -> Iterator[bytes]:
        whole = self.read(path)
        yield from (whole[start : start + 1_000] for start in range(0, len(whole), 1_000))

    def ask(self, question: str) -> str:
        return self.answers[question]

    @property
    def json(self) -> Any:
        """What was printed, read as JSON."""
        return json.loads(self.printed)
