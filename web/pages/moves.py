"""Moving a card of a board to another stack."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from engine import records
from engine.errors import NotFound
from engine.text import _
from web.asked import Asked
from web.dependencies import FormHere, In
from web.render import told
from web.routes import PageRouter
from web.toasts import Toast
from web.views import kanban, looking

router = PageRouter(prefix="/w/{workspace}/apps/{app}/{table}/views/{view}/moves")


@router.post("/{record}")
def create(request: Request, place: In, form: FormHere, app: str, table: str, view: str, record: str) -> Response:
    """Give the record the value that the stack stands for."""
    with place.write() as session:
        at = looking(session, place, app, table, view, Asked())
        if at.view.type != "kanban":
            raise NotFound(_("This view has no stacks."))
        by = kanban.by_of(at)
        value = kanban.value_of(by, str(form.get(by.key, "")))
        changed = records.update(session, at.table.address, {record: {by.key: value}})
        says = _("Moved to {stack}.", stack=kanban.stack_name(at, value))
        toast = Toast(says, undo=place.at.page("undo", session.transaction_id) if changed else "")
    return told(request, toast, "records-changed", otherwise=place.at.view(app, table, view))
