"""Putting a record elsewhere in a view: a card into another stack, an entry of a calendar onto another day."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from engine import records
from web.asked import Asked
from web.dependencies import FormHere, In
from web.reader import reading_as
from web.render import told
from web.routes import PageRouter
from web.toasts import Toast
from web.views import drawings, looking
from web.visit import visit_of

router = PageRouter(prefix="/w/{workspace}/apps/{app}/{table}/views/{view}/moves")


@router.post("/{record}")
def create(request: Request, place: In, form: FormHere, app: str, table: str, view: str, record: str) -> Response:
    """Set what the place stands for, as the type of the view reads it; Undo puts the record back."""
    given = {name: str(value) for name, value in form.items()}
    with place.write() as session:
        at = looking(session, place, app, table, view, Asked())
        with reading_as(visit_of(request).reader):  # a day is said in their language
            values, says = drawings[at.view.type].moved(at, record, given)
        changed = records.update(session, at.table.address, {record: values})
        toast = Toast(says, undo=place.at.page("undo", session.transaction_id) if changed else "")
    return told(request, toast, "records-changed", otherwise=place.at.view(app, table, view))
