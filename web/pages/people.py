"""The people of a workspace: who they are, what they may do, where they work, taking out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from engine import departments, named, workspaces
from engine import people as mirrored
from engine.errors import NotFound, Refused
from engine.text import _
from web.dependencies import FormHere, In, Place, SiteHere
from web.pages.department_undos import belonging
from web.render import page, redirect
from web.routes import PageRouter
from web.toasts import Toast

router = PageRouter(prefix="/w/{workspace}/people")


@router.get("")
def show(request: Request, place: In, site: SiteHere) -> Response:
    """Everybody. Owners change roles here; letting people in is in `invitations.py`."""
    people = workspaces.people(site.stores, place.membership.id)
    with place.read() as session:
        held = {one.id: one for one in mirrored.everybody(session)}
        called, paths = mirrored.names(session), departments.paths(session)
    return page(
        request,
        "people/people.html",
        place=place,
        people=people,
        held=held,
        called=called,
        paths=paths,
    )


@router.get("/{user}")
def show_one(request: Request, place: In, user: str) -> Response:
    """Where somebody works, and whom they report to."""
    return _one(request, place, user)


@router.post("/{user}")
def change(request: Request, place: In, form: FormHere, user: str) -> Response:
    """Set both."""
    given = {name: str(form.get(name, "")) for name in ("department", "manager")}
    try:
        with place.write() as session:
            was = [one for one in mirrored.everybody(session) if one.id == user]
            departments.assign(session, [user], given["department"] or None)
            departments.set_manager(session, user, given["manager"] or None)
    except Refused as refused:
        return _one(request, place, user, given, refused)
    return redirect(request, place.at.page("people"), Toast(_("Saved."), belonging(place.at, was, managers=True)))


@router.post("/{user}/role")
def change_role(request: Request, place: In, site: SiteHere, user: str, role: Annotated[str, Form()] = "") -> Response:
    """What somebody may do here."""
    place.only("owner")
    workspaces.change_role(site.stores, place.membership.id, user, role, by=place.principal)
    return redirect(request, place.at.page("people"), Toast(_("The role is changed.")))


@router.post("/{user}/removal")
def remove(request: Request, place: In, site: SiteHere, user: str) -> Response:
    """Take somebody out of the workspace; their account stays."""
    place.only("owner")
    workspaces.remove_person(site.stores, place.membership.id, user, by=place.principal)
    return redirect(request, _after_leaving(place, user), Toast(_("Removed from the workspace.")))


def _one(
    request: Request,
    place: Place,
    user: str,
    values: Mapping[str, str | None] | None = None,
    refused: Refused | None = None,
) -> Response:
    place.only("owner", "builder")
    with place.read() as session:
        everybody = {one.id: one for one in mirrored.everybody(session)}
        offered = named.offered(session, named.KINDS)
    who = everybody.get(user)
    if who is None:
        raise NotFound(_("This person does not belong to the workspace (any more)."))
    return page(
        request,
        "people/person.html",
        status=422 if refused else 200,
        who=who,
        values=values or {"department": who.department, "manager": who.manager},
        errors={one.at.strip("/"): one.says for one in refused.problems} if refused else {},
        offered=offered,
    )


def _after_leaving(place: Place, user: str) -> str:
    return "/" if user == place.person.id else place.at.page("people")
