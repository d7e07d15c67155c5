"""The audit log: what was done to apps and settings, and to people; for owners."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import Response

from engine import audit, people
from web.dependencies import In, SiteHere
from web.render import page
from web.whole_numbers import Number

router = APIRouter(prefix="/w/{workspace}/audit")


@router.get("")
def show(
    request: Request,
    place: In,
    site: SiteHere,
    log: Literal["workspace", "people"] = "workspace",
    before: Number | None = None,
    checked: bool = False,
) -> Response:
    """One of the two logs, newest first; with `checked` its whole chain is worked out again."""
    with place.read() as session:
        names = people.names(session)
    of_people = log == "people"
    store, workspace = (site.stores.control, place.membership.id) if of_people else (place.store, None)
    with store.read(place.principal) as session:
        found = audit.entries(session, workspace=workspace, before=before, limit=audit.SHOWN + 1)
        verdict = audit.verify(session) if checked else None
    entries = found[: audit.SHOWN]
    older = entries[-1].number if len(found) > audit.SHOWN else None
    return page(
        request, "audit/audit.html", log=log, entries=entries, names=names, older=older, before=before, verdict=verdict
    )
