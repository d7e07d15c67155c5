"""The people of a workspace: who they are, what they may do, taking out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from engine import workspaces
from engine.text import _
from web.dependencies import In, Place, SiteHere
from web.render import page, redirect
from web.toasts import Toast

router = APIRouter(prefix="/w/{workspace}/people")


@router.get("")
def show(request: Request, place: In, site: SiteHere) -> Response:
    """Everybody. Owners change roles here; letting people in is in `invitations.py`."""
    people = workspaces.people(site.stores, place.membership.id)
    return page(request, "people/people.html", place=place, people=people)


@router.post("/{user}/role")
def change_role(request: Request, place: In, site: SiteHere, user: str, role: Annotated[str, Form()] = "") -> Response:
    """What somebody may do here."""
    place.only("owner")
    workspaces.change_role(site.stores, place.membership.id, user, role)
    return redirect(request, place.at.page("people"), Toast(_("The role is changed.")))


@router.post("/{user}/removal")
def remove(request: Request, place: In, site: SiteHere, user: str) -> Response:
    """Take somebody out of the workspace; their account stays."""
    place.only("owner")
    workspaces.remove_person(site.stores, place.membership.id, user)
    return redirect(request, _after_leaving(place, user), Toast(_("Removed from the workspace.")))


def _after_leaving(place: Place, user: str) -> str:
    return "/" if user == place.person.id else place.at.page("people")
