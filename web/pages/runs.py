"""One run of an automation: what each of its steps did, and trying again what failed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import Request
from starlette.responses import Response

from engine import automations, people
from engine.access import door
from engine.actions import actions
from engine.automations import RunSummary, StepTrace, Trace
from engine.definitions.documents import address
from engine.definitions.language import Automation
from engine.storage.session import Session
from engine.text import Label, Text, _
from web.dependencies import In, Place
from web.names import titles_of
from web.pages.automations import names_of_runs
from web.render import page, redirect
from web.routes import PageRouter
from web.toasts import Toast
from web.visit import visit_of

router = PageRouter(prefix="/w/{workspace}/runs")

SOON = timedelta(seconds=30)
_STATES = {"started": "running", "retrying": "waiting"}


@dataclass(frozen=True)
class Shown:
    """A step of the run. `state` is that of `trace_step`, empty for one that was not reached.

    `results` are what it left behind: (name, value, address); `body` is what was sent, over several lines.
    """

    says: Label
    state: str
    trace: StepTrace | None
    milliseconds: int | None = None
    results: tuple[tuple[str, str, str], ...] = ()
    body: str = ""


@router.get("/{run}")
def show(request: Request, place: In, run: str) -> Response:
    """The run with all its steps."""
    language = visit_of(request).reader.language
    with place.read() as session:
        found = automations.trace(session, run)
        held = session.layout.apps.automations.get(found.run.automation)
        app = session.layout.apps.get(found.run.automation.partition(".")[0])
        context: dict[str, Any] = {
            "run": found.run,
            "automation": held,
            "app": app,
            "may_steer": held is None or door.may_steer(session.principal, held),
            "may_build": door.builds(session.principal),
            "when": automations.sentences(session.layout, held, language)[0] if held else None,
            "persons": people.names(session),
            "caused_by": found.caused_by,
            "rights_of": found.rights_of,
            "steps": list(_steps(session, place, found, held, language)),
            "chain": [session.layout.apps.automations.get(one) or one for one in found.chain],
            "table": session.layout.apps.tables.get(found.run.table_address),
            "names": names_of_runs(session, place, [found.run]),
            "soon": _is_soon(found.run, session.now),
            "milliseconds": _between(found.run.created_at, found.run.finished_at),
        }
    return page(request, "runs/run.html", **context)


@router.post("/{run}/retries")
def retry(request: Request, place: In, run: str) -> Response:
    """Go on with a run that failed, at the step that failed."""
    with place.write() as session:
        automations.retry(session, run)
    return redirect(request, place.at.page("runs", run), Toast(_("Tried again. This page shows how it goes.")))


def _steps(session: Session, place: Place, found: Trace, held: Automation | None, language: str) -> list[Shown]:
    """The steps that began, in order, then those of the definition that were not reached."""
    says: dict[str, Text] = {}
    if held is not None:
        says = dict(zip(held.steps, automations.sentences(session.layout, held, language)[1:], strict=True))
    shown = []
    for one in found.steps:
        results = _results(session, place, found, held, one)
        body = _pretty(one.sent["body"]) if one.sent and "body" in one.sent else ""
        state = _STATES.get(one.status, one.status)
        label = says.get(one.key) or (actions[one.action].label if one.action in actions else one.key)
        shown.append(Shown(label, state, one, _between(one.started_at, one.finished_at), results, body))
    began = {one.key for one in found.steps}
    return shown + [Shown(text, "", None) for key, text in says.items() if key not in began]


def _results(
    session: Session, place: Place, found: Trace, held: Automation | None, step: StepTrace
) -> tuple[tuple[str, str, str], ...]:
    return tuple(_result(session, place, found, held, step, name, value) for name, value in step.result.items())


def _result(
    session: Session, place: Place, found: Trace, held: Automation | None, step: StepTrace, name: str, value: Any
) -> tuple[str, str, str]:
    """A result as people read it: a record by its name and address, people by their names."""
    if isinstance(value, list):
        known: Mapping[str, Any] = people.names(session)
        return name, ", ".join(str(known.get(one, one)) for one in value), ""
    if isinstance(value, bool):
        return name, _("Yes") if value else _("No"), ""
    options = held.steps.get(step.key, {}) if held else {}
    table = found.run.table_address
    if held is not None and "table" in options:
        table = address(session.layout.apps[held.app].document, options["table"])
    if str(value).startswith("rec") and table in session.layout.apps.tables:
        named = titles_of(session, place.at, {table: [value]}).get(value)
        return name, *((named["title"], named["href"]) if named else (_("A record that is gone"), ""))
    return name, str(value), ""


def _is_soon(run: RunSummary, now: datetime) -> bool:
    """Whether something will happen while somebody looks at the page."""
    if run.status == "running":
        return True
    due = datetime.fromisoformat(run.due_at) if run.due_at else None
    return run.status == "waiting" and due is not None and due - now < SOON


def _pretty(body: str) -> str:
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return body


def _between(start: str, end: str | None) -> int | None:
    """Milliseconds from one instant to another."""
    if end is None:
        return None
    return round((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() * 1000)
