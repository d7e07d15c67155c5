"""Who has access to an app: the roles of everybody, given and taken with one press."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from engine import apps, roles
from engine.text import _
from web.dependencies import In
from web.render import page, redirect
from web.toasts import Toast

router = APIRouter(prefix="/w/{workspace}/apps/{app}/-/access")


@router.get("")
def show(request: Request, place: In, app: str) -> Response:
    """Everybody with their roles; for owners and builders."""
    with place.read() as session:
        held = roles.of_app(session, app)
        found = apps.get(session, app)
    return page(request, "roles/access.html", app=found, holders=held)


@router.post("/{role}")
def change(
    request: Request,
    place: In,
    app: str,
    role: str,
    user: Annotated[str, Form()] = "",
    has: Annotated[str, Form()] = "",
) -> Response:
    """Give a role to somebody, or with an empty `has` take it."""
    with place.write() as session:
        if has:
            roles.give(session, f"{app}.{role}", user)
        else:
            roles.take(session, f"{app}.{role}", user)
    says = _("The role is given.") if has else _("The role is taken.")
    return redirect(request, place.at.inside(app, "access"), Toast(says))
