"""The people of a workspace: who they are, what they may do, letting in and taking out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from engine import accounts, workspaces
from engine.errors import Refused
from engine.text import _
from web.dependencies import In, Place, SiteHere
from web.render import page, redirect
from web.toasts import Toast

router = APIRouter(prefix="/w/{workspace}/people")


@router.get("")
def show(request: Request, place: In, site: SiteHere) -> Response:
    """Everybody, and for owners the form that adds somebody."""
    people = workspaces.people(site.stores, place.membership.id)
    return page(request, "people/people.html", place=place, people=people, values={"role": "member"}, errors={})


@router.post("")
def add(
    request: Request,
    place: In,
    site: SiteHere,
    name: Annotated[str, Form()] = "",
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    role: Annotated[str, Form()] = "member",
) -> Response:
    """Let somebody in; only owners may."""
    place.only("owner")
    given = {"name": name, "email": email, "role": role}
    try:
        added = accounts.add_person(site.stores, place.membership.id, **given, password=password)
    except Refused as refused:
        people = workspaces.people(site.stores, place.membership.id)
        errors = {one.at.strip("/"): one.says for one in refused.problems}
        return page(request, "people/people.html", status=422, place=place, people=people, values=given, errors=errors)
    return redirect(request, place.at.page("people"), Toast(_("{name} can now sign in.", name=added.name)))


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
