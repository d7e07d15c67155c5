"""Files that people bring: one file here is one kind of them, and `_*.py` is what the kinds share.

An importer streams a file as named columns and rows of text; `propose` says what each column holds, and a
`Reading` turns one cell's text into the value that a record keeps.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from engine.errors import Problem, Refused
from engine.importers._matching import Match, key_for, match_columns
from engine.importers._proposing import Proposal, propose
from engine.importers._readings import READINGS, Reading, reading_from
from engine.importers._unreadable import Unreadable
from engine.registry import Registry
from engine.text import Text, _

__all__ = [
    "HEAD",
    "MAX_BYTES",
    "MAX_COLUMNS",
    "READINGS",
    "Importer",
    "Match",
    "Proposal",
    "Reading",
    "Row",
    "Source",
    "Unreadable",
    "importer_for",
    "importers",
    "key_for",
    "match_columns",
    "propose",
    "reading_from",
]

MAX_BYTES = 50 * 2**20  # of one file
MAX_COLUMNS = 5_000
HEAD = 4_096  # bytes of a file that `sniff` is shown


class Row(NamedTuple):
    """One row of a file. `line` is the line it begins on, counted from 1, the heading included.

    `trouble` says why it cannot be taken; `cells` are then what could be read of it and may not fit the columns.
    """

    line: int
    cells: list[str]
    trouble: Text | None = None


class Source(ABC):
    """An opened file. It holds nothing open between two calls.

    `columns`: the names in the heading, in order; a missing one is `Column 3`, a second `Name` is `Name (2)`.
    `details`: what a preview shows: at least `size` in bytes and `line_count`, and the options found or given;
    `choices` has what may be chosen for an option that depends on the file.
    """

    columns: list[str]
    details: Mapping[str, Any]

    @abstractmethod
    def rows(self) -> Iterator[Row]:
        """Every row below the heading except blank ones, read anew at each call; memory does not grow with the file."""


class Importer(ABC):
    """A kind of file. `options_schema` is a JSON Schema of what the user may say when the finding goes wrong."""

    name: str
    label: ClassVar[Text]
    extensions: ClassVar[tuple[str, ...]]
    options_schema: ClassVar[dict[str, Any]]

    @abstractmethod
    def sniff(self, head: bytes, filename: str) -> bool:
        """Whether the file that begins with `head` (at most HEAD bytes) and has this name is of this kind."""

    @abstractmethod
    def open(self, path: Path, options: Mapping[str, str] | None = None) -> Source:
        """The file at `path`. Raises Refused when it is too big, empty, or its heading cannot be read."""


importers: Registry[Importer] = Registry("engine.importers", Importer)


def importer_for(head: bytes, filename: str) -> Importer:
    """The first kind that recognises the file. Raises Refused, naming the kinds there are."""
    for importer in importers.values():
        if importer.sniff(head, filename):
            return importer
    endings = ", ".join(ending for importer in importers.values() for ending in importer.extensions)
    says = _("{name} is no file that can be imported. Bring a table that ends in: {endings}.",
             name=filename, endings=endings)  # fmt: skip
    raise Refused([Problem("/file", says, "unknown_kind", filename)])
