"""A terminal without a screen: what a command prints is kept, what it reads is given beforehand."""

from __future__ import annotations

import json
from collections.abc import Mapping
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

    def ask(self, question: str) -> str:
        return self.answers[question]

    @property
    def json(self) -> Any:
        """What was printed, read as JSON."""
        return json.loads(self.printed)
