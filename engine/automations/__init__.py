"""Automations as people see and steer them: what each does in words, its runs with their traces, pausing, retrying."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from engine import apps, audit
from engine.access import door
from engine.actions import actions
from engine.automations import runs, seen, starts
from engine.automations.starts import something_began
from engine.automations.steps import automation_of
from engine.automations.watches import set_state
from engine.definitions.documents import address
from engine.definitions.language import Automation
from engine.errors import Conflict, NotFound
from engine.storage import automation_tables
from engine.storage.automation_tables import automation_states, run_steps, unpacked
from engine.storage.layout import Layout
from engine.storage.session import Session, timestamp
from engine.text import Text, _, label_in
from engine.triggers import triggers
from engine.wording import Wording

_runs = automation_tables.runs
_c = _runs.c
_s = run_steps.c


@dataclass(frozen=True)
class Standing:
    """An automation and whether it starts: not while `paused_at` is set, nor unless its definition says `enabled`."""

    automation: Automation
    paused_at: str | None
    paused_why: str | None
    last_run_at: str | None

    @property
    def is_on(self) -> bool:
        """Whether changes start it."""
        return self.automation.enabled and self.paused_at is None


RunStatus = Literal["waiting", "running", "done", "failed", "skipped", "stopped"]


@dataclass(frozen=True)
class RunSummary:
    """One execution. `status`: skipped is one with nothing to do, stopped one that went round in a loop."""

    id: str
    automation: str
    status: str
    says: str | None
    table_address: str
    record_id: str
    created_at: str
    finished_at: str | None
    due_at: str | None
    step: str | None

    @property
    def app(self) -> str:
        """The key of the automation's app."""
        return self.automation.partition(".")[0]


@dataclass(frozen=True)
class StepTrace:
    """What one step did. `attempts`: {at, status, milliseconds, says} of each call to somebody outside."""

    key: str
    action: str
    status: str
    says: str | None
    result: Mapping[str, Any]
    sent: Mapping[str, Any] | None
    attempts: list[Mapping[str, Any]]
    started_at: str
    finished_at: str | None


@dataclass(frozen=True)
class Trace:
    """A run with all its steps so far, and the automations whose runs led to it.

    `caused_by` is the person behind it, if any; `rights_of` the one whose rights its steps had, None: the app's.
    """

    run: RunSummary
    steps: list[StepTrace]
    chain: list[str]
    caused_by: str | None = None
    rights_of: str | None = None


def standings(session: Session, app: str | None = None) -> list[Standing]:
    """The automations of one app, or of all, in the order of their definitions."""
    sees_all = _enter(session, app)
    c = automation_states.c
    states = {row[0]: row for row in session.connection.execute(sa.select(c.automation, c.paused_at, c.paused_why))}
    newest = sa.select(_c.automation, sa.func.max(_c.created_at)).group_by(_c.automation)
    last = dict(session.connection.execute(newest).all()) if sees_all else seen.newest(session)
    found = []
    for one in session.layout.apps.automations.values():
        if app is None or one.app == app:
            _address, paused_at, paused_why = states.get(one.address, (one.address, None, None))
            found.append(Standing(one, paused_at, paused_why if sees_all else None, last.get(one.address)))
    return found


def _enter(session: Session, app: str | None = None) -> bool:
    """Whether the asker sees all of the automations (of one app), or what their roles give. Raises Forbidden."""
    of_all = session.layout.apps.automations.values()
    return door.enter_automations(session.principal, [one for one in of_all if app in (None, one.app)])


def get(session: Session, automation: str) -> Standing:
    """One automation by its address. Raises NotFound, Forbidden."""
    for one in standings(session, automation.partition(".")[0]):
        if one.automation.address == automation:
            return one
    raise NotFound(_("There is no automation {automation}.", automation=automation))


