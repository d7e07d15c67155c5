"""What an import keeps in the data folder: the file as it was brought, and how far reading it has come."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from engine.errors import Problem, Refused
from engine.exporters.csv import harmless
from engine.importers import MAX_BYTES, Source
from engine.storage.stores import Workspace
from engine.text import Text, _

PROGRESS_AGE = 60.0  # seconds after which a progress that does not move belongs to a process that is gone

_CHUNK = 2**18
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?", re.ASCII)


def path_of(workspace: Workspace, import_id: str) -> Path:
    """Where the file of an import is kept."""
    return workspace.files / "imports" / import_id


def keep(workspace: Workspace, import_id: str, file: BinaryIO) -> Path:
    """Store what `file` holds, safe against a loss of power. Raises `Refused` when it is too big."""
    path = path_of(workspace, import_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    try:
        with part.open("wb") as kept:
            size = 0
            while chunk := file.read(_CHUNK):
                size += len(chunk)
                if size > MAX_BYTES:
                    limit = MAX_BYTES // 2**20
                    says = _("The file is larger than {limit} MiB. Split it.", limit=limit)
                    raise Refused([Problem("/file", says, "too_big")])
                kept.write(chunk)
            kept.flush()
            os.fsync(kept.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return path


def set_progress(workspace: Workspace, import_id: str, line: int) -> None:
    """Tell other processes how far the transaction is, whose writes they cannot see yet."""
    path = path_of(workspace, import_id).with_suffix(".progress")
    part = path.with_suffix(".progress.part")
    part.write_text(json.dumps({"line": line}))
    part.replace(path)


def progress(workspace: Workspace, import_id: str) -> int | None:
    """The line that is being read, or None when nobody is reading."""
    path = path_of(workspace, import_id).with_suffix(".progress")
    try:
        if time.time() - path.stat().st_mtime > PROGRESS_AGE:
            return None
        return int(json.loads(path.read_text())["line"])
    except (OSError, ValueError):
        return None


def end_progress(workspace: Workspace, import_id: str) -> None:
    """Nobody is reading any more."""
    with suppress(OSError):
        path_of(workspace, import_id).with_suffix(".progress").unlink()
    path_of(workspace, import_id).with_suffix(".stop").unlink(missing_ok=True)


def ask_to_stop(workspace: Workspace, import_id: str) -> None:
    """Tell the process that is reading the file, whichever it is, to stop."""
    path_of(workspace, import_id).with_suffix(".stop").touch()


def is_asked_to_stop(workspace: Workspace, import_id: str) -> bool:
    """Whether somebody wants it to stop."""
    return path_of(workspace, import_id).with_suffix(".stop").exists()


def remove(workspace: Workspace, ids: Iterable[str]) -> None:
    """The files of imports go, and what was noted beside them."""
    for import_id in ids:
        path = path_of(workspace, import_id)
        for one in (path, path.with_suffix(".progress"), path.with_suffix(".stop")):
            one.unlink(missing_ok=True)


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
