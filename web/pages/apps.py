"""An app: its tables with what they hold."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from engine import apps, queries
from engine.queries import Query
from web.dependencies import In
from web.render import page
from web.routes import PageRouter

router = PageRouter(prefix="/w/{workspace}/apps")


@router.get("/{app}")
def show(request: Request, place: In, app: str) -> Response:
    """The tables of the app, each with its number of records and its views."""
    with place.read() as session:
        found = apps.get(session, app)
        counts = {key: queries.count(session, Query(table.address)) for key, table in found.tables.items()}
    may_build = place.membership.role in ("owner", "builder")
    sees_runs = may_build or any(one.rights for one in found.automations.values())
    return page(request, "apps/app.html", app=found, counts=counts, may_build=may_build, sees_runs=sees_runs)
