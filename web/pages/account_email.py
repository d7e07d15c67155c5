"""Another address to sign in with."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from engine import email_changes
from engine.account_mail import LINK, Words
from engine.errors import Refused
from engine.text import _
from web.dependencies import SignedIn, SiteHere, check_proof
from web.reader import reading_as
from web.render import page, redirect
from web.routes import PageRouter
from web.texts import say
from web.toasts import Toast
from web.visit import visit_of

router = PageRouter(prefix="/account/email")


@router.get("")
def ask(request: Request, site: SiteHere, who: SignedIn) -> Response:
    """Which address it shall be."""
    check_proof(request, "/account/email")
    return page(request, "account/email.html", sends=bool(site.settings.smtp_host), email="", error="")


@router.post("")
def change(request: Request, site: SiteHere, who: SignedIn, email: Annotated[str, Form()] = "") -> Response:
    """Send a link to the new address; without a mail server it counts at once."""
    check_proof(request, "/account/email")
    with reading_as(visit_of(request).reader):
        subject = say(_("Your address for Formwork"))
        to_new = say(
            _(
                "You want to sign in to Formwork with this address.\n\n"
                "Confirm it here within an hour:\n{link}\n\nIf it was not you, do nothing.",
                link=LINK,
            )
        )
        to_old = say(
            _(
                "Somebody, probably you, wants to sign in to your account with the address {email} from now on.\n\n"
                "If it was not you, change your password: somebody else is signed in as you.",
                email=email.strip(),
            )
        )
    words = (Words(subject, to_new), Words(subject, to_old))
    try:
        sent = email_changes.ask(site.stores, site.vault, site.settings, who, email, *words)
    except Refused as refused:
        sends, says = bool(site.settings.smtp_host), refused.problems[0].says
        return page(request, "account/email.html", status=422, sends=sends, email=email, error=says)
    done = _("We sent a link to {email}. Open it to confirm the address.", email=email.strip())
    return redirect(request, "/account", Toast(done if sent else _("Your address is changed.")))


@router.get("/{token}")
def show(request: Request, site: SiteHere, who: SignedIn, token: str) -> Response:
    """The link of the mail. Opening it uses nothing up."""
    wished = email_changes.wished(site.stores, who, token)
    return page(request, "account/email_confirmed.html", token=token, wished=wished)


@router.post("/{token}")
def confirm(request: Request, site: SiteHere, who: SignedIn, token: str) -> Response:
    """The new address counts."""
    email_changes.confirm(site.stores, who, token)
    return redirect(request, "/account", Toast(_("Your address is changed.")))
