"""A file itself, and the small pictures of it. The door is asked each time.

What people brought is only ever handed over, never shown in place: a browser that opened it would run what is in it.
What is shown are pictures that we drew ourselves.
"""

from __future__ import annotations

from fastapi import Request
from starlette.responses import FileResponse, Response

from engine import files, held_files, pictures
from engine.errors import NotFound
from engine.text import _
from web.dependencies import In
from web.handing_over import handed_over
from web.routes import PageRouter

router = PageRouter(prefix="/w/{workspace}/files/{file}")

PRIVATE = "private, no-cache"  # kept by the reader's browser, which asks each time whether it may still show it


@router.get("")
def download(place: In, file: str) -> Response:
    """The file as it was brought, to be saved."""
    with place.read() as session:
        found = held_files.get(session, file)
    return handed_over(found, files.path_of(place.store, found.id))


@router.get("/{size}")
def show(request: Request, place: In, file: str, size: str) -> Response:
    """A small picture of it: small, large or full."""
    with place.read() as session:
        found = held_files.get(session, file)
    if size not in found.small:
        raise NotFound(_("There is no such file (any more)."))
    path = files.path_of(place.store, found.id, size)
    tag = f'"{found.id}-{size}"'
    headers = {"Cache-Control": PRIVATE, "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return FileResponse(path, media_type=pictures.type_of(path), headers=headers)
