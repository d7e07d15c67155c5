"""Taking back what one act did."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from engine import undo
from engine.text import _
from web.dependencies import In
from web.render import told
from web.routes import PageRouter
from web.toasts import Toast

router = PageRouter(prefix="/w/{workspace}/undo")


@router.post("/{transaction}")
def create(request: Request, place: In, transaction: str) -> Response:
    """Take it back; when somebody changed it since, the error says so and nothing happens."""
    with place.write(cause=f"undo:{transaction}") as session:
        count = undo.undo(session, transaction)
    says = _("Undone.") if count == 1 else _("Undone: {count} records.", count=count)
    response = told(request, Toast(says), "records-changed", "record-stale", otherwise=place.at.home)
    if "HX-Reswap" in response.headers:
        del response.headers["HX-Reswap"]  # the button that was pressed is taken away
    return response
