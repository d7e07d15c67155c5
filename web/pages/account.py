"""One's own account: name, language, theme, password, sessions, API tokens."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from engine import accounts, api_tokens, sign_in, workspaces
from engine.errors import Refused
from engine.text import _
from web.dependencies import SignedIn, SiteHere
from web.render import page, redirect
from web.site import Site
from web.toasts import Toast
from web.visit import SESSION, visit_of

router = APIRouter()


@router.get("/account")
def show(request: Request, site: SiteHere, who: SignedIn) -> Response:
    """Everything about the account on one page."""
    return _shown(request, site, who)


@router.post("/account")
def change(
    request: Request,
    site: SiteHere,
    who: SignedIn,
    name: Annotated[str, Form()] = "",
    language: Annotated[str, Form()] = "",
    theme: Annotated[str, Form()] = "",
) -> Response:
    """Name, language, theme."""
    given = {"name": name, "language": language, "theme": theme}
    try:
        accounts.change_person(site.stores, who.id, **given)
    except Refused as refused:
        return _shown(request, site, who, refused, values=given)
    return redirect(request, "/account", Toast(_("Your account is saved.")))


@router.post("/account/password")
def change_password(
    request: Request,
    site: SiteHere,
    who: SignedIn,
    current_password: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """A new password; all other sessions end and this one goes on under a new token."""
    visit = visit_of(request)
    here = visit.session.id if visit.session else ""
    try:
        accounts.change_password(site.stores, who.id, current=current_password, new=password, keep_session=here)
    except Refused as refused:
        return _shown(request, site, who, refused)
    response = redirect(request, "/account", Toast(_("Your password is changed. All other sessions are signed out.")))
    token = sign_in.renew(site.stores, site.cookies.read(request, SESSION), agent=request.headers.get("user-agent", ""))
    visit.start_session(response, token)
    return response


@router.post("/account/sessions/{session}/end")
def end_session(request: Request, site: SiteHere, who: SignedIn, session: str) -> Response:
    """Sign out another browser."""
    sign_in.end_session(site.stores, who.id, session)
    return redirect(request, "/account#sessions", Toast(_("The session is signed out.")))


@router.post("/account/tokens")
def create_token(
    request: Request,
    site: SiteHere,
    who: SignedIn,
    token_name: Annotated[str, Form()] = "",
    workspace: Annotated[str, Form()] = "",
    days: Annotated[str, Form()] = "90",
    token_password: Annotated[str, Form()] = "",
) -> Response:
    """A new API token. The answer is the one page that shows it; it asks for the password first."""
    life = int(days) if days.isdigit() else None
    given = {"token_name": token_name, "workspace": workspace, "days": days}
    try:
        accounts.check_password(site.stores, who.id, token_password, at="/token_password")
        _token, secret = api_tokens.create(site.stores, who.id, workspace, token_name, days=life)
    except Refused as refused:
        return _shown(request, site, who, refused, values=given, places={"name": "token_name"})
    return _shown(request, site, who, secret=secret)


@router.post("/account/tokens/{token}/delete")
def delete_token(request: Request, site: SiteHere, who: SignedIn, token: str) -> Response:
    """The token stops at once."""
    api_tokens.delete(site.stores, who.id, token)
    return redirect(request, "/account#tokens", Toast(_("The token is deleted.")))


def _shown(
    request: Request,
    site: Site,
    who: accounts.Person,
    refused: Refused | None = None,
    *,
    values: dict[str, Any] | None = None,
    places: dict[str, str] | None = None,
    secret: str = "",
) -> Response:
    errors = {one.at.strip("/"): one.says for one in refused.problems} if refused else {}
    session = visit_of(request).session
    return page(
        request,
        "account/account.html",
        status=422 if refused else 200,
        values={"name": who.name, "language": who.language, "theme": who.theme, "days": "90"} | (values or {}),
        errors={(places or {}).get(at, at): says for at, says in errors.items()},
        sessions=sign_in.sessions_of(site.stores, who.id),
        here=session.id if session else "",
        tokens=api_tokens.belonging_to(site.stores, who.id),
        workspaces=workspaces.belonging_to(site.stores, who.id),
        secret=secret,
    )