def sentences(layout: Layout, automation: Automation, language: str) -> list[Text]:
    """When it starts, then what each step does, as a person reads it; who sees no more reads what they are called."""
    if automation.rights is not None:
        called = (step.get("label") or actions[step["action"]].label for step in automation.steps.values())
        return [triggers[automation.trigger["type"]].label, *(Text("{label}", {"label": one}) for one in called)]
    words = _Words(layout, automation, language)
    trigger = automation.trigger
    return [
        triggers[trigger["type"]].sentence(trigger, words),
        *(_step_said(step, words) for step in automation.steps.values()),
    ]


def _step_said(step: Mapping[str, Any], words: _Words) -> Text:
    """The label that the definition gives the step, else what its action says of it."""
    if "label" in step:
        return Text("{label}", {"label": step["label"]})
    return actions[step["action"]].sentence(_worded(step, words), words)


def counts(session: Session, app: str) -> dict[str, dict[str, int]]:
    """How many runs each automation of an app has had, by status. Raises Forbidden."""
    found: dict[str, dict[str, int]] = {}
    wanted = sa.select(_c.automation, _c.status, sa.func.count()).group_by(_c.automation, _c.status)
    of_app = wanted.where(_c.automation.startswith(f"{app}.", autoescape=True))
    for automation, status, count in (
        session.connection.execute(of_app) if _enter(session, app) else seen.counts(session, app)
    ):
        found.setdefault(automation, {})[status] = count
    return found


def pause(session: Session, automation: str) -> None:
    """Let it start no more; runs that began go on. Raises NotFound, Forbidden."""
    label = steered(session, automation).label
    starts.pause(session, automation, None)
    says = _("paused the automation {name}", name=label)
    audit.note(session, "automation.paused", says, automation=automation)


def resume(session: Session, automation: str) -> None:
    """Let it start again; what happened meanwhile does not start it. Raises NotFound, Forbidden."""
    label = steered(session, automation).label
    set_state(session, automation, {"paused_at": None, "paused_why": None})
    says = _("let the automation {name} go on", name=label)
    audit.note(session, "automation.resumed", says, automation=automation)


def steered(session: Session, automation: str) -> Automation:
    """One that the asker may pause, let go on, and run. Raises NotFound, Forbidden."""
    held = get(session, automation).automation
    door.enter_steering(session.principal, held)
    return held


def switch_on(session: Session, automation: str) -> None:
    """Let changes start it, also where its definition itself has it off: that is changed. Raises as `resume` does."""
    resume(session, automation)
    held = get(session, automation).automation
    if not held.enabled:
        document = apps.export(session, held.app)
        switched = {**document["automations"][held.key], "enabled": True}
        apps.apply(session, {**document, "automations": {**document["automations"], held.key: switched}})


def runs_of(
    session: Session,
    *,
    app: str | None = None,
    automation: str | None = None,
    record_id: str | None = None,
    status: str | None = None,
    before: str | None = None,
    limit: int = 100,
) -> list[RunSummary]:
    """Runs, newest first; `before` is the id of the last one already seen. Raises Forbidden."""
    sees_all = _enter(session, app)
    wanted = sa.select(*(_c[name] for name in RunSummary.__dataclass_fields__)).order_by(_c.id.desc()).limit(limit)
    for column, value in ((_c.automation, automation), (_c.record_id, record_id), (_c.status, status)):
        if value is not None:
            wanted = wanted.where(column == value)
    if app is not None:
        wanted = wanted.where(_c.automation.startswith(f"{app}.", autoescape=True))
    found: list[RunSummary] = []
    while True:  # until there are enough, since what is not seen takes no room from what is
        here = wanted.where(_c.id < before) if before else wanted
        read = [RunSummary(*row) for row in session.connection.execute(here)]
        found += read if sees_all else seen.shown(session, read)
        if len(read) < limit or len(found) >= limit:
            return found[:limit]
        before = read[-1].id


