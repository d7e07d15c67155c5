"""A file by an address that an answer of the API gave: it works for five minutes, for the one who was given it.

The signature says who asked; whether that person may still read the file is asked at each download.
"""

from __future__ import annotations

import json
from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import FileResponse, Response

from engine import files, pictures, workspaces
from engine.access.principals import person
from engine.errors import NotFound
from engine.files import File
from engine.text import _
from web import dependencies
from web.dependencies import SiteHere
from web.handing_over import handed_over
from web.signing import Signer

router = APIRouter(prefix="/files/{signed}/{name}")
guard = dependencies.public_guard

LIFE = 300  # seconds
_PURPOSE = "file"


def address_of(signer: Signer, workspace: str, user_id: str, file: File, size: str = "") -> str:
    """The path of a file, or of a small picture of it, for one person."""
    signed = signer.sign(_PURPOSE, json.dumps([workspace, user_id, file.id, size]).encode())
    return f"/files/{signed}/{quote(file.filename, safe='')}"


@router.get("")
def download(site: SiteHere, signed: str, name: str) -> Response:
    """The file as it was brought, or a small picture of it."""
    payload = site.signer.read(_PURPOSE, signed, LIFE)
    if payload is None:
        raise NotFound(_("This link is too old. Ask for the record again."))
    workspace, user_id, file_id, size = json.loads(payload)
    role = workspaces.membership(site.stores, workspace, user_id).role
    store = site.stores.workspace(workspace)
    with store.read(person(user_id, role)) as session:
        found = files.get(session, file_id)
    path = files.path_of(store, found.id, size)
    if not size:
        return handed_over(found, path)
    return FileResponse(path, media_type=pictures.type_of(path))
