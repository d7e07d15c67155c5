"""Mappings of imports that are kept for files that come again: kept under a name, and forgotten."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from engine.errors import Refused
from engine.imports import mappings
from engine.text import _
from web.dependencies import FormHere, In
from web.render import page, redirect
from web.routes import PageRouter
from web.toasts import Toast

router = PageRouter(prefix="/w/{workspace}/imports")


@router.post("/{key}/kept-mapping")
def keep(request: Request, place: In, form: FormHere, key: str) -> Response:
    """Keep what the import says of its columns under a name."""
    name = str(form.get("name") or "")
    try:
        with place.write() as session:
            kept = mappings.keep(session, key, name)
    except Refused as refused:
        says = refused.problems[0].says
        return page(request, "imports/keeping.html", status=422, key=key, name=name, error=says)
    says = _("The mapping {name} is kept. Choose it when such a file comes again.", name=kept.name)
    return redirect(request, place.at.page("imports", key), Toast(says))


@router.post("/mappings/{mapping}/deletion")
def forget(request: Request, place: In, mapping: str) -> Response:
    """Forget a mapping; what was imported with it stays."""
    with place.write() as session:
        gone = mappings.remove(session, mapping)
    return redirect(request, place.at.page("imports"), Toast(_("The mapping {name} is forgotten.", name=gone.name)))
