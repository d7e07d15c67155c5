"""Taking along what a view shows, as a file. It is a POST, since each time is noted in the audit log."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace

from fastapi import Request
from starlette.responses import Response

from engine import exports
from engine.errors import SignInNeeded
from engine.storage.session import Session
from engine.text import Label, _
from web.asked import read
from web.dependencies import FormHere, In, Place, place_of
from web.handing_over import streamed
from web.reader import reading_as
from web.routes import PageRouter
from web.texts import label
from web.views import looking
from web.visit import Visit, visit_of

router = PageRouter(prefix="/w/{workspace}/apps/{app}/{table}/views/{view}/exports")


@router.post("")
def export(request: Request, place: In, form: FormHere, app: str, table: str, view: str) -> Response:
    """The records of the view, narrowed, ordered and with the fields that the address asks."""
    reader = visit_of(request).reader

    def say(text: Label) -> str:
        with reading_as(reader):
            return label(text)

    with place.read() as session:
        at = looking(session, place, app, table, view, read(request.query_params))
        query = replace(at.query, fields=[one.key for one in at.fields])
    kind, by_keys = str(form.get("format", "csv")), form.get("by_keys") == "yes"
    return streamed(exports.export(lambda: _anew(request, place), place.write, query, kind, say, by_keys=by_keys))


def _anew(request: Request, place: Place) -> AbstractContextManager[Session]:
    """A transaction of who is signed in now: who was signed out, or may less than before, gets no further page."""
    visit = Visit(request, visit_of(request).site)
    if visit.session is None or visit.session.person.id != place.person.id:
        raise SignInNeeded(_("Sign in first."))
    request.state.visit = visit
    return place_of(request).read()
