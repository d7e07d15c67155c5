"""What pages ask for in their arguments: the site, the person, the workspace they are in."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Annotated, cast

from fastapi import Depends, Request
from starlette.datastructures import FormData

from engine import guises, workspaces
from engine.access.principals import Principal, person
from engine.accounts import Person
from engine.errors import Forbidden, ProofNeeded, SignInNeeded
from engine.storage.session import Session
from engine.storage.stores import ONLY_LOOKS, Workspace
from engine.text import _
from engine.workspaces import Membership, Role
from web import csrf
from web.addresses import At
from web.site import Site
from web.visit import Visit, visit_of


@dataclass(frozen=True)
class Place:
    """Where in the product a request is, and as whom."""

    person: Person
    membership: Membership
    store: Workspace
    principal: Principal
    at: At

    def read(self) -> AbstractContextManager[Session]:
        """A transaction of the workspace that only reads."""
        return self.store.read(self.principal)

    def write(self, cause: str | None = None) -> AbstractContextManager[Session]:
        """A transaction of the workspace that commits at the end of the block."""
        return self.store.write(self.principal, cause)

    def only(self, *roles: Role) -> None:
        """Raises `Forbidden` unless the person has one of these roles here."""
        if self.membership.role not in roles:
            raise Forbidden(_("You may not do this. Ask an owner of the workspace {name}.", name=self.membership.name))


def site_of(request: Request) -> Site:
    """The running application's parts."""
    return visit_of(request).site


def person_of(request: Request) -> Person:
    """Who is signed in. Raises `SignInNeeded`, which becomes the sign-in page."""
    session = visit_of(request).session
    if session is None:
        raise SignInNeeded(_("Sign in first."))
    return session.person


def check_proof(request: Request, back: str) -> None:
    """Before what a found open browser must not do: the password was typed a moment ago.

    Raises `ProofNeeded`, which becomes the page that asks for it and then leads to `back`.
    """
    session = visit_of(request).session
    if session is None or not session.just_proved:
        raise ProofNeeded(_("Type your password again first."), back)


def place_of(request: Request) -> Place:
    """The workspace of the address, as the person sees it, or as the one in whose guise they look at it.

    Raises `NotFound` when it does not exist or the person does not belong to it, `Forbidden` for a write in a guise.
    """
    visit, who = visit_of(request), person_of(request)
    own = workspaces.membership(visit.site.stores, request.path_params["workspace"], who.id)
    asker = _seen_through(visit, own) or person(who.id, own.role)
    visit.membership, visit.principal = replace(own, role=cast("Role", asker.role)), asker
    if asker.only_looks and request.method not in csrf.SAFE:
        raise Forbidden(ONLY_LOOKS)
    return Place(who, visit.membership, visit.site.stores.workspace(own.id), asker, At(own.id))


def _seen_through(visit: Visit, own: Membership) -> Principal | None:
    """The guise of the visitor in this workspace; one that counts no more ends."""
    if visit.session is None or visit.guise is None or visit.guise.workspace != own.id:
        return None
    found = guises.seen_through(visit.site.stores, visit.guise, person(visit.session.person.id, own.role))
    if found is None:
        visit.end_guise()
    return found


async def form_of(request: Request) -> FormData:
    """What was sent with a form. With it a route that writes can be a plain `def`, which runs in a thread."""
    return await request.form()


SiteHere = Annotated[Site, Depends(site_of)]
SignedIn = Annotated[Person, Depends(person_of)]
In = Annotated[Place, Depends(place_of)]
FormHere = Annotated[FormData, Depends(form_of)]
