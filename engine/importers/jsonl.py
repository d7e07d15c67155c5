"""JSON Lines: an object a line. What only some of them have is empty in the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from engine.importers import Importer, Source
from engine.importers._objects import object_in, opened
from engine.text import Text, _

MAX_LINE = 2_000_000  # bytes


class JsonLines(Importer):
    """UTF-8, as the format says."""

    label = _("JSON Lines")
    extensions = (".jsonl", ".ndjson")
    options_schema: ClassVar[dict[str, Any]] = {"type": "object", "properties": {}, "additionalProperties": False}

    def sniff(self, head: bytes, filename: str) -> bool:
        """By the name's ending, where it begins as an object does."""
        return filename.lower().endswith(self.extensions) and head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"

    def open(self, path: Path, options: Mapping[str, str] | None = None) -> Source:
        """Read the names of the members of all lines."""
        return opened(path, options, _objects)


def _objects(path: Path) -> Iterator[tuple[int, dict[str, Any] | Text]]:
    """Each line that is not blank by its number: the object in it, or why there is none."""
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_LINE + 1):
            number += 1
            too_long = len(line) > MAX_LINE
            while len(line) > MAX_LINE and not line.endswith(b"\n"):
                line = file.readline(MAX_LINE + 1)
            if too_long:
                yield number, _("This line is longer than {limit} characters.", limit=MAX_LINE)
                continue
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            except UnicodeDecodeError:
                yield number, _("This line is no UTF-8 text.")
                continue
            if text:
                yield number, object_in(text)
