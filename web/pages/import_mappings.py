"""Mappings of imports for files that come again: kept under a name, renamed, forgotten and brought back."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from engine.errors import Refused
from engine.imports import mappings
from engine.text import _
from web.dependencies import FormHere, In
from web.render import page, redirect, told
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
    back = place.at.page("imports", "mappings", mapping, "restoration")
    says = _("The mapping {name} is forgotten.", name=gone.name)
    return redirect(request, place.at.page("imports"), Toast(says, undo=back))


@router.post("/mappings/{mapping}/restoration")
def bring_back(request: Request, place: In, mapping: str) -> Response:
    """Bring a forgotten mapping back."""
    with place.write() as session:
        held = mappings.restore(session, mapping)
    toast = Toast(_("The mapping {name} is back.", name=held.name))
    return told(request, toast, otherwise=place.at.page("imports"))


@router.get("/mappings/{mapping}")
def ask_name(request: Request, place: In, mapping: str) -> Response:
    """What it is to be called."""
    with place.read() as session:
        held = mappings.get(session, mapping)
        mappings.enter_change(session, held)
    return page(request, "imports/renaming.html", held=held, name=held.name, error="")


@router.post("/mappings/{mapping}")
def rename(request: Request, place: In, form: FormHere, mapping: str) -> Response:
    """Call a mapping otherwise."""
    name = str(form.get("name") or "")
    try:
        with place.write() as session:
            held = mappings.rename(session, mapping, name)
    except Refused as refused:
        with place.read() as session:
            held = mappings.get(session, mapping)
        says = refused.problems[0].says
        return page(request, "imports/renaming.html", status=422, held=held, name=name, error=says)
    return redirect(request, place.at.page("imports"), Toast(_("The mapping is called {name} now.", name=held.name)))
