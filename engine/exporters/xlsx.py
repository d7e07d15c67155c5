"""XLSX: a sheet whose cells are numbers, dates, truths and texts, and nothing that is run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from engine.errors import Problem, Refused
from engine.exporters import Cell, Column, Exporter, Pages
from engine.exporters._moments import local
from engine.field_types import join_list
from engine.text import _

LONGEST = 32_767  # characters of a cell
_PIECE = 2**18
_MADE = datetime(1980, 1, 1, tzinfo=UTC)  # as its parts say, so that what is alike makes files that are alike
_FORMATS = {"percent": "0.##%", "date": "yyyy-mm-dd", "date_time": "yyyy-mm-dd hh:mm"}
# Nothing that somebody typed becomes a formula, a link or a number. Lines go to the disk as they come.
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


class Xlsx(Exporter):
    """It is made on the disk before the first byte goes out, since its list of contents stands at the end."""

    label = _("Excel (XLSX)")
    extension = ".xlsx"
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    most = 1_048_575  # and the heading

    def write(self, columns: Sequence[Column], pages: Pages) -> Iterator[bytes]:
        with tempfile.TemporaryDirectory(prefix="formwork-export-") as folder:
            path = Path(folder) / "export.xlsx"
            _fill(path, columns, pages)
            with path.open("rb") as made:
                while piece := made.read(_PIECE):
                    yield piece


def _fill(path: Path, columns: Sequence[Column], pages: Pages) -> None:
    import xlsxwriter  # it takes memory, and not every installation ever exports so

    book = xlsxwriter.Workbook(str(path), {**_OPTIONS, "tmpdir": str(path.parent)})
    book.set_properties({"created": _MADE})
    sheet = book.add_worksheet()
    formats = {holds: book.add_format({"num_format": form}) for holds, form in _FORMATS.items()}
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, [one.name for one in columns], book.add_format({"bold": True}))
    row = 0
    try:
        for records in pages:
            for record in records:
                row += 1
                for place, (cell, column) in enumerate(zip(record, columns, strict=True)):
                    _put(sheet, row, place, cell, column, formats.get(column.holds))
    finally:  # it holds files open
        book.close()


def _put(sheet: Any, row: int, place: int, cell: Cell, column: Column, form: Any) -> None:
    if cell is None:
        return
    if isinstance(cell, bool):
        sheet.write_boolean(row, place, cell)
    elif isinstance(cell, int | float):
        sheet.write_number(row, place, cell, form)
    elif column.holds == "date" and isinstance(cell, str) and cell >= "1900-03-01":  # before, Excel counts days wrong
        sheet.write_datetime(row, place, date.fromisoformat(cell), form)
    elif column.holds == "date_time" and column.zone and isinstance(cell, str) and cell >= "1900-03-02":
        sheet.write_datetime(row, place, local(cell, column.zone).replace(tzinfo=None), form)
    else:
        text = join_list(cell) if isinstance(cell, list) else str(cell)
        if len(text) > LONGEST:
            says = _("A text in {field} is longer than the {most} characters that a cell of a sheet takes.",
                     field=column.name, most=LONGEST)  # fmt: skip
            raise Refused([Problem("/format", says, "too_long")])
        sheet.write_string(row, place, text)
