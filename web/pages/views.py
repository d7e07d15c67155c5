"""A view of a table. What the reader asks of it, and the record that is open, stand in the address."""

from __future__ import annotations

from dataclasses import replace
from secrets import token_hex
from typing import Any

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from engine import views
from engine.errors import Refused
from engine.text import _
from web.asked import IN, OF, Asked, is_form, read, read_form, test_in_form
from web.dependencies import FormHere, In, Place
from web.filtering import box_at, filterable, line_of, table_behind
from web.render import asks_for, is_htmx, page, redirect
from web.routes import PageRouter
from web.sheets import Sheet, sheet_of
from web.toasts import Toast
from web.tool_bar import filter_form, tool_bar
from web.view_changes import changes_of
from web.views import Looking, drawings, kanban, looking
from web.visit import visit_of
from web.whole_numbers import Number

router = PageRouter(prefix="/w/{workspace}/apps/{app}/{table}/views/{view}")


@router.get("")
def show(request: Request, place: In, app: str, table: str, view: str, record: str = "") -> Response:
    """The view, with the record that is open over it; for htmx the part that it asks for."""
    params = request.query_params
    if is_form(params):
        return RedirectResponse(place.at.view(app, table, view) + read_form(params).query(), 303)
    with place.read() as session:
        at = looking(session, place, app, table, view, read(params))
        sheet = _opened(place, at, record, candidates=not is_htmx(request)) if record else None
        if asks_for(request, "panel"):
            return page(request, "views/view.html", sheet=sheet)
        context = _context(request, at)
    return page(request, "views/view.html", sheet=sheet, **context)


@router.post("/options")
def save(request: Request, place: In, app: str, table: str, view: str) -> Response:
    """Save what the address asks into the view."""
    return _saved(request, place, app, table, view, None)


@router.post("/copies")
def save_as_new(request: Request, place: In, form: FormHere, app: str, table: str, view: str) -> Response:
    """Save what the address asks as a new view."""
    return _saved(request, place, app, table, view, str(form.get("label", "")))


@router.get("/stacks")
def stacks(
    request: Request, place: In, app: str, table: str, view: str, stack: str = "", start: Number = 0
) -> Response:
    """More cards of one stack."""
    with place.read() as session:
        at = looking(session, place, app, table, view, read(request.query_params))
        context = kanban.more_cards(at, stack, start)
    return page(request, "views/cards.html", block="cards" if is_htmx(request) else None, looking=at, **context)


@router.get("/condition")
def condition(
    request: Request, place: In, app: str, table: str, view: str, number: str = "", way: str = ""
) -> Response:
    """A line of the filter form: an empty one (of the box whose path ends with `~`), or anew after its field or
    operator was chosen. `way` are the links to the records that the box is about.
    """
    with place.read() as session:
        at = looking(session, place, app, table, view, read(request.query_params))
        number = f"{number}{token_hex(3)}" if not number or number.endswith(IN) else number
        test = test_in_form(request.query_params, number)
        box = replace(box_at(session.layout, at.table, "", False, "", ""), way=way)
        fields = filterable(session.layout, table_behind(session.layout, at.table, way))
        line = line_of(number, fields.get(test.field), test)
        context = filter_form(at, [line], box)
    return page(request, "views/view.html", block="condition", line=line, way=way, **context)


@router.get("/conditions")
def conditions(
    request: Request, place: In, app: str, table: str, view: str, path: str = "", way: str = "", linked: str = ""
) -> Response:
    """A box without lines for the filter form: a new one in the box at `path`, with `linked=:` about linked records.

    Or anew, after it was chosen which, by the parameter that is named like the box's own.
    """
    with place.read() as session:
        at = looking(session, place, app, table, view, read(request.query_params))
        chosen = request.query_params.get(f"{path}{OF}")
        new = path if chosen is not None else f"{path}{token_hex(3)}{IN}"
        of = chosen or linked
        box = box_at(session.layout, at.table, new, not (at.asked.tests.any or of), way, of)
        context = filter_form(at, [], box)
    return page(request, "views/view.html", block="box", box=box, **context)


def _saved(request: Request, place: Place, app: str, table: str, view: str, label: str | None) -> Response:
    """Into the view, or into a new one called `label`."""
    place.only("owner", "builder")
    asked = read(request.query_params)
    try:
        with place.write() as session:
            at = looking(session, place, app, table, view, asked)
            before, changes = session.layout.apps[app].revision, changes_of(at)
            key = view
            if label is None:
                views.change(session, at.table.address, view, changes)
            else:
                key = views.create(session, at.table.address, view, label, changes)
            named = session.layout.table(at.table.address).views[key].label
    except Refused as refused:
        with place.read() as session:
            at = looking(session, place, app, table, view, asked)
            context = _context(request, at) | {"unsaved": refused.problems, "label": label or ""}
        return page(request, "views/view.html", status=422, sheet=None, **context)
    undo = place.at.inside(app, "revisions", str(before), "restoration")
    to = place.at.view(app, table, key) + Asked(search=asked.search).query()
    return redirect(request, to, Toast(_("Saved to the view {view}.", view=named), undo=undo))


def _context(request: Request, at: Looking) -> dict[str, Any]:
    unsaved = {"unsaved": [], "label": ""}
    return tool_bar(at, visit_of(request).reader.language) | drawings[at.view.type].content(at) | unsaved


def _opened(place: Place, at: Looking, record: str, *, candidates: bool) -> Sheet:
    sheet = sheet_of(at.session, place, at.table, record, candidates=candidates)
    before, after = drawings[at.view.type].neighbours(at, record)
    return replace(sheet, close=at.address(), before=before, after=after)
