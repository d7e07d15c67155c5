"""XLSX: one sheet of a workbook, each cell as its sheet keeps it, whatever it looks like there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from engine.errors import Problem, Refused
from engine.importers import Importer, Row, Source
from engine.importers._headings import column_names
from engine.importers._objects import trouble_with
from engine.importers._packages import opened, refused
from engine.importers._sheets import SheetRow, Workbook, workbook_in
from engine.text import Text, _

MAX_ROWS = 100_000
MAX_COLUMNS = 500
MAX_CELLS = 1_000_000  # that hold anything; they are read in some seconds


class Xlsx(Importer):
    """Of several sheets the one that is chosen, else the first that people see and that holds anything."""

    label = _("Excel (XLSX)")
    extensions = (".xlsx",)
    options_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {"sheet": {"type": "string"}},
        "additionalProperties": False,
    }

    def sniff(self, head: bytes, filename: str) -> bool:
        """An archive with parts of an office program whatever its name, and what is called XLSX though it is none."""
        if filename.lower().endswith((".xlsx", ".xlsm", ".xls", ".xlsb")):
            return True
        return head.startswith(b"PK\x03\x04") and (b"[Content_Types].xml" in head or b"xl/" in head)

    def open(self, path: Path, options: Mapping[str, str] | None = None) -> Source:
        """Find the sheet, and read it once from end to end."""
        chosen = dict(options or {})
        problems = [
            Problem(f"/{name}", _("{value} cannot be chosen here.", value=value), "unknown_option", value)
            for name, value in chosen.items()
            if name not in self.options_schema["properties"]
        ]
        if problems:
            raise Refused(problems)
        kept = path.stat()
        return _opened(path, (kept.st_mtime_ns, kept.st_size), chosen.get("sheet"))


@lru_cache(maxsize=4)  # an import opens its file at each of its steps, and a large one takes seconds to be read
def _opened(path: Path, _kept: tuple[int, int], wanted: str | None) -> _Source:
    with opened(path) as archive:
        book = workbook_in(archive)
        if wanted is not None and wanted not in book.sheets:
            says = _("There is no sheet {name}. There are: {names}.", name=wanted, names=", ".join(book.sheets))
            raise Refused([Problem("/sheet", says, "unknown_option", wanted)])
        for name in [wanted] if wanted is not None else book.sheets:
            if found := _Extent.of(book, name):
                return _Source(path, name, found, list(book.sheets))
    raise refused(_("The file is empty."), "empty")


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
        cells = 0
        for number, row in enumerate(book.rows(name)):
            found = found or cls(row)
            cells += len(row.cells)
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
        return found

    def cells(self, row: SheetRow) -> list[str]:
        """Each where it stands, however many there are."""
        return [row.cells.get(column, "") for column in range(self.first, self.last + 1)]


class _Source(Source):
    def __init__(self, path: Path, name: str, extent: _Extent, sheets: list[str]) -> None:
        self._path = path
        self._name = name
        self._extent = extent
        trouble: Text | None = extent.heading.trouble or trouble_with(extent.cells(extent.heading))
        if trouble:
            raise refused(_("The heading cannot be read. {why}", why=trouble), "bad_heading")
        self.columns = column_names(extent.cells(extent.heading))
        self.details = {
            "sheet": name,
            "choices": {"sheet": sheets},
            "line_count": extent.last_row,
            "size": path.stat().st_size,
        }

    def rows(self) -> Iterator[Row]:
        with opened(self._path) as archive:
            rows = workbook_in(archive).rows(self._name)
            next(rows, None)
            for row in rows:
                cells = self._extent.cells(row)
                yield Row(row.line, cells, row.trouble or trouble_with(cells))
