"""One's API tokens: ways in for programs."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Form, Request
from starlette.responses import Response

from engine import api_tokens, apps, workspaces
from engine.access.scopes import Scope
from engine.accounts import Person
from engine.definitions.language import App
from engine.errors import Refused
from engine.text import _
from engine.workspaces import Membership
from web.dependencies import SignedIn, SiteHere, check_proof
from web.render import page, redirect
from web.routes import PageRouter
from web.site import Site
from web.toasts import Toast
from web.whole_numbers import number_in

router = PageRouter(prefix="/account/tokens")


@router.get("")
def show(request: Request, site: SiteHere, who: SignedIn, workspace: str = "") -> Response:
    """All tokens, and the form that makes one for a workspace."""
    return _shown(request, site, who, workspace)


@router.post("")
def create(
    request: Request,
    site: SiteHere,
    who: SignedIn,
    name: Annotated[str, Form()] = "",
    workspace: Annotated[str, Form()] = "",
    days: Annotated[str, Form()] = "90",
    may: Annotated[str, Form()] = "write",
    within: Annotated[list[str] | None, Form()] = None,
    also: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """A new API token. The answer is the one page that shows it."""
    check_proof(request, f"/account/tokens?workspace={quote(workspace, safe='')}")
    more = also or ()
    scope = Scope(may == "write", tuple(within or ()), "builds" in more, "people" in more)
    life = None if days == "never" else number_in(days) or 0
    try:
        _token, secret = api_tokens.create(site.stores, who.id, workspace, name, days=life, scope=scope)
    except Refused as refused:
        given = {"name": name, "days": days, "may": may, "within": scope.within, "also": more}
        return _shown(request, site, who, workspace, refused, values=given)
    return _shown(request, site, who, workspace, secret=secret)


@router.post("/{token}/delete")
def delete(request: Request, site: SiteHere, who: SignedIn, token: str) -> Response:
    """The token stops at once."""
    api_tokens.delete(site.stores, who.id, token)
    return redirect(request, "/account/tokens", Toast(_("The token is deleted.")))


def _shown(
    request: Request,
    site: Site,
    who: Person,
    workspace: str,
    refused: Refused | None = None,
    *,
    values: dict[str, Any] | None = None,
    secret: str = "",
) -> Response:
    homes = workspaces.belonging_to(site.stores, who.id)
    home = next((one for one in homes if one.id == workspace), homes[0] if homes else None)
    return page(
        request,
        "account/tokens.html",
        status=422 if refused else 200,
        values={"days": "90", "may": "write", "within": (), "also": ()} | (values or {}),
        errors={one.at.strip("/"): one.says for one in refused.problems} if refused else {},
        tokens=api_tokens.belonging_to(site.stores, who.id),
        workspaces=homes,
        home=home,
        apps=_apps(site, home),
        secret=secret,
    )


def _apps(site: Site, home: Membership | None) -> list[App]:
    if home is None:
        return []
    with site.stores.workspace(home.id).read() as session:
        return apps.installed(session)
