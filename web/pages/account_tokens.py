"""One's API tokens: ways in for programs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from engine import api_tokens, workspaces
from engine.accounts import Person
from engine.errors import Refused
from engine.text import _
from web.dependencies import SignedIn, SiteHere, check_proof
from web.render import page, redirect
from web.site import Site
from web.toasts import Toast

router = APIRouter(prefix="/account/tokens")


@router.get("")
def show(request: Request, site: SiteHere, who: SignedIn) -> Response:
    """All tokens, and the form that makes one."""
    return _shown(request, site, who)


@router.post("")
def create(
    request: Request,
    site: SiteHere,
    who: SignedIn,
    name: Annotated[str, Form()] = "",
    workspace: Annotated[str, Form()] = "",
    days: Annotated[str, Form()] = "90",
) -> Response:
    """A new API token. The answer is the one page that shows it."""
    check_proof(request, "/account/tokens")
    life = int(days) if days.isdigit() else None
    given = {"name": name, "workspace": workspace, "days": days}
    try:
        _token, secret = api_tokens.create(site.stores, who.id, workspace, name, days=life)
    except Refused as refused:
        return _shown(request, site, who, refused, values=given)
    return _shown(request, site, who, secret=secret)


@router.post("/{token}/delete")
def delete(request: Request, site: SiteHere, who: SignedIn, token: str) -> Response:
    """The token stops at once."""
    api_tokens.delete(site.stores, who.id, token)
    return redirect(request, "/account/tokens", Toast(_("The token is deleted.")))


def _shown(
    request: Request,
    site: Site,
    who: Person,
    refused: Refused | None = None,
    *,
    values: dict[str, Any] | None = None,
    secret: str = "",
) -> Response:
    return page(
        request,
        "account/tokens.html",
        status=422 if refused else 200,
        values={"days": "90"} | (values or {}),
        errors={one.at.strip("/"): one.says for one in refused.problems} if refused else {},
        tokens=api_tokens.belonging_to(site.stores, who.id),
        workspaces=workspaces.belonging_to(site.stores, who.id),
        secret=secret,
    )
