"""What an import keeps in the data folder: the file as it was brought."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from engine import going_on
from engine.errors import Problem, Refused
from engine.exporters.csv import harmless
from engine.importers import MAX_BYTES, Source
from engine.storage.stores import Workspace
from engine.text import Text, _

_CHUNK = 2**18
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?", re.ASCII)


def path_of(workspace: Workspace, import_id: str) -> Path:
    """Where the file of an import is kept."""
    return workspace.files / "imports" / import_id


def keep(workspace: Workspace, import_id: str, file: BinaryIO) -> Path:
    """Store what `file` holds, safe against a loss of power. Raises `Refused` when it is too big."""
    path = path_of(workspace, import_id)
    says = _("The file is larger than {limit} MiB. Split it.", limit=MAX_BYTES // 2**20)
    return kept(path, iter(lambda: file.read(_CHUNK), b""), MAX_BYTES, says)


def kept(path: Path, pieces: Iterable[bytes], most: int, too_big: Text) -> Path:
    """A file of these pieces, safe against a loss of power. Raises `Refused` when they are more than `most` bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    try:
        with part.open("wb") as written:
            size = 0
            for piece in pieces:
                size += len(piece)
                if size > most:
                    raise Refused([Problem("/file", too_big, "too_big")])
                written.write(piece)
            written.flush()
            os.fsync(written.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return path


def remove(workspace: Workspace, ids: Iterable[str]) -> None:
    """The files of imports go, and what was noted beside them."""
    for import_id in ids:
        going_on.forget(path_of(workspace, import_id))


def refused_csv(source: Source, reasons: Mapping[int, Sequence[Text | str]]) -> Iterator[str]:
    """The lines with reasons as CSV, to be mended and brought again: their cells, then line and reason."""
    columns = [*source.columns, str(_("Line")), str(_("Reason"))]
    yield "\ufeff" + _csv_line(columns)
    for row in source.rows():
        if row.line in reasons:
            width = len(source.columns)
            cells = [*row.cells[:width], *[""] * (width - len(row.cells))]
            yield _csv_line([*cells, str(row.line), " ".join(map(str, reasons[row.line]))])


def _csv_line(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([_harmless(cell) for cell in cells])
    return line.getvalue()


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet would run as a formula, as a text; a number stays a number."""
    return cell if _NUMBER.fullmatch(cell) else harmless(cell)
