"""Who has access to an app: its roles with the departments that have them, and everybody; given and taken here."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from engine import access_tests, apps, departments, guises, roles
from engine.errors import Refused
from engine.text import Text, _
from web.dependencies import In, Place
from web.render import page, redirect
from web.routes import PageRouter
from web.toasts import Toast

router = PageRouter(prefix="/w/{workspace}/apps/{app}/-/access")


@router.get("")
def show(request: Request, place: In, app: str) -> Response:
    """The roles and everybody with theirs; for owners and builders."""
    return _shown(request, place, app)


@router.get("/tests")
def tests(request: Request, place: In, app: str) -> Response:
    """The access tests of the app's definition, tried now."""
    with place.read() as session:
        outcomes = access_tests.run(session, app)
        return page(request, "roles/tests.html", app=apps.get(session, app), outcomes=outcomes)


@router.post("/{role}")
def change(
    request: Request,
    place: In,
    app: str,
    role: str,
    user: Annotated[str, Form()] = "",
    department: Annotated[str, Form()] = "",
    only_head: Annotated[str, Form()] = "",
    has: Annotated[str, Form()] = "",
) -> Response:
    """Give a role to somebody or, without a `user`, to a department; or with an empty `has` take it."""
    address = f"{app}.{role}"
    try:
        with place.write() as session:
            if user and has:
                roles.give(session, address, user)
            elif user:
                roles.take(session, address, user)
            elif has:
                roles.give_department(session, address, department, only_head=only_head == "yes")
            else:
                roles.take_department(session, address, department)
    except Refused as refused:
        return _shown(request, place, app, wrong={role: refused.problems[0].says})
    says = _("The role is given.") if has else _("The role is taken.")
    return redirect(request, place.at.inside(app, "access"), Toast(says))


def _shown(request: Request, place: Place, app: str, wrong: dict[str, Text | str] | None = None) -> Response:
    with place.read() as session:
        held, inside = roles.of_app(session, app), roles.of_departments(session, app)
        return page(
            request,
            "roles/access.html",
            status=422 if wrong else 200,
            app=apps.get(session, app),
            holders=held,
            of_departments=inside,
            departments=departments.paths(session),
            shown_as=guises.offered(place.principal, [one.person for one in held]),
            wrong=wrong or {},
        )
