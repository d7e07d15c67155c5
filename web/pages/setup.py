"""The first start: whoever holds the one-time link creates the owner and the first workspace."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from engine import accounts, sessions
from engine.errors import NotFound, Refused
from engine.text import _
from web.addresses import At
from web.dependencies import SiteHere
from web.render import page, redirect
from web.routes import PageRouter
from web.visit import visit_of

router = PageRouter()


@router.get("/setup/{token}")
def ask(request: Request, site: SiteHere, token: str) -> Response:
    """The form, as long as the link counts."""
    if not accounts.setup_link_is_good(site.stores, token):
        raise NotFound(_("This link is used up or too old. Start Formwork again to get a new one."))
    return page(request, "setup/owner.html", token=token, values={}, errors={})


@router.post("/setup/{token}")
def create(
    request: Request,
    site: SiteHere,
    token: str,
    name: Annotated[str, Form()] = "",
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    workspace: Annotated[str, Form()] = "",
) -> Response:
    """Create the owner and sign them in."""
    given = {"name": name, "email": email, "workspace": workspace}
    try:
        person, membership = accounts.create_owner(site.stores, **given, password=password, token=token)
    except Refused as refused:
        errors = {one.at.strip("/"): one.says for one in refused.problems}
        return page(request, "setup/owner.html", status=422, token=token, values=given, errors=errors)
    visit = visit_of(request)
    response = redirect(request, At(membership.id).home)
    visit.start_session(response, sessions.open_session(site.stores, person.id, visit.device))
    return response
