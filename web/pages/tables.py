"""A table's address: its first view."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from engine import views
from web.dependencies import In
from web.routes import PageRouter

router = PageRouter(prefix="/w/{workspace}/apps/{app}")


@router.get("/{table}")
def show(place: In, app: str, table: str) -> Response:
    """To the view that comes first."""
    with place.read() as session:
        first = views.get(session, f"{app}.{table}")
    return RedirectResponse(place.at.view(app, table, first.key), 302)
