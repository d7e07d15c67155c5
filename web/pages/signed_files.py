"""A file by an address that an answer of the API gave: it works for five minutes, and as long as the token that asked.

The signature names the token; whether it may still read the file is asked at each download.
"""

from __future__ import annotations

import json
from urllib.parse import quote

from starlette.responses import FileResponse, Response

from engine import api_tokens, files, held_files, pictures
from engine.errors import NotFound
from engine.files import File
from engine.text import _
from web.dependencies import SiteHere
from web.handing_over import handed_over
from web.routes import PageRouter, public_guard
from web.signing import Signer

router = PageRouter(prefix="/files/{signed}/{name}", guard=public_guard)

LIFE = 300  # seconds
_PURPOSE = "file"


def address_of(signer: Signer, token_id: str, file: File, size: str = "") -> str:
    """The path of a file, or of a small picture of it, for one token."""
    signed = signer.sign(_PURPOSE, json.dumps([token_id, file.id, size]).encode())
    return f"/files/{signed}/{quote(file.filename, safe='')}"


@router.get("")
def download(site: SiteHere, signed: str, name: str) -> Response:
    """The file as it was brought, or a small picture of it."""
    payload = site.signer.read(_PURPOSE, signed, LIFE)
    if payload is None:
        raise NotFound(_("This link is too old. Ask for the record again."))
    token_id, file_id, size = json.loads(payload)
    holder = api_tokens.holder_by_id(site.stores, token_id)
    store = site.stores.workspace(holder.workspace_id)
    with store.read(holder.principal) as session:
        found = held_files.get(session, file_id)
    path = files.path_of(store, found.id, size)
    if not size:
        return handed_over(found, path)
    return FileResponse(path, media_type=pictures.type_of(path))
