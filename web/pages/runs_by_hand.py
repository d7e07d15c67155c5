"""Running an automation now, for records that somebody chooses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import Request
from starlette.responses import Response

from engine import automations, queries
from engine.automations import by_hand
from engine.errors import Refused
from engine.text import _
from web.dependencies import FormHere, In, Place
from web.render import page, redirect
from web.routes import PageRouter
from web.toasts import Toast

router = PageRouter(prefix="/w/{workspace}/apps/{app}/-/automations/{automation}/runs")


@router.get("/new")
def ask(request: Request, place: In, app: str, automation: str, record: str = "") -> Response:
    """The form that asks for which records; the address may name one to begin with."""
    return _form(request, place, f"{app}.{automation}", [record] if record else [])


@router.get("/offered")
def offer(request: Request, place: In, app: str, automation: str, q: str = "") -> Response:
    """Records that match what the automation waits for, whose name contains what is typed."""
    with place.read() as session:
        found = by_hand.offered(session, f"{app}.{automation}", q)
        table = by_hand.table_of(session, f"{app}.{automation}")
    return page(request, "records/titles.html", block="found", table=table, found=found, new="")


@router.post("")
def start(request: Request, place: In, form: FormHere, app: str, automation: str) -> Response:
    """Run it for the chosen records; the page of the run, or of the runs, shows how it goes."""
    key, chosen = f"{app}.{automation}", [str(one) for one in form.getlist("records") if one]
    try:
        with place.write() as session:
            made = by_hand.run(session, key, chosen)
    except Refused as refused:
        return _form(request, place, key, chosen, refused)
    to = place.at.page("runs", made[0]) if len(made) == 1 else f"{place.at.automation(app, automation)}#runs"
    return redirect(request, to, Toast(_("Started. This page shows how it goes.")))


def _form(request: Request, place: Place, key: str, chosen: Sequence[str], refused: Refused | None = None) -> Response:
    with place.read() as session:
        held = automations.get(session, key).automation
        of = session.layout.apps[held.app]
        offered = by_hand.offered(session, key, "")
        table = by_hand.table_of(session, key)
        names = queries.titles(session, table.address, chosen)
    wrong = list(dict.fromkeys(one.says for one in refused.problems)) if refused else []
    context: dict[str, Any] = {"app": of, "automation": held, "table": table, "names": names, "offered": offered}
    return page(request, "runs/new.html", status=422 if wrong else 200, chosen=list(chosen), wrong=wrong, **context)