def trace(session: Session, run_id: str) -> Trace:
    """Everything that one run did, as far as the asker sees it. Raises NotFound, Forbidden."""
    sees_all = _enter(session)
    wanted = sa.select(*(_c[name] for name in RunSummary.__dataclass_fields__), _c.chain).where(_c.id == run_id)
    row = session.connection.execute(wanted).one_or_none()
    if row is None or not (sees_all or seen.shown(session, [RunSummary(*row[:-1])])):
        raise NotFound(_("There is no run {run}.", run=run_id))
    with session.behind():
        whole = _trace(session, row)
    return whole if sees_all else seen.trace(session, whole)


def _trace(session: Session, row: Any) -> Trace:
    run_id = row.id
    steps = [
        StepTrace(
            step.key,
            step.action,
            step.status,
            step.says,
            json.loads(step.result or "{}"),
            json.loads(step.prepared) if step.prepared else None,
            [{**attempt, "says": unpacked(attempt["says"])} for attempt in json.loads(step.attempts)],
            step.started_at,
            step.finished_at,
        )
        for step in session.connection.execute(sa.select(run_steps).where(_s.run_id == run_id).order_by(_s.position))
    ]
    run = runs.get(session, run_id)
    cause = str((run.caused_by or {}).get("user") or "") or None if run else None
    held = automation_of(session, run) if run else None
    rights_of = cause if held and held.acts_as == "person" else None
    return Trace(RunSummary(*row[:-1]), steps, json.loads(row.chain), cause, rights_of)


def retry(session: Session, run_id: str) -> None:
    """Go on with a failed run at the step that failed; a webhook is sent with the same id and bytes as before.

    Raises NotFound, Conflict when the run did not fail, Forbidden.
    """
    found = trace(session, run_id)
    held = session.layout.apps.automations.get(found.run.automation)
    if held is not None:  # only who builds sees the run of one that is gone
        door.enter_steering(session.principal, held)
    if found.run.status != "failed":
        raise Conflict(_("Only a run that failed can be tried again."))
    failed = next((step.key for step in found.steps if step.status == "failed"), None)
    values = {"status": "waiting", "due_at": timestamp(session.now), "step": failed, "attempt": 0, "claims": 0}
    again = sa.update(_runs).where(_c.id == run_id).values(**values, finished_at=None, says=None)
    session.connection.execute(again)
    session.after_commit(something_began.set)


def _worded(step: Mapping[str, Any], words: _Words) -> dict[str, Any]:
    """The step's options with what its expressions name in place of them, for its sentence."""

    def worded(one: Any) -> Any:
        if isinstance(one, list):
            return [worded(inner) for inner in one]
        return words.wording.value(one) if isinstance(one, str) else one

    return {name: one if isinstance(one, Mapping) else worded(one) for name, one in step.items()}


class _Words:
    """What people call the things that an automation names."""

    def __init__(self, layout: Layout, automation: Automation, language: str) -> None:
        self.layout = layout
        self.automation = automation
        self.language = language
        about = layout.apps.tables.get(self._address(None))
        self.wording = Wording(layout, layout.apps[automation.app], about, language)

    def table(self, name: str | None) -> str:
        """The label of a table as the definition names it; the trigger's when None."""
        found = self.layout.apps.tables.get(self._address(name))
        return label_in(found.plural or found.label, self.language) if found else str(name)

    def field(self, table: str | None, key: str) -> str:
        """The label of a field."""
        found = self.layout.apps.tables.get(self._address(table))
        return label_in(found.fields[key].label, self.language) if found and key in found.fields else key

    def connection(self, key: str) -> str:
        """The label of a connection."""
        declared = self.layout.apps[self.automation.app].document.get("connections", {})
        return label_in(declared.get(key, {}).get("label"), self.language, key)

    def _address(self, name: str | None) -> str:
        return address(self.layout.apps[self.automation.app].document, name or self.automation.trigger["table"])
