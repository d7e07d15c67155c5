"""Paths as they were sent: `%2F` in a table's name is no separator, and a slash at the end means nothing.

A redirect would be no help: clients do not follow one with a body.
"""

from __future__ import annotations

from urllib.parse import unquote

from starlette.types import ASGIApp, Receive, Scope, Send

PREFIX = b"/v0/"
SLASH = "\x00"  # stands for a slash inside a name; no name has such a character


class Paths:
    """Rewrites paths so that routes see none with a slash at the end, and those of the API names as single parts."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw = scope.get("raw_path") or b""
        if scope["type"] == "http" and raw.startswith(PREFIX) and (b"%2F" in raw.upper() or raw.endswith(b"/")):
            parts = raw.partition(b"?")[0].rstrip(b"/").split(b"/")
            path = "/".join(unquote(part.decode("latin-1")).replace("/", SLASH) for part in parts)
            scope = {**scope, "path": path}
        elif scope["type"] == "http" and scope["path"].endswith("/"):
            scope = {**scope, "path": scope["path"].rstrip("/") or "/"}
        await self.app(scope, receive, send)


def name_in(part: str) -> str:
    """The name that a part of the path holds."""
    return part.replace(SLASH, "/")
