"""Deleting several records of a table at once."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from engine import records
from engine.errors import Problem, Refused
from engine.text import _
from web.addresses import own_path
from web.dependencies import FormHere, In
from web.render import told
from web.routes import PageRouter
from web.toasts import Toast

router = PageRouter(prefix="/w/{workspace}/apps/{app}/{table}/deletions")


@router.post("")
def create(request: Request, place: In, form: FormHere, app: str, table: str) -> Response:
    """Delete the records that are ticked; Undo brings all of them back."""
    ids = list(dict.fromkeys(str(one) for one in form.getlist("record")))
    if not ids:
        raise Refused([Problem("", _("Tick the records first."), "required")])
    with place.write() as session:
        gone = records.delete(session, f"{app}.{table}", ids)
        says = _("1 record deleted.") if len(gone) == 1 else _("{count} records deleted.", count=len(gone))
        toast = Toast(says, undo=place.at.page("undo", session.transaction_id))
    after = own_path(str(form.get("next", "")), place.at.table(app, table))
    return told(request, toast, "records-changed", otherwise=after)
