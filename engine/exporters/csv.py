"""CSV: rows of text that every spreadsheet opens, none of which it takes for a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from engine.exporters import Cell, Column, Exporter, Pages
from engine.exporters._moments import spelled
from engine.field_types import join_list
from engine.text import _

BOM = "\ufeff"  # without it a spreadsheet takes Chinese for something else
# What a spreadsheet would run, full-width twins included, and what looks as if it had been kept from that already.
_RUNS = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")


class Csv(Exporter):
    """A text that begins like a formula gets a `'` in front, which importing takes off again. Numbers stay numbers."""

    label = _("Text table (CSV)")
    extension = ".csv"
    media_type = "text/csv; charset=utf-8"

    def write(self, columns: Sequence[Column], pages: Pages) -> Iterator[bytes]:
        yield (BOM + _lines([[harmless(one.name) for one in columns]])).encode()
        for records in pages:
            rows = [[_text(cell, one) for cell, one in zip(each, columns, strict=True)] for each in records]
            yield _lines(rows).encode()


def _lines(rows: Sequence[Sequence[str]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()


def _text(cell: Cell, column: Column) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int | float):
        text = repr(cell)
        return f"{Decimal(text):f}" if "e" in text else text
    if isinstance(cell, list):
        return harmless(join_list(cell))
    return spelled(cell, column.zone) if column.holds == "date_time" and column.zone else harmless(cell)


def harmless(text: str) -> str:
    """The text as a spreadsheet takes it for one, which importing makes the text again."""
    return f"'{text}" if _RUNS.match(text) else text
