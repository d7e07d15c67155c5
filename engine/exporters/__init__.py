"""Files that people take along: one file here is one kind of them, and `_*.py` is what the kinds share.

An exporter gets columns and records, page by page, and gives the file piece by piece; what it holds at a time does not
grow with the number of records. An `Importer` of the same name takes the file back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Literal, NamedTuple

from engine.registry import Registry
from engine.text import Text

Cell = bool | int | float | str | list[str] | None  # a date is `2026-03-31`, a moment `2026-03-31T14:30:00.000Z`
Pages = Iterable[Sequence[Sequence[Cell]]]  # of records: a cell for each column


class Column(NamedTuple):
    """What the heading says, and what the cells are. `zone` is the clock that says moments; without one, UTC."""

    name: str
    holds: Literal["text", "number", "percent", "date", "date_time"] = "text"
    zone: str = ""


class Exporter(ABC):
    """A kind of file."""

    name: str
    label: ClassVar[Text]
    extension: ClassVar[str]
    media_type: ClassVar[str]
    most: ClassVar[int | None] = None  # records that one file takes

    @abstractmethod
    def write(self, columns: Sequence[Column], pages: Pages) -> Iterator[bytes]:
        """The file. Raises `Refused` where something does not fit into it."""


exporters: Registry[Exporter] = Registry("engine.exporters", Exporter)
