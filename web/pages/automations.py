"""The automations of an app: what each does in words, whether it is on, and what came of its runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from fastapi import Request
from starlette.responses import Response

from engine import apps, automations, named
from engine.access import door
from engine.actions import actions
from engine.automations import RunSummary, Standing
from engine.definitions.documents import address
from engine.definitions.language import Automation, Table
from engine.storage.session import Session
from engine.text import Label, Text, _, label_in
from engine.triggers import triggers
from web.conditions import Said, Speaker
from web.dependencies import In, Place
from web.names import Names, titles_of
from web.render import asks_for, is_htmx, page, redirect
from web.routes import PageRouter
from web.toasts import Toast
from web.visit import visit_of

router = PageRouter(prefix="/w/{workspace}/apps/{app}/-/automations")

RUNS_SHOWN = 50
STATES = ("done", "failed", "waiting", "running", "skipped", "stopped")


@dataclass(frozen=True)
class StepSaid:
    """A step in words. `values` are the fields that it sets, `rest` its other options by the definition's words."""

    key: str
    icon: str
    says: Text
    condition: Said | None
    values: list[tuple[Label, str]]
    rest: Mapping[str, Any]


@dataclass(frozen=True)
class Listed:
    """An automation in the list. `then`: icon, sentence, how many steps in a row it says; `counts`: runs by state.

    `may_steer`: whether the reader may pause it and let it go on.
    """

    standing: Standing
    icon: str
    when: Text
    where: Said | None
    then: list[tuple[str, Text, int]]
    counts: Mapping[str, int]
    may_steer: bool


@router.get("")
def show(request: Request, place: In, app: str) -> Response:
    """All automations of the app."""
    return _list(request, place, app)


@router.get("/{automation}")
def show_one(request: Request, place: In, app: str, automation: str, status: str = "", before: str = "") -> Response:
    """One automation and its runs: `status` chooses among them, `before` is the run after which the page begins."""
    return _one(request, place, f"{app}.{automation}", status, before)


@router.post("/{automation}/activation")
def switch_on(request: Request, place: In, app: str, automation: str) -> Response:
    """From now on changes start it."""
    key = f"{app}.{automation}"
    with place.write() as session:
        automations.switch_on(session, key)
        held = automations.get(session, key).automation
    return _switched(request, place, held, Toast(_("{name} is on.", name=held.label)))


@router.post("/{automation}/deactivation")
@router.delete("/{automation}/activation")
def switch_off(request: Request, place: In, app: str, automation: str) -> Response:
    """It starts no more; runs that began go on."""
    key = f"{app}.{automation}"
    with place.write() as session:
        automations.pause(session, key)
        held = automations.get(session, key).automation
    return _switched(request, place, held, Toast(_("{name} is off. Runs that began go on.", name=held.label)))


def _switched(request: Request, place: Place, held: Automation, toast: Toast) -> Response:
    if asks_for(request, "automation"):
        return _one(request, place, held.address, toast=toast)
    if is_htmx(request):
        return _list(request, place, held.app, toast)
    return redirect(request, place.at.inside(held.app, "automations"), toast)


def _list(request: Request, place: Place, app: str, toast: Toast | None = None) -> Response:
    with place.read() as session:
        of = apps.get(session, app)
        counts = automations.counts(session, app)
        language = visit_of(request).reader.language
        listed = [_listed(session, one, counts, language) for one in automations.standings(session, app)]
        may_build = door.builds(session.principal)
    return page(request, "automations/list.html", toast=toast, app=of, automations=listed, may_build=may_build)


def _listed(session: Session, standing: Standing, counts: Mapping[str, Mapping[str, int]], language: str) -> Listed:
    held = standing.automation
    when, *then = automations.sentences(session.layout, held, language)
    icons = [actions[step["action"]].icon for step in held.steps.values()]
    kind = triggers[held.trigger["type"]]
    speaker = speaker_of(session, held, language)
    where = speaker.condition(kind.condition(held.trigger)) if speaker else None
    steps = [(*step, len(list(same))) for step, same in groupby(zip(icons, then, strict=True))]
    may_steer = door.may_steer(session.principal, held)
    return Listed(standing, kind.icon, when, where, steps, counts.get(held.address, {}), may_steer)


