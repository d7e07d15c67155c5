"""Our own files for the browser, below an address that changes whenever any of them does.

`/static/<build>/app.css` may be kept for ever. The whole folder shares one build word, so that stylesheets and
scripts name each other relatively.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from email.utils import formatdate
from functools import cached_property
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
FOR_EVER = "public, max-age=31536000, immutable"
COMPRESSED = (".js", ".css", ".svg", ".txt")


class Statics:
    """An ASGI application over one folder; `url("app.css")` is where a file is found."""

    def __init__(self, folder: Path, at: str = "/static") -> None:
        self.folder = folder.resolve()
        self.at = at
        self._packed: dict[tuple[Path, float], bytes] = {}

    @cached_property
    def build(self) -> str:
        """A word that follows from the content of every file."""
        digest = hashlib.sha256()
        for path in sorted(self.folder.rglob("*")):
            if path.is_file():
                digest.update(path.relative_to(self.folder).as_posix().encode() + b"\0" + path.read_bytes())
        return digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """The address of a file, such as `vendor/htmx.min.js`."""
        return f"{self.at}/{self.build}/{name}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await self._answer(request)(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        name = request.scope["path"].removeprefix(self.at).lstrip("/")
        first, _slash, rest = name.partition("/")
        lasting = first == self.build
        path = (self.folder / (rest if lasting else name)).resolve()
        if request.method not in ("GET", "HEAD"):
            return Response(status_code=405, headers={"Allow": "GET, HEAD"})
        if not path.is_relative_to(self.folder) or not path.is_file() or path.name.startswith("."):
            return Response("Not found", status_code=404, media_type="text/plain")
        changed = path.stat().st_mtime
        headers = {
            "Cache-Control": FOR_EVER if lasting else "no-cache",
            "ETag": f'"{hashlib.sha256(f"{path}{changed}".encode()).hexdigest()[:16]}"',
            "Last-Modified": formatdate(changed, usegmt=True),
            "Vary": "Accept-Encoding",
        }
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        content = path.read_bytes()
        if path.suffix in COMPRESSED and "gzip" in request.headers.get("accept-encoding", ""):
            content = self._gzipped(path, changed, content)
            headers["Content-Encoding"] = "gzip"
        return Response(content, media_type=kind, headers=headers)

    def _gzipped(self, path: Path, changed: float, content: bytes) -> bytes:
        if (path, changed) not in self._packed:
            self._packed[path, changed] = gzip.compress(content, 6, mtime=0)
        return self._packed[path, changed]
