"""The archive that an XLSX file is, looked at before anything of it is unpacked: its maker may be nobody's friend."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import Problem, Refused
from engine.text import Text, _

MAX_PACKED = 20 * 2**20  # bytes
MAX_UNPACKED = 200 * 2**20
MAX_RATIO = 100  # of one part, unless it is small
MAX_PARTS = 200

_OLD_KIND = b"\xd0\xcf\x11\xe0"  # of .xls files, and of all that have a password
_SMALL = 2**20  # bytes, too few to be a bomb
_END = 22  # bytes with which an archive ends, if there is no comment
_MOST_COMMENT = 2**16
_ENTRY = 2**10  # bytes that a part takes in the list of contents, at the very most
_BOOK = "xl/workbook.xml"


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive, once it is known to be harmless. Raises Refused, also when reading it finds damage."""
    try:
        _check_end(path)
        with zipfile.ZipFile(path) as archive:
            _check_parts(archive.infolist())
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise refused(damaged(), "damaged") from error


def damaged() -> Text:
    """What is said of a file that cannot be read."""
    return _("This is no XLSX file, or it is damaged. Open it in a spreadsheet program and save it as XLSX.")


def refused(says: Text, code: str) -> Refused:
    """The whole file is refused."""
    return Refused([Problem("/file", says, code)])


def unpacks_to_too_much() -> Refused:
    """There is more in it than anybody may bring."""
    limit = MAX_UNPACKED // 2**20
    return refused(_("Unpacked, the file is larger than {limit} MiB. Split it.", limit=limit), "too_big")


def too_many() -> Refused:
    """Of so many parts no sheet is found in good time."""
    says = _("This file has more than {limit} parts. Save the one sheet on its own.", limit=MAX_PARTS)
    return refused(says, "too_big")


def _check_end(path: Path) -> None:
    """Its size, and how long its list of contents is, before that is read into memory."""
    size = path.stat().st_size
    if not size:
        raise refused(_("The file is empty."), "empty")
    if size > MAX_PACKED:
        raise refused(_("The file is larger than {limit} MiB. Split it.", limit=MAX_PACKED // 2**20), "too_big")
    with path.open("rb") as file:
        if file.read(4) == _OLD_KIND:
            says = _("This file has a password or is of an old kind of Excel. Save it as XLSX without a password.")
            raise refused(says, "encrypted")
        file.seek(max(0, size - _END - _MOST_COMMENT))
        tail = file.read()
    last = tail[-_END:]
    at_end = last.startswith(b"PK\5\6") and last.endswith(b"\0\0")
    end = last if at_end else tail[tail.rfind(b"PK\5\6") :]
    if not end.startswith(b"PK\5\6"):
        raise refused(damaged(), "damaged")
    contents = int.from_bytes(end[12:16], "little")
    if contents > MAX_PARTS * _ENTRY or b"PK\6\7" in tail[-_END - 20 :]:
        raise too_many()


def _check_parts(parts: list[zipfile.ZipInfo]) -> None:
    if len(parts) > MAX_PARTS:
        raise too_many()
    names = [part.filename for part in parts]
    if any(part.flag_bits & 1 for part in parts):
        raise refused(_("This file has a password. Save it without one."), "encrypted")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise refused(_("This file holds macros. Save it as XLSX, which has none."), "macros")
    if "xl/workbook.bin" in names:
        raise refused(_("This is a binary workbook (XLSB). Save it as XLSX."), "unknown_kind")
    strange = any(name.startswith("/") or "\\" in name or ".." in name.split("/") or ":" in name for name in names)
    if strange or len(set(names)) < len(names) or _BOOK not in names:
        raise refused(damaged(), "damaged")
    if sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise unpacks_to_too_much()
    if any(part.file_size > max(_SMALL, MAX_RATIO * part.compress_size) for part in parts):
        says = _("This file unpacks to more than {limit} times its size. Save it as CSV.", limit=MAX_RATIO)
        raise refused(says, "too_big")
