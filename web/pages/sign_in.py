"""Signing in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from engine import remembered, sessions, sign_in
from engine.errors import TooOften
from engine.sign_in import Entry, SignInOver, SignInRefused
from web.addresses import own_path, with_query
from web.dependencies import SiteHere
from web.rate import told
from web.render import page, redirect
from web.routes import PageRouter
from web.visit import BROWSER, PENDING, SESSION, visit_of

router = PageRouter()


@router.get("/sign-in")
def ask(request: Request, next: str = "/") -> Response:
    """The form; somebody already signed in goes on."""
    if visit_of(request).session:
        return redirect(request, own_path(next))
    return page(request, "sign_in/sign_in.html", email="", next=own_path(next), error="")


@router.post("/sign-in")
def enter(
    request: Request,
    site: SiteHere,
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Open a session and go where the person wanted to."""
    visit = visit_of(request)
    try:
        entry = sign_in.sign_in(site.stores, email, password, visit.device)
    except (SignInRefused, TooOften) as refused:
        return told(
            page(request, "sign_in/sign_in.html", status=422, email=email, next=own_path(next), error=refused.says),
            refused,
        )
    return let_in(request, entry, own_path(next))


@router.get("/sign-in/code")
def ask_for_code(request: Request, site: SiteHere, next: str = "/") -> Response:
    """The second factor of a sign-in whose password was right."""
    if not sign_in.is_pending(site.stores, site.cookies.read(request, PENDING)):
        return redirect(request, with_query("/sign-in", {"next": own_path(next)}))
    return page(request, "sign_in/code.html", next=own_path(next), error="")


@router.post("/sign-in/code")
def enter_code(
    request: Request,
    site: SiteHere,
    code: Annotated[str, Form()] = "",
    remember: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """The code of the phone, or a recovery code."""
    pending, device = site.cookies.read(request, PENDING), visit_of(request).device
    try:
        entry = sign_in.enter_code(site.stores, site.vault, pending, code, device, remember=remember == "yes")
    except (SignInOver, TooOften) as over:
        response = page(request, "sign_in/sign_in.html", status=422, email="", next=own_path(next), error=over.says)
        site.cookies.clear(response, PENDING)
        return told(response, over)
    except SignInRefused as refused:
        return page(request, "sign_in/code.html", status=422, next=own_path(next), error=refused.says)
    return let_in(request, entry, own_path(next))


def let_in(request: Request, entry: Entry, to: str) -> Response:
    """Go on to the page `to` in a new session, or to the code that is still needed."""
    visit = visit_of(request)
    if entry.session:
        response = redirect(request, to)
        visit.start_session(response, entry.session)
        if entry.remembered:
            visit.site.cookies.write(response, BROWSER, entry.remembered, int(remembered.LIFE.total_seconds()))
        return response
    response = redirect(request, with_query("/sign-in/code", {"next": to}))
    visit.site.cookies.write(response, PENDING, entry.pending, int(sign_in.PENDING_LIFE.total_seconds()))
    return response


@router.post("/sign-out")
def leave(request: Request, site: SiteHere) -> Response:
    """End this session."""
    sessions.sign_out(site.stores, site.cookies.read(request, SESSION))
    response = redirect(request, "/sign-in")
    site.cookies.clear(response, SESSION)
    # Whatever the browser still holds of the pages seen goes too.
    response.headers["Clear-Site-Data"] = '"cache"'
    return response
