"""The audit log: what was done to apps and settings, and to people; for owners."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

from fastapi import Form, Request
from starlette.responses import Response

from engine import audit, people
from engine.text import _
from web.dependencies import In, SiteHere
from web.handing_over import written
from web.render import page
from web.routes import PageRouter
from web.whole_numbers import Number

router = PageRouter(prefix="/w/{workspace}/audit")


Log = Literal["workspace", "people"]
# How somebody acted where it was not by themself, at a page or a command.
WAYS = {"token": _("with an API token"), "automation": _("by an automation"), "public_form": _("by a public form")}


@router.get("")
def show(
    request: Request,
    place: In,
    site: SiteHere,
    log: Log = "workspace",
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
        request, "audit/audit.html", log=log, entries=entries, names=names, ways=WAYS,
        older=older, before=before, verdict=verdict,
    )  # fmt: skip


@router.post("/exports")
def export(place: In, site: SiteHere, log: Annotated[Log, Form()] = "workspace") -> Response:
    """All of one of the two logs as JSON lines."""
    wanted = audit.Log("workspace", place.read)
    if log == "people":
        wanted = audit.Log("accounts", partial(site.stores.control.read, place.principal), place.membership.id)
    return written(audit.export(place.write, wanted), f"audit-{log}.jsonl", "application/jsonl")
