"""Exports: all records of a list as one file, which goes out while it is read."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from engine import exports
from engine.exporters import exporters
from engine.storage.session import Session
from engine.text import Label
from web.api import listing
from web.api.answering import Body, Endpoints, answered_with_body, caller_of
from web.api.callers import Caller
from web.api.naming import names_of, said, table_named
from web.api.paths import name_in
from web.api.shapes import one_of, shape
from web.handing_over import streamed

router = Endpoints()

_WISHES = shape({**listing.BODY["properties"], "format": one_of(*exporters)})
_MEDIA = [one.media_type for one in exporters.values()]


@router.on("POST", "/{app}/{table}/exports", {}, body=_WISHES, media=_MEDIA)
async def export_records(request: Request, app: str, table: str) -> Response:
    """`{"format": "csv"}` (or jsonl, json, xlsx), with the options of a list but those of its pages.

    With `"returnFieldsByFieldId": true` columns are called by keys, and cells hold ids instead of names.
    """
    return await answered_with_body(request, _export, request, app, name_in(table))


def _export(caller: Caller, request: Request, app: str, table: str, body: Body) -> Any:
    options = listing.options_in(body)
    with caller.read() as session:
        names = names_of(session.layout, table_named(session.layout, app, table), session.workspace.language)
        query = listing.question(session, names, options)
        query = replace(query, fields=None if options.fields is None else names.keys(options.fields))
        language = session.workspace.language

    def say(text: Label) -> str:
        return said(text, language)

    def anew() -> AbstractContextManager[Session]:
        """Whoever's token ended meanwhile gets no further page."""
        return caller_of(request).read()

    kind = str(body.get("format", "csv"))
    return streamed(exports.export(anew, caller.write, query, kind, say, by_keys=options.cells.by_key))
