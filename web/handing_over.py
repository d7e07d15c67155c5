"""A file on its way to somebody's disk."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from starlette.responses import FileResponse, Response

from engine.errors import NotFound
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
    plain = "".join(one if one.isascii() and one not in '"\\%;' else "_" for one in file.filename)
    headers = {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.filename, safe='')}",
        "Content-Security-Policy": POLICY,
        "Cache-Control": "private, no-store",
    }
    media_type = file.type if file.type in HANDED_AS else "application/octet-stream"
    # No text is told a character set, so Starlette's own guess is not asked for.
    return FileResponse(path, media_type=media_type, headers=headers)
