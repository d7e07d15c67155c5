"""Taking an app out of the workspace: what cannot be undone asks for the app's name."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from engine import apps, queries
from engine.definitions.language import App
from engine.errors import Problem, Refused
from engine.queries import Query
from engine.storage.session import Session
from engine.text import _, label_in
from web.dependencies import FormHere, In, Place
from web.render import page, redirect
from web.routes import PageRouter
from web.toasts import Toast
from web.visit import visit_of

router = PageRouter(prefix="/w/{workspace}/apps/{app}/-/removal")


@router.get("")
def ask(request: Request, place: In, app: str) -> Response:
    """What would go, and the question."""
    return _asked(request, place, app)


@router.post("")
def create(request: Request, place: In, form: FormHere, app: str) -> Response:
    """Remove the app when its name was typed, in whichever language one knows it."""
    typed = str(form.get("name", "")).strip()
    try:
        with place.write() as session:
            found = apps.get(session, app)
            _check_name(found, typed)
            apps.remove(session, app)
    except Refused as refused:
        return _asked(request, place, app, typed, refused)
    return redirect(request, place.at.home, Toast(_("{app} is removed.", app=found.label)))


def _asked(request: Request, place: Place, app: str, typed: str = "", refused: Refused | None = None) -> Response:
    place.only("owner", "builder")
    with place.read() as session:
        found = apps.get(session, app)
        count = _records_in(session, found)
    problems = refused.problems if refused else ()
    return page(
        request,
        "apps/removal.html",
        status=422 if refused else 200,
        app=found,
        count=count,
        typed=typed,
        name=label_in(found.label, visit_of(request).reader.language),
        wrong=next((one.says for one in problems if one.code == "name"), ""),
        problems=[one for one in problems if one.code != "name"],
    )


def _check_name(app: App, typed: str) -> None:
    names = [app.label] if isinstance(app.label, str) else list(app.label.values())
    if typed.casefold() not in {name.casefold() for name in names}:
        raise Refused([Problem("/name", _("This is not the app's name."), "name", typed)])


def _records_in(session: Session, app: App) -> int:
    return sum(queries.count(session, Query(table.address)) for table in app.tables.values())
