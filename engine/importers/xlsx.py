"""XLSX: one sheet of a workbook, each cell as its sheet keeps it, whatever it looks like there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from engine.errors import Problem, Refused
from engine.importers import Importer, Row, Source, _books
from engine.importers._apart import apart
from engine.importers._headings import column_names
from engine.importers._packages import refused
from engine.text import _


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
        return _opened(path, (kept.st_mtime_ns, kept.st_size), chosen.get("sheet", ""))


@lru_cache(maxsize=4)  # an import opens its file at each of its steps, and a large one takes seconds to be read
def _opened(path: Path, _kept: tuple[int, int], wanted: str) -> _Source:
    (extent,) = apart(_books.extent, str(path), wanted)
    return _Source(path, extent)


class _Source(Source):
    def __init__(self, path: Path, extent: Mapping[str, Any]) -> None:
        self._path = path
        self._extent = extent
        if extent["trouble"]:
            raise refused(_("The heading cannot be read. {why}", why=extent["trouble"]), "bad_heading")
        self.columns = column_names(extent["heading"])
        self.details = {
            "sheet": extent["sheet"],
            "choices": {"sheet": extent["sheets"]},
            "line_count": extent["last_row"],
            "size": path.stat().st_size,
        }

    def rows(self) -> Iterator[Row]:
        of = self._extent
        for row in apart(_books.rows, str(self._path), of["sheet"], str(of["first"]), str(of["last"])):
            yield Row(*row)
