"""The indexes of an app's tables: which appeared, why, how large; the owner may refuse them."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from engine import apps, indexes
from engine.text import _
from web.dependencies import In
from web.fields import shown_field
from web.render import page, redirect
from web.routes import PageRouter
from web.toasts import Toast

router = PageRouter(prefix="/w/{workspace}/apps/{app}/-/indexes")


@router.get("")
def show(request: Request, place: In, app: str) -> Response:
    """The app's tables that have indexes of their own, or refused ones."""
    with place.read() as session:
        found = apps.get(session, app)
        listed = [(table, indexes.of_table(session, table)) for table in found.tables.values()]
        fields = {
            table.key: {field.key: shown_field(session.layout, field) for field in table.fields.values()}
            for table in found.tables.values()
        }
    return page(
        request,
        "indexes/list.html",
        app=found,
        tables=[(table, some) for table, some in listed if some],
        fields=fields,
        may_build=place.membership.role in ("owner", "builder"),
    )


@router.post("/{name}/refusal")
def refuse(request: Request, place: In, app: str, name: str) -> Response:
    """Drop an index; it does not come back by itself."""
    with place.write() as session:
        indexes.refuse(session, name)
    undo = place.at.inside(app, "indexes", name, "permission")
    return redirect(request, place.at.inside(app, "indexes"), Toast(_("The index is gone."), undo=undo))


@router.post("/{name}/permission")
def permit(request: Request, place: In, app: str, name: str) -> Response:
    """Let an index appear again where it is needed."""
    with place.write() as session:
        indexes.permit(session, name)
    says = _("The index appears again as soon as it is needed.")
    return redirect(request, place.at.inside(app, "indexes"), Toast(says))
