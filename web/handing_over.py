"""A file on its way to somebody's disk."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from starlette.responses import FileResponse, Response, StreamingResponse

from engine.errors import NotFound
from engine.exports import Export
from engine.files import File
from engine.text import _

# What a browser may be told that a file is. None of them is run, and whatever is not here is just bytes.
HANDED_AS = frozenset(
    {
        "image/png", "image/jpeg", "image/gif", "image/webp",
        "audio/mpeg", "video/mp4", "application/zip", "text/csv",
    }
)  # fmt: skip
POLICY = "default-src 'none'; sandbox"


def handed_over(file: File, path: Path) -> Response:
    """The file under its name, to be saved and not opened. Raises `NotFound`."""
    if not path.is_file():
        raise NotFound(_("There is no such file (any more)."))
    media_type = file.type if file.type in HANDED_AS else "application/octet-stream"
    # No text is told a character set, so Starlette's own guess is not asked for.
    return FileResponse(path, media_type=media_type, headers=_headers(file.filename))


def from_disk(path: Path, filename: str, media_type: str) -> Response:
    """A file that was made, to be saved under this name."""
    return FileResponse(path, media_type=media_type, headers=_headers(filename))


def streamed(export: Export) -> Response:
    """An export, to be saved, piece by piece as it is made."""
    return StreamingResponse(export.pieces, media_type=export.media_type, headers=_headers(export.filename))


def written(pieces: Iterable[str], filename: str, media_type: str) -> Response:
    """A text of ours, to be saved."""
    return StreamingResponse(iter(pieces), media_type=f"{media_type}; charset=utf-8", headers=_headers(filename))


def _headers(filename: str) -> dict[str, str]:
    plain = "".join(one if one.isascii() and one not in '"\\%;' else "_" for one in filename)
    return {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}",
        "Content-Security-Policy": POLICY,
        "Cache-Control": "private, no-store",
    }
