"""One's second factor: a code of the phone beside the password."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from engine import accounts, second_factor, sessions
from engine.access.principals import person
from engine.accounts import Person
from engine.errors import Refused
from engine.text import _
from engine.vault import CannotOpen
from web import qr_codes
from web.dependencies import SignedIn, SiteHere, check_proof
from web.rate import told
from web.render import page, redirect
from web.routes import PageRouter
from web.site import Site
from web.toasts import Toast
from web.visit import visit_of

router = PageRouter(prefix="/account/second-factor")


@router.get("")
def show(request: Request, site: SiteHere, who: SignedIn) -> Response:
    """What is needed to switch it on, or what there is to change."""
    check_proof(request, "/account/second-factor")
    return _shown(request, site, who)


@router.post("")
def switch_on(
    request: Request,
    site: SiteHere,
    who: SignedIn,
    sealed: Annotated[str, Form()] = "",
    code: Annotated[str, Form()] = "",
) -> Response:
    """The phone has the seed that the form brings back: from now on it is asked for. Other sessions end."""
    check_proof(request, "/account/second-factor")
    try:
        seed = site.vault.open(sealed, _place(who))
    except CannotOpen:
        return redirect(request, "/account/second-factor")
    try:
        codes = second_factor.switch_on(site.stores, site.vault, who, seed, "".join(code.split()))
    except Refused as refused:
        errors = {one.at.strip("/"): one.says for one in refused.problems}
        return _shown(request, site, who, seed=seed, errors=errors)
    if here := visit_of(request).session:
        sessions.end_all(site.stores, who.id, keep=here.id)
    return _shown(request, site, who, codes=codes)


@router.post("/codes")
def renew_codes(request: Request, site: SiteHere, who: SignedIn) -> Response:
    """Fresh recovery codes, shown in the answer."""
    check_proof(request, "/account/second-factor")
    return _shown(request, site, who, codes=second_factor.new_codes(site.stores, who.id))


@router.post("/removal")
def switch_off(
    request: Request, site: SiteHere, who: SignedIn, current_password: Annotated[str, Form()] = ""
) -> Response:
    """The password alone lets in again; it is asked for here."""
    try:
        accounts.check_password(site.stores, who.id, current_password)
    except Refused as refused:
        errors = {one.at.strip("/"): one.says for one in refused.problems}
        return told(_shown(request, site, who, errors=errors), refused)
    second_factor.switch_off(site.stores, who.id, by=person(who.id))
    return redirect(request, "/account/security", Toast(_("The second factor is switched off.")))


def _place(who: Person) -> str:
    """What the seed in the form is sealed for: it stays with the browser until the phone is known to have it."""
    return f"new second factor of {who.id}"


def _shown(
    request: Request,
    site: Site,
    who: Person,
    *,
    seed: str = "",
    codes: Sequence[str] = (),
    errors: Mapping[str, str] | None = None,
) -> Response:
    state = second_factor.state(site.stores, who.id)
    seed = seed or second_factor.new_seed()
    return page(
        request,
        "account/second_factor.html",
        status=422 if errors else 200,
        state=state,
        codes=codes,
        seed=" ".join(seed[start : start + 4] for start in range(0, len(seed), 4)),
        sealed="" if state else site.vault.seal(seed, _place(who)),
        qr="" if state else qr_codes.drawn(second_factor.address_of(seed, who)),
        errors=errors or {},
    )
