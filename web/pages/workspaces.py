"""Which workspaces one has, and a new one."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from engine import workspaces
from engine.errors import Refused
from web.addresses import At
from web.dependencies import SignedIn, SiteHere
from web.render import page, redirect
from web.routes import PageRouter

router = PageRouter()


@router.get("/")
def start(request: Request, site: SiteHere, who: SignedIn) -> Response:
    """To the only workspace, or the list to choose from."""
    found = workspaces.belonging_to(site.stores, who.id)
    if len(found) == 1:
        return redirect(request, At(found[0].id).home)
    return page(request, "workspaces/list.html", workspaces=found)


@router.get("/workspaces/new")
def ask(request: Request, who: SignedIn) -> Response:
    """The form for another workspace."""
    return page(request, "workspaces/new.html", name="", error="")


@router.post("/workspaces")
def create(request: Request, site: SiteHere, who: SignedIn, name: Annotated[str, Form()] = "") -> Response:
    """A new, empty workspace."""
    try:
        made = workspaces.create(site.stores, who.id, name)
    except Refused as refused:
        return page(request, "workspaces/new.html", status=422, name=name, error=refused.says)
    return redirect(request, At(made.id).home)
