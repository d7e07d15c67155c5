"""The trash: what was deleted, by whom and when; bringing it back, or deleting it for good."""

from __future__ import annotations

from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import Response

from engine import trash
from engine.storage.session import Session
from engine.text import _
from web.dependencies import FormHere, In, SiteHere
from web.render import page, redirect
from web.routes import PageRouter
from web.toasts import Toast
from web.whole_numbers import Number

router = PageRouter(prefix="/w/{workspace}/trash")

SHOWN = 50


@router.get("")
def show(request: Request, place: In, site: SiteHere, start: Number = 0) -> Response:
    """What is in the trash, newest first, from number `start` on, counted from 0."""
    with place.read() as session:
        found = trash.entries(session, SHOWN + 1, start)
        count = trash.count(session)
        tables = {address: table.plural or table.label for address, table in session.layout.apps.tables.items()}
        apps = {key: app.label for key, app in session.layout.apps.items()}
    return page(
        request,
        "trash/trash.html",
        things=found[:SHOWN],
        start=start,
        older=start + SHOWN if len(found) > SHOWN else 0,
        count=count,
        tables=tables,
        apps=apps,
        days=site.settings.trash_days,
        may_write=place.principal.role != "guest",
        may_purge=place.principal.role in ("owner", "builder"),
    )


@router.post("/restorations")
def restore(request: Request, place: In, form: FormHere) -> Response:
    """Bring back what is named, or all that one act deleted."""
    with place.write() as session:
        found = trash.restore(session, _named(session, form))
    says = _("Restored {name}.", name=found[0].name) if len(found) == 1 else _("{count} restored.", count=len(found))
    return redirect(request, place.at.page("trash"), Toast(says))


@router.post("/purges")
def purge(request: Request, place: In, form: FormHere) -> Response:
    """Delete for good what is named, or all that was in the trash when its page was shown (`until`)."""
    with place.write() as session:
        count = trash.purge(session, _named(session, form))
    says = _("1 thing is gone for good.") if count == 1 else _("{count} things are gone for good.", count=count)
    return redirect(request, place.at.page("trash"), Toast(says))


def _named(session: Session, form: FormData) -> list[str]:
    until = str(form.get("until", ""))
    if until:
        return [one.id for one in trash.entries(session, trash.count(session)) if one.at <= until]
    act = str(form.get("together", ""))
    return trash.together(session, act) if act else [str(one) for one in form.getlist("thing")]
