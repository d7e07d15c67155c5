"""Files by themselves: one is brought before the record is there that is to hold it; what is known of one."""

from __future__ import annotations

import base64
import io
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from engine import files, held_files
from web.api.answering import Body, Endpoints, answered, answered_with_body
from web.api.callers import Caller
from web.api.errors import ApiRefusal
from web.api.file_links import FileLinks
from web.api.shapes import ANYTHING, NAME, TEXT, WHOLE, shape

router = Endpoints("/meta/files")

CONTENT = shape({"contentType": TEXT}, filename=NAME, file={**TEXT, "contentEncoding": "base64"})
_FILE = shape(
    {"width": WHOLE, "height": WHOLE, "thumbnails": ANYTHING}, id=TEXT, url=TEXT, filename=TEXT, size=WHOLE, type=TEXT
)


@router.on("POST", "", _FILE, body=CONTENT)
async def bring_file(request: Request) -> Response:
    """Bring a file, to be named by its `id` in a record within a day: `{"filename", "file"}`, the content in base64."""
    return await answered_with_body(request, _bring)


@router.on("GET", "/{file}", _FILE)
async def get_file(request: Request, file: str) -> Response:
    """What is known of a file; `url` works for five minutes without a token."""
    return await answered(request, _get, file)


def content_in(body: Body) -> tuple[str, io.BytesIO]:
    """The name and the content of a file that a body brings. Raises `ApiRefusal`."""
    name, content = body.get("filename"), body.get("file")
    if not isinstance(name, str) or not isinstance(content, str):
        raise ApiRefusal(422, "INVALID_REQUEST_MISSING_FIELDS", "filename and file are needed")
    try:
        return name, io.BytesIO(base64.b64decode("".join(content.split()), validate=True))
    except ValueError as error:
        raise ApiRefusal(422, "INVALID_REQUEST_UNKNOWN", "file must be base64") from error


def _bring(caller: Caller, body: Body) -> Any:
    caller.principal.scope.check_writes()
    name, content = content_in(body)
    brought = files.bring(caller.store, caller.principal, content, name, caller.site.file_limits)
    return FileLinks(caller).object_of(brought)


def _get(caller: Caller, file: str) -> Any:
    with caller.read() as session:
        return FileLinks(caller).object_of(held_files.get(session, file))
