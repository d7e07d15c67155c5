"""A view of a table. What the reader asks of it, and the record that is open, stand in the address."""

from __future__ import annotations

from dataclasses import replace
from secrets import token_hex

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from web.asked import IN, is_form, read, read_form, test_in_form
from web.dependencies import In
from web.filtering import Box, filterable, line_of
from web.render import asks_for, is_htmx, page
from web.sheets import Sheet, sheet_of
from web.tool_bar import filter_form, tool_bar
from web.views import Looking, drawings, kanban, looking
from web.visit import visit_of

router = APIRouter(prefix="/w/{workspace}/apps/{app}/{table}/views/{view}")


@router.get("")
def show(request: Request, place: In, app: str, table: str, view: str, record: str = "") -> Response:
    """The view, with the record that is open over it; for htmx the part that it asks for."""
    params = request.query_params
    if is_form(params):
        return RedirectResponse(place.at.view(app, table, view) + read_form(params).query(), 303)
    with place.read() as session:
        at = looking(session, place, app, table, view, read(params))
        sheet = _opened(at, record, candidates=not is_htmx(request)) if record else None
        if asks_for(request, "panel"):
            return page(request, "views/view.html", sheet=sheet)
        context = tool_bar(at, visit_of(request).reader.language) | drawings[at.view.type].content(at)
    return page(request, "views/view.html", sheet=sheet, **context)


@router.get("/stacks")
def stacks(request: Request, place: In, app: str, table: str, view: str, stack: str = "", start: int = 0) -> Response:
    """More cards of one stack."""
    with place.read() as session:
        at = looking(session, place, app, table, view, read(request.query_params))
        context = kanban.more_cards(at, stack, max(0, start))
    return page(request, "views/cards.html", block="cards" if is_htmx(request) else None, looking=at, **context)


@router.get("/condition")
def condition(
    request: Request, place: In, app: str, table: str, view: str, number: str = "", box: str = ""
) -> Response:
    """A line of the filter form: an empty one (of the box whose path ends with `~`), or anew after its field or
    operator was chosen. With `box` a box inside the one at that path (`~`: at the top).
    """
    with place.read() as session:
        at = looking(session, place, app, table, view, read(request.query_params))
        if box:
            inner = Box(f"{box.removeprefix(IN)}{token_hex(3)}{IN}", not at.asked.tests.any, [], [])
            return page(request, "views/view.html", block="box", box=inner, **filter_form(at, []))
        number = f"{number}{token_hex(3)}" if not number or number.endswith(IN) else number
        test = test_in_form(request.query_params, number)
        line = line_of(number, filterable(session.layout, at.table).get(test.field), test)
        context = filter_form(at, [line])
    return page(request, "views/view.html", block="condition", line=line, **context)


def _opened(at: Looking, record: str, *, candidates: bool) -> Sheet:
    sheet = sheet_of(at.session, at.place, at.table, record, candidates=candidates)
    before, after = drawings[at.view.type].neighbours(at, record)
    return replace(sheet, close=at.address(), before=before, after=after)
