"""How one signs in: the password, and the browsers that are signed in now. The second factor is in its own file."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from engine import accounts, identities, remembered, second_factor, sessions
from engine.errors import Refused
from engine.text import _
from web.addresses import own_path
from web.dependencies import SignedIn, SiteHere
from web.rate import told
from web.render import page, redirect
from web.routes import PageRouter
from web.site import Site
from web.toasts import Toast
from web.visit import visit_of

router = PageRouter(prefix="/account")


@router.get("/security")
def show(request: Request, site: SiteHere, who: SignedIn) -> Response:
    """Everything about signing in."""
    return _shown(request, site, who)


@router.post("/password")
def change_password(
    request: Request,
    site: SiteHere,
    who: SignedIn,
    current_password: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """A new password; all other sessions end and this one goes on under a new token."""
    try:
        accounts.change_password(site.stores, who.id, current=current_password, new=password)
    except Refused as refused:
        return told(_shown(request, site, who, refused), refused)
    done = Toast(_("Your password is changed. All other sessions are signed out."))
    return _go_on(request, site, who, "/account/security", done)


@router.post("/sessions/{session}/end")
def end_session(request: Request, site: SiteHere, who: SignedIn, session: str) -> Response:
    """Sign out another browser."""
    sessions.end(site.stores, who.id, session)
    return redirect(request, "/account/security#sessions", Toast(_("The session is signed out.")))


@router.post("/sessions/end")
def end_other_sessions(request: Request, site: SiteHere, who: SignedIn) -> Response:
    """Sign out every browser but this one."""
    sessions.end_all(site.stores, who.id, keep=_here(request))
    remembered.forget_all(site.stores, who.id, keep=visit_of(request).device.remembered)
    return redirect(request, "/account/security#sessions", Toast(_("All other sessions are signed out.")))


@router.post("/browsers/{browser}/forget")
def forget_browser(request: Request, site: SiteHere, who: SignedIn, browser: str) -> Response:
    """Ask a remembered browser for a code again."""
    remembered.forget(site.stores, who.id, browser)
    return redirect(request, "/account/security#browsers", Toast(_("This browser is asked for a code again.")))


@router.get("/proof")
def ask_for_proof(request: Request, who: SignedIn, next: str = "/account/security") -> Response:
    """Ask for the password again; then the page `next` goes on."""
    if (session := visit_of(request).session) and session.just_proved:
        return redirect(request, own_path(next))
    return page(request, "account/proof.html", email=who.email, next=own_path(next), errors={})


@router.post("/proof")
def prove(
    request: Request,
    site: SiteHere,
    who: SignedIn,
    current_password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/account/security",
) -> Response:
    """The password is right: the session goes on under a new token."""
    try:
        accounts.check_password(site.stores, who.id, current_password)
    except Refused as refused:
        errors = {one.at.strip("/"): one.says for one in refused.problems}
        answer = page(request, "account/proof.html", status=422, email=who.email, next=own_path(next), errors=errors)
        return told(answer, refused)
    return _go_on(request, site, who, own_path(next))


def _go_on(request: Request, site: Site, who: accounts.Person, to: str, toast: Toast | None = None) -> Response:
    """The person has just proved who they are: this browser goes on in a new session."""
    visit = visit_of(request)
    response = redirect(request, to, toast)
    visit.start_session(response, sessions.open_session(site.stores, who.id, visit.device))
    return response


def _here(request: Request) -> str:
    session = visit_of(request).session
    return session.id if session else ""


def _shown(request: Request, site: Site, who: accounts.Person, refused: Refused | None = None) -> Response:
    return page(
        request,
        "account/security.html",
        status=422 if refused else 200,
        errors={one.at.strip("/"): one.says for one in refused.problems} if refused else {},
        sessions=sessions.belonging_to(site.stores, who.id),
        here=_here(request),
        browsers=remembered.belonging_to(site.stores, who.id),
        second_factor=second_factor.state(site.stores, who.id),
        tied=identities.tied(site.stores, who.id, site.settings.oidc_issuer),
    )
