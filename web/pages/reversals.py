"""Reversing an entry of a ledger."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from engine import ledgers
from engine.text import _
from web.dependencies import In
from web.render import redirect
from web.routes import PageRouter
from web.toasts import Toast

router = PageRouter(prefix="/w/{workspace}/apps/{app}/{table}/records")


@router.post("/{record}/reversal")
def create(request: Request, place: In, app: str, table: str, record: str) -> Response:
    """Enter the opposite of the entry, and show it. There is no undo: entries stay."""
    with place.write() as session:
        (mirror,) = ledgers.reverse(session, f"{app}.{table}", [record])
    return redirect(request, place.at.record(app, table, mirror), Toast(_("Reversed by this entry.")))
