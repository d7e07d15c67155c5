"""Signing in with an account elsewhere, and tying one to one's own.

What the browser takes along (the journey) and what it brings back (the identity) lie in cookies that we signed, each
for ten minutes. The way there is a link, not a form: no form of ours may lead elsewhere.
"""

from __future__ import annotations

import hmac
import json
import logging
from typing import Annotated, Any

from fastapi import Form, Request
from starlette.responses import RedirectResponse, Response

from engine import accounts, identities, sign_in
from engine.errors import Conflict, FormworkError, NotFound, TooOften
from engine.oidc import CALLBACK, Identity, Journey, Provider, ProviderFailed
from engine.sign_in import SignInRefused
from engine.text import Text, _
from web.addresses import own_path
from web.dependencies import SignedIn, SiteHere, check_proof
from web.pages.sign_in import let_in
from web.rate import told
from web.render import page, redirect
from web.routes import PageRouter
from web.site import Site
from web.toasts import Toast
from web.visit import visit_of

log = logging.getLogger("formwork.web")

router = PageRouter()

JOURNEY, IDENTITY = "journey", "identity"  # cookies
LIFE = 600  # seconds
TYING = "/account/provider"


@router.get("/sign-in/provider")
def leave(request: Request, site: SiteHere, next: str = "/") -> Response:
    """Go to the provider."""
    journey = Journey.new()
    try:
        response = RedirectResponse(_provider(site).way_there(journey), 303)
    except ProviderFailed as failed:
        return _failed(request, failed, own_path(next))
    _keep(site, response, JOURNEY, [journey.state, journey.nonce, journey.verifier, own_path(next)])
    return response


@router.get(CALLBACK)
def come_back(request: Request, site: SiteHere, state: str = "", code: str = "") -> Response:
    """The provider sent the browser back: who is it, and do we know them?"""
    kept = _kept(request, site, JOURNEY)
    if kept is None or not hmac.compare_digest(kept[0].encode(), state.encode()):
        raise NotFound(_("This way in was not begun here, or too long ago. Sign in again."))
    journey, to = Journey(*kept[:3]), own_path(kept[3])
    try:
        if not code:
            raise ProviderFailed(f"no code: {request.query_params.get('error')!r}")
        identity = _provider(site).identity(journey, code)
        response = _entrance(request, site, identity, to)
    except (ProviderFailed, SignInRefused) as failed:
        response = _failed(request, failed, to)
    site.cookies.clear(response, JOURNEY)
    return response


@router.post("/sign-in/provider")
def confirm(
    request: Request,
    site: SiteHere,
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Whoever came back has the address of an account here; the password says that it is theirs, too."""
    identity = _identity(request, site)
    if identity is None or not identity.email:
        return redirect(request, "/sign-in")
    try:
        entry = sign_in.sign_in(site.stores, identity.email, password, visit_of(request).device)
    except (SignInRefused, TooOften) as refused:
        return told(_asks_for_password(request, site, identity, own_path(next), refused.says), refused)
    response = let_in(request, entry, own_path(next))
    site.cookies.clear(response, IDENTITY)
    if entry.session:  # with a second factor it is tied on the account's page, after the code
        identities.tie(site.stores, entry.person.id, identity)
    return response


@router.get(TYING)
def ask(request: Request, site: SiteHere, who: SignedIn) -> Response:
    """Tie the account elsewhere that the browser came back with, or say which one is tied."""
    check_proof(request, TYING)
    issuer = _provider(site).settings.oidc_issuer
    tied = identities.tied(site.stores, who.id, issuer)
    label = site.settings.oidc_label
    return page(request, "account/provider.html", label=label, tied=tied, found=_identity(request, site), coming=TYING)


@router.post(TYING)
def tie(request: Request, site: SiteHere, who: SignedIn) -> Response:
    """From now on it lets in."""
    check_proof(request, TYING)
    identity = _identity(request, site)
    if identity is None:
        raise Conflict(_("This took too long. Begin again."))
    identities.tie(site.stores, who.id, identity)
    response = redirect(request, "/account/security", Toast(_("You can sign in with it now.")))
    site.cookies.clear(response, IDENTITY)
    return response


@router.post(f"{TYING}/removal")
def untie(request: Request, site: SiteHere, who: SignedIn) -> Response:
    """It lets in no more."""
    check_proof(request, TYING)
    identities.untie(site.stores, who.id, site.settings.oidc_issuer)
    return redirect(request, "/account/security", Toast(_("It does not let you in any more.")))


def _provider(site: Site) -> Provider:
    provider = Provider.of(site.settings)
    if provider is None:
        raise NotFound(_("This installation has no other way to sign in."))
    return provider


def _entrance(request: Request, site: Site, identity: Identity, to: str) -> Response:
    """In, or to the page that says what is missing."""
    if visit_of(request).session and to == TYING:  # nobody is tied to anything by a link alone
        response = redirect(request, TYING)
        _keep(site, response, IDENTITY, [identity.issuer, identity.subject, identity.email])
        return response
    owner = identities.owner(site.stores, identity)
    if owner is not None:
        return let_in(request, sign_in.enter(site.stores, owner, visit_of(request).device), to)
    if identity.email and accounts.person_by_email(site.stores, identity.email):
        response = _asks_for_password(request, site, identity, to)
        _keep(site, response, IDENTITY, [identity.issuer, identity.subject, identity.email])
        return response
    return page(request, "sign_in/unknown.html", status=403, label=site.settings.oidc_label)


def _asks_for_password(request: Request, site: Site, identity: Identity, to: str, says: Text | str = "") -> Response:
    return page(
        request,
        "sign_in/tie.html",
        status=422 if says else 200,
        email=identity.email,
        label=site.settings.oidc_label,
        next=to,
        error=says,
    )


def _failed(request: Request, failed: FormworkError, to: str) -> Response:
    log.warning("the sign-in provider: %s", getattr(failed, "detail", failed.says))
    return page(request, "sign_in/sign_in.html", status=422, email="", next=to, error=failed.says)


def _identity(request: Request, site: Site) -> Identity | None:
    kept = _kept(request, site, IDENTITY)
    return Identity(*kept) if kept else None


def _keep(site: Site, response: Response, cookie: str, parts: list[str]) -> None:
    site.cookies.write(response, cookie, site.signer.sign(cookie, json.dumps(parts).encode()), LIFE)


def _kept(request: Request, site: Site, cookie: str) -> list[Any] | None:
    payload = site.signer.read(cookie, site.cookies.read(request, cookie), LIFE)
    return json.loads(payload) if payload else None
