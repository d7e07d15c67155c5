"""Signing in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from engine import sessions, sign_in
from engine.sign_in import SignInRefused
from web.addresses import own_path
from web.dependencies import SiteHere
from web.render import page, redirect
from web.visit import SESSION, visit_of

router = APIRouter()


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
        session, _person = sign_in.sign_in(site.stores, email, password, visit.device)
    except SignInRefused as refused:
        return page(request, "sign_in/sign_in.html", status=422, email=email, next=own_path(next), error=refused.says)
    response = redirect(request, own_path(next))
    visit.start_session(response, session)
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
