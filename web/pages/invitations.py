"""Invitations: owners make and take them back; whoever holds a link makes an account, or joins with their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from engine import invitations, sessions
from engine.errors import Refused
from engine.invitations import Made
from engine.text import _
from engine.workspaces import ROLES
from web.addresses import At
from web.dependencies import In, Place, SignedIn, SiteHere
from web.invitation_words import words_of
from web.rate import told
from web.reader import reading_as
from web.render import page, redirect
from web.routes import PageRouter
from web.site import Site
from web.texts import say
from web.toasts import Toast
from web.visit import visit_of
from web.whole_numbers import number_in

router = PageRouter()

_AT_FIRST = {"role": "member", "days": str(invitations.DAYS), "email": ""}


@router.get("/w/{workspace}/invitations")
def show(request: Request, place: In, site: SiteHere) -> Response:
    """Those that count, and the form that makes one."""
    place.only("owner")
    return _shown(request, place, site, _AT_FIRST)


@router.post("/w/{workspace}/invitations")
def invite(
    request: Request,
    place: In,
    site: SiteHere,
    email: Annotated[str, Form()] = "",
    role: Annotated[str, Form()] = "",
    days: Annotated[str, Form()] = "",
) -> Response:
    """Send an invitation; where that cannot be, the answer is the one page that shows its link."""
    place.only("owner")
    given = {"email": email, "role": role, "days": days}
    with reading_as(visit_of(request).reader):
        words = words_of(place.membership.name, place.person.name, say)
    try:
        made = invitations.invite(
            site.stores,
            site.vault,
            site.settings,
            place.membership.id,
            place.person.id,
            role=role,
            email=email,
            days=number_in(days) or 0,
            words=words,
        )
    except Refused as refused:
        errors = {one.at.strip("/"): one.says for one in refused.problems}
        return _shown(request, place, site, given, errors=errors)
    if made.is_sent:
        sent = Toast(_("The invitation to {email} is on its way.", email=email.strip()))
        return redirect(request, place.at.page("invitations"), sent)
    return _shown(request, place, site, _AT_FIRST, made=made)


@router.post("/w/{workspace}/invitations/{invitation}/revocation")
def revoke(request: Request, place: In, site: SiteHere, invitation: str) -> Response:
    """The link counts no more."""
    place.only("owner")
    invitations.revoke(site.stores, place.membership.id, invitation, by=place.principal)
    return redirect(request, place.at.page("invitations"), Toast(_("The invitation is taken back.")))


@router.get("/invitations/{token}")
def look(request: Request, site: SiteHere, token: str) -> Response:
    """What the link offers. Opening it uses nothing up: mail programs look at links, too."""
    offer = invitations.offer(site.stores, token)
    return page(request, "invitations/offer.html", token=token, offer=offer, values={}, errors={})


@router.post("/invitations/{token}")
def accept(
    request: Request,
    site: SiteHere,
    token: str,
    name: Annotated[str, Form()] = "",
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """Make an account, sign it in, and let it in."""
    visit = visit_of(request)
    offer = invitations.offer(site.stores, token)
    try:
        made = invitations.accept(site.stores, token, name=name, email=email, password=password)
    except Refused as refused:
        errors = {one.at.strip("/"): one.says for one in refused.problems}
        given = {"name": name, "email": email}
        answer = page(
            request, "invitations/offer.html", status=422, token=token, offer=offer, values=given, errors=errors
        )
        return told(answer, refused)
    response = redirect(request, At(offer.workspace_id).home)
    visit.start_session(response, sessions.open_session(site.stores, made.id, visit.device))
    return response


@router.post("/invitations/{token}/joining")
def join(request: Request, site: SiteHere, who: SignedIn, token: str) -> Response:
    """Come in with the account that is signed in."""
    joined = invitations.join(site.stores, token, who)
    return redirect(request, At(joined.id).home, Toast(_("Welcome to {name}.", name=joined.name)))


def _shown(
    request: Request,
    place: Place,
    site: Site,
    values: Mapping[str, str],
    *,
    errors: Mapping[str, str] | None = None,
    made: Made | None = None,
) -> Response:
    return page(
        request,
        "invitations/list.html",
        status=422 if errors else 200,
        invitations=invitations.open_ones(site.stores, place.membership.id),
        sends=bool(site.settings.smtp_host),
        roles=ROLES,
        values=values,
        errors=errors or {},
        made=made,
    )
