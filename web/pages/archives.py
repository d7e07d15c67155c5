"""An app as one file: taken along with its records and files, and brought in from such a file."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.responses import Response

from engine import archives
from engine.archives import Brought, Wishes
from engine.definitions.language import App
from engine.errors import Problem, Refused
from engine.exports import Export
from engine.files import Limits
from engine.text import _
from web.dependencies import FormHere, In, Place, SiteHere, check_proof
from web.handing_over import streamed
from web.render import page

router = APIRouter(prefix="/w/{workspace}")

PIECE = 2**18


@router.post("/apps/{app}/-/archives")
def take(request: Request, place: In, app: str) -> Response:
    """Take the app along. It is made on the disk first, so that nobody's slow line holds a transaction open."""
    check_proof(request, place.at.inside(app, "revisions"))
    file = tempfile.TemporaryFile(prefix="formwork-archive-")  # noqa: SIM115 - it is read while the answer goes out
    try:
        with place.read() as session:
            archives.pack(session, app, file)
        with place.write() as session:
            archives.note(session, app)
    except BaseException:
        file.close()
        raise
    return streamed(Export(f"{app}.zip", archives.MEDIA_TYPE, _pieces(file)))


@router.get("/archives/new")
def ask(request: Request, place: In) -> Response:
    """Which file, and under which key."""
    place.only("owner", "builder")
    return page(request, "archives/new.html", key="", errors={})


@router.post("/archives")
def bring(request: Request, place: In, site: SiteHere, form: FormHere) -> Response:
    """Install the app of the file that was sent; what of it could not be brought along is told."""
    place.only("owner", "builder")
    file, key = form.get("file"), str(form.get("key") or "").strip()
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise Refused([Problem("/file", _("Choose a file first."), "required")])
        app, done = _brought(place, file, key, site.file_limits)
    except Refused as refused:
        errors: dict[str, list[str]] = {"key": [], "file": []}
        for one in refused.problems:
            errors["key" if one.at == "/key" else "file"].append(one.says)
        return page(request, "archives/new.html", status=422, key=key, errors=errors)
    return page(request, "archives/brought.html", app=app, done=done, left=list(archives.set_aside(done)))


def _brought(place: Place, file: UploadFile, key: str, limits: Limits) -> tuple[App, Brought]:
    with tempfile.TemporaryDirectory(prefix="formwork-archive-") as folder:
        path = Path(folder) / "archive.zip"
        file.file.seek(0)  # it may begin anew, when somebody was in the way
        with path.open("wb") as kept:
            shutil.copyfileobj(file.file, kept)
        with archives.opened(path) as archive, place.write() as session:
            done = archives.bring(session, archive, limits, Wishes(key))
            return session.layout.apps[done.app], done


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece
