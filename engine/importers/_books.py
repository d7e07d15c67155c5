"""One sheet of a workbook: how far it reaches, and its rows. Both are called in a process apart (`_apart.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.errors import Problem, Refused
from engine.importers._apart import told
from engine.importers._objects import MAX_CELL, trouble_with
from engine.importers._packages import MAX_UNPACKED, opened, refused, unpacks_to_too_much
from engine.importers._sheets import SheetRow, Workbook, workbook_in
from engine.text import _

MAX_ROWS = 100_000
MAX_COLUMNS = 500
MAX_CELLS = 1_000_000  # that hold anything; they are read in some seconds


def extent(path: str, wanted: str = "") -> Iterator[dict[str, Any]]:
    """What the importer asks first, as one value: `sheet`, `sheets`, `heading`, `trouble`, `first`, `last`, `last_row`.

    `wanted`: the sheet, else the first that people see and that holds anything. Reads it from end to end.
    """
    with opened(Path(path)) as archive:
        book = workbook_in(archive)
        if wanted and wanted not in book.sheets:
            says = _("There is no sheet {name}. There are: {names}.", name=wanted, names=", ".join(book.sheets))
            raise Refused([Problem("/sheet", says, "unknown_option", wanted)])
        for name in [wanted] if wanted else book.sheets:
            if found := _Extent.of(book, name):
                yield found.described(name, list(book.sheets))
                return
    raise refused(_("The file is empty."), "empty")


def rows(path: str, sheet: str, first: str, last: str) -> Iterator[tuple[int, list[str], Any]]:
    """The line, cells and trouble of each row below the heading that holds anything, from a first to a last column."""
    with opened(Path(path)) as archive:
        found = workbook_in(archive).rows(sheet)
        next(found, None)
        for row in found:
            cells = _cells(row, int(first), int(last))
            trouble = row.trouble or trouble_with(cells)
            # What is longer than any field takes does not go through.
            yield row.line, [cell[:MAX_CELL] for cell in cells] if trouble else cells, told(trouble)


class _Extent:
    """The heading of a sheet, and between which columns and down to which row it holds anything."""

    def __init__(self, heading: SheetRow) -> None:
        self.heading = heading
        self.first, self.last = min(heading.cells, default=1), max(heading.cells, default=1)
        self.last_row = heading.line

    @classmethod
    def of(cls, book: Workbook, name: str) -> _Extent | None:
        """None for an empty sheet. Raises Refused for one that is too large."""
        found: _Extent | None = None
        cells = characters = 0
        for number, row in enumerate(book.rows(name)):
            found = found or cls(row)
            cells += len(row.cells)
            characters += sum(map(len, row.cells.values()))
            found.first = min(found.first, min(row.cells, default=found.first))
            found.last = max(found.last, max(row.cells, default=found.last))
            found.last_row = max(found.last_row, row.line)
            width = found.last - found.first + 1
            if width > MAX_COLUMNS:
                says = _("The file has {found} columns; {limit} is the most.", found=width, limit=MAX_COLUMNS)
                raise refused(says, "too_wide")
            if number > MAX_ROWS or cells > MAX_CELLS:
                says = _("The sheet {name} has more than {rows} rows or {cells} cells. Split it, or save it as CSV.",
                         name=name, rows=MAX_ROWS, cells=MAX_CELLS)  # fmt: skip
                raise refused(says, "too_big")
            if characters > MAX_UNPACKED:  # one text may be shared by many cells
                raise unpacks_to_too_much()
        return found

    def described(self, name: str, sheets: list[str]) -> dict[str, Any]:
        heading = _cells(self.heading, self.first, self.last)
        return {
            "sheet": name,
            "sheets": sheets,
            "heading": [cell[:MAX_CELL] for cell in heading],
            "trouble": told(self.heading.trouble or trouble_with(heading)),
            "first": self.first,
            "last": self.last,
            "last_row": self.last_row,
        }


def _cells(row: SheetRow, first: int, last: int) -> list[str]:
    """Each where it stands, however many there are."""
    return [row.cells.get(column, "") for column in range(first, last + 1)]
