"""A cell of a grid: changed where it stands."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import Response

from engine import limits, records
from engine.errors import NotFound, Refused
from engine.text import _
from web.asked import read
from web.dependencies import FormHere, In
from web.fields import shown_field
from web.link_inputs import input_of_link
from web.names import names_of
from web.render import page, wrong
from web.routes import PageRouter
from web.sheets import typed_in
from web.views import grid, looking

router = PageRouter(prefix="/w/{workspace}/apps/{app}/{table}/views/{view}/cells")


@router.get("/{record}/{field}")
def edit(request: Request, place: In, app: str, table: str, view: str, record: str, field: str) -> Response:
    """The input of a cell whose value the browser cannot know by itself: a link."""
    with place.read() as session:
        of = session.layout.table(f"{app}.{table}")
        if field not in of.fields or not (of.fields[field].writable and of.fields[field].is_link):
            raise NotFound(_("There is no field {field} here.", field=field))
        found = records.get(session, of.address, record)
        names = names_of(session, place.at, of, [field], [found.values])
        shown = shown_field(session.layout, of.fields[field])
        asks = input_of_link(session, place, of.fields[field], found.values)
        held = {key: found.values[key] for key in limits.depends_on(session.layout, of.fields[field])}
    if held:
        asks["search"] += f"?{urlencode({key: value for key, value in held.items() if value})}"
    value = found.values.get(field)
    return page(request, "views/view.html", block="editor", field=shown, value=value, names=names, asks=asks)


@router.post("/{record}")
def change(request: Request, place: In, form: FormHere, app: str, table: str, view: str, record: str) -> Response:
    """Save what was typed; the answer is the record's line, since other cells may follow from this one."""
    address = f"{app}.{table}"
    with place.read() as session:
        typed = typed_in(form, session.layout.table(address), session.layout)
    try:
        with place.write() as session:
            changed = records.update(session, address, {record: typed}, reading="text")
            undo = place.at.page("undo", session.transaction_id) if changed else ""
    except Refused as refused:
        return wrong(request, refused.problems[0].says)
    with place.read() as session:
        at = looking(session, place, app, table, view, read(request.query_params))
        totals = grid.totals_of(at)
        line, names = grid.one_line(at, record, totals)
    return page(
        request,
        "views/view.html",
        block="line",
        looking=at,
        fields=at.shown,
        record=line,
        names=names,
        totals=totals,
        undo=undo,
    )