def _one(
    request: Request, place: Place, key: str, status: str = "", before: str = "", toast: Toast | None = None
) -> Response:
    language = visit_of(request).reader.language
    with place.read() as session:
        standing = automations.get(session, key)
        held = standing.automation
        chosen = status if status in STATES else None
        runs = automations.runs_of(session, automation=key, status=chosen, before=before or None, limit=RUNS_SHOWN + 1)
        when, *then = automations.sentences(session.layout, held, language)
        speaker = speaker_of(session, held, language)
        kind = triggers[held.trigger["type"]]
        context: dict[str, Any] = {
            "app": session.layout.apps[held.app],
            "table": session.layout.apps.tables.get(session.layout.apps.address(held.app, held.trigger["table"])),
            "standing": standing,
            "may_steer": door.may_steer(session.principal, held),
            "may_build": door.builds(session.principal),
            "icon_name": kind.icon,
            "when": when,
            "where": speaker.condition(kind.condition(held.trigger)) if speaker else None,
            "conditions": speaker.condition(held.conditions) if speaker else None,
            "steps": [
                step_said(session, held, step, says, speaker) for step, says in zip(held.steps, then, strict=True)
            ],
            "counts": automations.counts(session, held.app).get(key, {}),
            "runs": runs[:RUNS_SHOWN],
            "names": names_of_runs(session, place, runs),
            "older": runs[RUNS_SHOWN - 1].id if len(runs) > RUNS_SHOWN else "",
        }
    return page(request, "automations/automation.html", toast=toast, status_shown=status, states=STATES, **context)


def speaker_of(session: Session, held: Automation, language: str) -> Speaker | None:
    """Who says the conditions of an automation; None when its table is gone, or they are not there for the reader."""
    if held.rights is not None:
        return None
    layout = session.layout
    app = layout.apps[held.app]
    table = layout.apps.tables.get(address(app.document, held.trigger["table"]))
    names = {one: name for kind in named.KINDS for one, name in named.names(session, kind).items()}
    return Speaker(layout, app, table, language, names) if table else None


def names_of_runs(session: Session, place: Place, runs: list[RunSummary]) -> Names:
    """What the records are called that runs are about; a record or a table that is gone has no name."""
    wanted: dict[str, set[str]] = {}
    for one in runs:
        if one.table_address in session.layout.apps.tables:
            wanted.setdefault(one.table_address, set()).add(one.record_id)
    return titles_of(session, place.at, wanted)


def step_said(session: Session, held: Automation, key: str, says: Text, speaker: Speaker | None) -> StepSaid:
    """A step with what it sets, in words; `says` is its sentence."""
    step = held.steps[key]
    kind = actions[step["action"]]
    if held.rights is not None:
        return StepSaid(key, kind.icon, says, None, [], {})
    rest = {name: value for name, value in step.items() if name not in ("action", "if")}
    values: list[tuple[Label, str]] = []
    if kind.writes and speaker is not None:
        target = session.layout.apps.tables.get(
            address(speaker.app.document, step["table"]) if "table" in step else speaker.table.address
        )
        values = [_set_value(speaker, target, field, value) for field, value in rest.pop("values", {}).items()]
        rest.pop("table", None)
    condition = speaker.condition(step.get("if")) if speaker else None
    messages = {one.at.strip("/") for one in kind.expressions(step) if one.gives == "message"}
    return StepSaid(key, kind.icon, says, condition, values, _worded(rest, messages, speaker))


def _set_value(speaker: Speaker, target: Table | None, key: str, value: Any) -> tuple[Label, str]:
    field = target.fields.get(key) if target else None
    label: Label = field.label if field else key
    if isinstance(value, str) and value.startswith("="):
        return label, speaker.wording.formula(value)
    if value is None:
        return label, ""
    return label, speaker.value(field, value) if field else str(value)


def _worded(options: Mapping[str, Any], messages: set[str], speaker: Speaker | None) -> Mapping[str, Any]:
    """The options with labels in place of keys; trees (the body of a webhook) stay as the definition has them."""
    if speaker is None:
        return options

    def worded(value: Any) -> Any:
        if isinstance(value, str) and value.startswith("="):
            return speaker.wording.formula(value)
        return [worded(one) for one in value] if isinstance(value, list) else value

    return {
        name: speaker.wording.message(label_in(value, speaker.language)) if name in messages else worded(value)
        for name, value in options.items()
    }
