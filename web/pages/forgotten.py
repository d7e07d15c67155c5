"""A forgotten password: asking for a link, and choosing a new password with it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from engine import resets
from engine.account_mail import LINK, Words
from engine.errors import Refused
from engine.text import _
from web.dependencies import SiteHere
from web.rate import told
from web.reader import reading_as
from web.render import page, redirect
from web.routes import PageRouter
from web.texts import say
from web.toasts import Toast
from web.visit import visit_of

router = PageRouter()


@router.get("/forgotten")
def ask(request: Request, site: SiteHere) -> Response:
    """Where to send the link."""
    return page(request, "sign_in/forgotten.html", sends=bool(site.settings.smtp_host), email="", error="")


@router.post("/forgotten")
def wish(request: Request, site: SiteHere, email: Annotated[str, Form()] = "") -> Response:
    """The same answer, and the same work, whether or not there is such an account."""
    visit = visit_of(request)
    with reading_as(visit.reader):
        words = Words(
            say(_("A new password for Formwork")),
            say(
                _(
                    "Somebody, probably you, forgot the password of your account.\n\n"
                    "Choose a new one here within 30 minutes:\n{link}\n\n"
                    "If it was not you, do nothing: your password stays as it is.",
                    link=LINK,
                )
            ),
        )
    try:
        if site.settings.smtp_host:
            resets.wish(site.stores, email, words, visit.device.address)
    except Refused as refused:
        says = refused.problems[0].says
        answer = page(request, "sign_in/forgotten.html", status=422, sends=True, email=email, error=says)
        return told(answer, refused)
    return page(request, "sign_in/on_its_way.html")


@router.get("/reset/{token}")
def choose(request: Request, site: SiteHere, token: str) -> Response:
    """The form, as long as the link counts. Opening it uses nothing up: mail programs look at links, too."""
    who = resets.person(site.stores, token)
    return page(request, "sign_in/reset.html", token=token, email=who.email, errors={})


@router.post("/reset/{token}")
def choose_password(request: Request, site: SiteHere, token: str, password: Annotated[str, Form()] = "") -> Response:
    """The new password counts; everything that was signed in is signed out."""
    try:
        resets.choose_password(site.stores, token, password)
    except Refused as refused:
        who = resets.person(site.stores, token)
        errors = {one.at.strip("/"): one.says for one in refused.problems}
        return page(request, "sign_in/reset.html", status=422, token=token, email=who.email, errors=errors)
    return redirect(request, "/sign-in", Toast(_("Your password is changed. Sign in with it.")))
