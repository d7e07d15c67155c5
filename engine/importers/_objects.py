"""Records that come as JSON objects: their members are columns, their values cells of text, to the last digit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.errors import Problem, Refused
from engine.field_types import join_list
from engine.importers import MAX_BYTES, MAX_COLUMNS, Row, Source
from engine.text import Text, _

# Each object of a file with the line that it begins on, or why there is none.
Objects = Callable[[Path], Iterator[tuple[int, dict[str, Any] | Text]]]

_HALF = re.compile("[\ud800-\udfff]")
MAX_CELL = 100_000  # characters, as much as a long text holds


def opened(path: Path, options: Mapping[str, str] | None, objects: Objects) -> Source:
    """The columns and rows of a file for which nothing can be chosen. Raises `Refused`."""
    problems = [
        Problem(f"/{name}", _("{value} cannot be chosen here.", value=value), "unknown_option", value)
        for name, value in (options or {}).items()
    ]
    if path.stat().st_size > MAX_BYTES:
        says = _("The file is larger than {limit} MiB. Split it.", limit=MAX_BYTES // 2**20)
        problems.append(Problem("/file", says, "too_big"))
    if problems:
        raise Refused(problems)
    return _Source(path, objects)


class _Source(Source):
    """All of the file is read once first, for the names of all members."""

    def __init__(self, path: Path, objects: Objects) -> None:
        self._path, self._objects = path, objects
        names: dict[str, None] = {}
        line_count = 0
        for line, found in objects(path):
            line_count = line
            if isinstance(found, dict):
                names |= dict.fromkeys(name for name in found if name.strip())
                if len(names) > MAX_COLUMNS:
                    says = _("The file has {found} columns; {limit} is the most.", found=len(names), limit=MAX_COLUMNS)
                    raise Refused([Problem("/file", says, "too_wide")])
        if not names:
            raise Refused([Problem("/file", _("The file is empty."), "empty")])
        self.columns = list(names)
        self.details = {"line_count": line_count, "size": path.stat().st_size}

    def rows(self) -> Iterator[Row]:
        for line, found in self._objects(self._path):
            if isinstance(found, dict):
                cells = [_text(found.get(name)) for name in self.columns]
                if any(cells):
                    yield Row(line, cells, trouble_with(cells))
            else:
                yield Row(line, [], found)


def object_in(text: str) -> dict[str, Any] | Text:
    """The object in a text, its numbers spelled as they were; or why there is none."""
    try:
        found = json.loads(text, parse_float=str, parse_int=str, parse_constant=wordy)
    except (ValueError, RecursionError):
        return _("This line is no JSON.")
    return found if isinstance(found, dict) else _("This line is no JSON object.")


def trouble_with(cells: Sequence[str]) -> Text | None:
    """Why no field can keep one of the cells."""
    for number, cell in enumerate(cells, 1):
        if len(cell) > MAX_CELL:
            return _("Cell {number} has {length} characters; {limit} is the most.",
                     number=number, length=len(cell), limit=MAX_CELL)  # fmt: skip
        if "\0" in cell:
            return _("This line holds a NUL character, which no field can keep.")
        if _HALF.search(cell):
            return _("This line holds half a character (an escape such as \\ud83d alone).")
    return None


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return join_list(value)
    return json.dumps(value, ensure_ascii=False)


def wordy(word: str) -> Any:
    """A word where JSON has numbers: NaN, Infinity. Raises ValueError."""
    raise ValueError(word)
