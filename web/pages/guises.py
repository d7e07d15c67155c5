"""Looking at the workspace as somebody else: choosing as whom, beginning, and being oneself again."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from engine import apps, guises, people, workspaces
from engine.access import door
from engine.access.principals import person
from engine.errors import Refused
from web.addresses import At, own_path
from web.dependencies import FormHere, In, Place, SignedIn, SiteHere
from web.render import page, redirect
from web.routes import PageRouter
from web.visit import visit_of

router = PageRouter(prefix="/w/{workspace}/guise")


@router.get("")
def ask(request: Request, place: In) -> Response:
    """As whom: a person, or somebody with certain roles; for owners and builders."""
    return _asked(request, place)


@router.post("")
def begin(request: Request, site: SiteHere, who: SignedIn, form: FormHere, workspace: str) -> Response:
    """See the workspace as the person `user`, or with the `roles`, and go on to `next`."""
    visit, at = visit_of(request), At(workspace)
    own = workspaces.membership(site.stores, workspace, who.id)  # also in a guise one chooses as oneself
    visit.membership, visit.principal = own, person(who.id, own.role)
    user, held = str(form.get("user", "")), [str(one) for one in form.getlist("roles")]
    session = visit.session.id if visit.session else ""
    try:
        guises.begin(site.stores, session, visit.principal, workspace, person=user, held=held)
    except Refused as refused:
        place = Place(who, own, site.stores.workspace(own.id), visit.principal, at)
        return _asked(request, place, refused)
    return redirect(request, own_path(str(form.get("next", "")), at.home))


@router.post("/end")
def end(request: Request, _who: SignedIn, form: FormHere, workspace: str) -> Response:
    """Be oneself again, where one was; nothing happens to who is."""
    visit_of(request).end_guise()
    return redirect(request, own_path(str(form.get("next", "")), At(workspace).home))


def _asked(request: Request, place: Place, refused: Refused | None = None) -> Response:
    door.enter_builder(place.principal)
    with place.read() as session:
        everybody = people.everybody(session)
        with_roles = [one for one in apps.installed(session) if one.roles]
    return page(
        request,
        "guises/choose.html",
        status=422 if refused else 200,
        people=guises.offered(place.principal, everybody),
        apps=with_roles,
        wrong=refused.problems[0].says if refused else "",
    )
