"""JSON Lines: an object a line. What only some of them have is empty in the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from engine.errors import Problem, Refused
from engine.importers import MAX_BYTES, MAX_COLUMNS, Importer, Row, Source
from engine.importers._objects import cells_of, object_in, trouble_with
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
        problems = [
            Problem(f"/{name}", _("{value} cannot be chosen here.", value=value), "unknown_option", value)
            for name, value in (options or {}).items()
        ]
        if path.stat().st_size > MAX_BYTES:
            limit = MAX_BYTES // 2**20
            says = _("The file is larger than {limit} MiB. Split it.", limit=limit)
            problems.append(Problem("/file", says, "too_big"))
        if problems:
            raise Refused(problems)
        return _Source(path)


class _Source(Source):
    def __init__(self, path: Path) -> None:
        self._path = path
        names: dict[str, None] = {}
        line_count = 0
        for number, found in _objects(path):
            line_count = number
            if isinstance(found, dict):
                names |= dict.fromkeys(name for name in found if name.strip())
                if len(names) > MAX_COLUMNS:
                    says = _("The file has {found} columns; {limit} is the most.", found=len(names), limit=MAX_COLUMNS)
                    raise Refused([Problem("/file", says, "too_wide")])
        if not names:
            raise Refused([Problem("/file", _("The file is empty."), "empty")])
        self._names = list(names)
        self.columns = self._names
        self.details = {"line_count": line_count, "size": path.stat().st_size}

    def rows(self) -> Iterator[Row]:
        for line, found in _objects(self._path):
            if isinstance(found, dict):
                cells = cells_of(found, self._names)
                if any(cells):
                    yield Row(line, cells, trouble_with(cells))
            else:
                yield Row(line, [], found)


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
