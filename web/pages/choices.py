"""What a link that is limited may lead to, by what the record holds: what its input searches."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from engine import limits
from engine.errors import NotFound
from engine.text import _
from web.dependencies import In
from web.render import is_htmx, page

router = APIRouter(prefix="/w/{workspace}/apps/{app}/{table}/choices")


@router.get("/{field}")
def find(request: Request, place: In, app: str, table: str, field: str, q: str = "") -> Response:
    """Records to choose from; the other parameters are what fields of the record hold (`?account=rec...`)."""
    with place.read() as session:
        of = session.layout.table(f"{app}.{table}")
        if field not in of.fields or not of.fields[field].is_link:
            raise NotFound(_("There is no field {field} here.", field=field))
        found = limits.choices(session, of.address, field, dict(request.query_params), q)
        target = session.layout.table(of.fields[field].target or "")
    block = "found" if is_htmx(request) else None
    return page(request, "records/titles.html", block=block, table=target, found=found, new="")
