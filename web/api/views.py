"""Saved views: get one with what it keeps, make one like another, change it. Listing and deleting are in `meta.py`."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from engine import views
from engine.definitions.language import Table, View
from engine.storage.session import Session
from web.api.answering import Body, Endpoints, answered, answered_with_body
from web.api.callers import Caller
from web.api.errors import wrong_request
from web.api.naming import app_named, said, table_named, view_id, view_named, view_with_id
from web.api.paths import name_in
from web.api.shapes import ANYTHING, NAME, TEXT, TEXTS, shape

router = Endpoints("/meta/bases/{app}")

_VIEW = shape(id=TEXT, name=TEXT, type=TEXT, tableId=TEXT, visibleFieldIds=TEXTS, options=ANYTHING)


@router.on("GET", "/views/{view}", _VIEW)
async def get_view(request: Request, app: str, view: str) -> Response:
    """A view; its `options` are what the definition says of it, such as its filter and its sort."""
    return await answered(request, _get, app, view)


@router.on(
    "POST", "/tables/{table}/views", _VIEW, body=shape({"like": TEXT, "type": TEXT, "options": ANYTHING}, name=NAME)
)
async def create_view(request: Request, app: str, table: str) -> Response:
    """Save a new view that is `like` another one (else the first), but for its name, its type and some options."""
    return await answered_with_body(request, _create, app, name_in(table))


@router.on("PATCH", "/views/{view}", _VIEW, body=shape({"name": NAME, "type": TEXT, "options": ANYTHING}))
async def change_view(request: Request, app: str, view: str) -> Response:
    """Rename a view, or save options into it; null takes one away."""
    return await answered_with_body(request, _change, app, view)


def _get(caller: Caller, app: str, view: str) -> Any:
    with caller.read() as session:
        return _told(session, *view_with_id(app_named(session.layout, app), view))


def _create(caller: Caller, app: str, table: str, body: Body) -> Any:
    with caller.write() as session:
        of = table_named(session.layout, app, table)
        like = view_named(of, str(body["like"])) if body.get("like") else views.get(session, of.address)
        options = _options(body)
        key = views.create(session, of.address, like.key, str(options.pop("label", "")), options)
        of = session.layout.table(of.address)
        return _told(session, of, of.views[key])


def _change(caller: Caller, app: str, view: str, body: Body) -> Any:
    options = _options(body)
    if not options:
        raise wrong_request("give a name, a type or options")
    with caller.write() as session:
        table, held = view_with_id(app_named(session.layout, app), view)
        views.change(session, table.address, held.key, options)
        return _told(session, *view_with_id(session.layout.apps[app], view))


def _options(body: Body) -> dict[str, Any]:
    given = body.get("options", {})
    if not isinstance(given, dict):
        raise wrong_request("the options of a view are an object")
    named = {ours: body[theirs] for theirs, ours in (("name", "label"), ("type", "type")) if theirs in body}
    if not all(isinstance(one, str) for one in named.values()):
        raise wrong_request("name and type are texts")
    return {**given, **named}


def _told(session: Session, table: Table, view: View) -> dict[str, Any]:
    return {
        "id": view_id(table, view),
        "name": said(view.label, session.workspace.language, view.key),
        "type": view.type,
        "tableId": table.key,
        "visibleFieldIds": [one.key for one in table.shown_in(view)],
        "options": view.options,
    }
