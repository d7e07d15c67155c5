"""A run gone on with, inside one transaction: what is next, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from engine import connections, notifications, outbox, people
from engine.actions import Done, Failed, NotSetUp, Outcome, Posted, Retry, Skipped, actions
from engine.automations import runs
from engine.automations.runs import Run
from engine.automations.steps import Inside, Look, Means, Situation, automation_of
from engine.definitions.language import Automation
from engine.errors import Conflict, FormworkError, NotFound, Refused, Unavailable
from engine.formulas import FormulaError
from engine.storage import record_rows
from engine.storage.session import Session
from engine.text import _


@dataclass(frozen=True)
class Workplace:
    """The transaction in which a run is gone on with, and what runs work with besides."""

    session: Session
    means: Means


@dataclass(frozen=True)
class Call:
    """A step that is about to call `host`; `prepared` is what it sends, the same for all attempts."""

    run: Run
    action: str
    prepared: Mapping[str, Any]
    host: str


class BrokenOff(Exception):
    """A step that did not come to its end: whatever it had written is taken back. `key` is None before the first."""

    def __init__(self, key: str | None, outcome: Failed | Retry) -> None:
        super().__init__(outcome.why)
        self.key = key
        self.outcome = outcome


def go_on(place: Workplace, run: Run) -> Run | Call | None:
    """Do the run's next step: the run as it stands then, a call that is to be made, or None when it ended or waits.

    Raises BrokenOff, and Conflict or Unavailable of the database.
    """
    session = place.session
    lost = runs.lost_too_often(run)
    if lost:
        raise BrokenOff(run.step, Failed(lost))
    automation = automation_of(session, run)
    table = session.layout.apps.tables.get(run.table_address)
    if automation is None or table is None:
        runs.finish(session, run, "skipped", _("Its app or table was removed meanwhile."))
        return None
    done = runs.journal(session, run)
    begun = done.get(run.step or "")
    if run.step and begun and begun.prepared is not None:
        return _call(place, run, automation.steps[run.step]["action"], begun.prepared)
    try:
        situation = Situation(session, run, automation, table, done)
    except FormworkError as error:
        raise BrokenOff(run.step, Failed(_said(session, run, automation, error.says))) from error
    return _next_step(place, run, situation)


def called(place: Workplace, call: Call, outcome: Outcome, tried: Posted | None) -> Run | None:
    """Write down what came of a call: the run as it stands then, or None when it ended or waits."""
    session, run, key = place.session, call.run, call.run.step or ""
    automation = automation_of(session, run)
    if tried is not None:
        runs.note_attempt(session, run, key, tried.status, tried.milliseconds, tried.says)
        _note_connection(place, run.app, _name(call.prepared), tried)
    if automation is None:
        runs.finish(session, run, "skipped", _("Its app or table was removed meanwhile."))
        return None
    if isinstance(outcome, Failed | Retry):
        break_off(place, run, BrokenOff(key, outcome))
        return None
    return _ended(session, run, automation, key, outcome)


def _note_connection(place: Workplace, app: str, name: str, tried: Posted) -> None:
    """What the attempt says about the connection itself. The owners are told when it is switched off, by mail, too."""
    session = place.session
    if tried.verdict.delivered:
        connections.delivered(session, app, name)
        return
    if tried.verdict.gone:
        why = _("The receiver said that it is gone.")
        connections.disable(session, app, name, why)
    elif connections.failed(session, app, name):
        why = _("It only failed for {days} days.", days=connections.FAILING_FOR.days)
    else:
        return
    declared = session.layout.apps[app].document.get("connections", {}) if app in session.layout.apps else {}
    label = declared.get(name, {}).get("label", name)
    says = _("The connection {name} was switched off: {why} Set it anew once it works.", name=label, why=why)
    owners = people.owners(session)
    notifications.tell(session, [one.id for one in owners], says)
    language = session.workspace.language
    subject = place.means.say(_("The connection {name} was switched off", name=label), language)
    body = place.means.say(says, language)
    for one in owners:
        with suppress(Refused):  # an address that signs in, but that no mail can go to
            outbox.put(session, [one.email], subject, body, place.means.settings)


def break_off(place: Workplace, run: Run, broken: BrokenOff) -> None:
    """Try the step again later, or end the run for good and tell its owner."""
    session, key, outcome = place.session, broken.key, broken.outcome
    automation = automation_of(session, run)
    if key is not None:
        steps = automation.steps if automation else {}
        position, action = (list(steps).index(key), steps[key]["action"]) if key in steps else (0, "")
        status = "retrying" if isinstance(outcome, Retry) else "failed"
        runs.note(session, run, key, position, action, status, outcome.why)
    if isinstance(outcome, Retry):
        runs.wait(session, run, outcome.after, attempted=True)
        return
    runs.finish(session, run, "failed", outcome.why)
    label = automation.label if automation else run.automation
    says = _("{automation} failed: {reason}", automation=label, reason=outcome.why)
    notifications.tell_once(session, [run.user_id] if run.user_id else [], says, run.automation)


def _next_step(place: Workplace, run: Run, situation: Situation) -> Run | Call | None:
    session, automation, key = place.session, situation.automation, run.step
    try:
        for position, following in _from(automation, run.step):
            key = following
            look = situation.look(key)
            if look is None and situation.asker is not session and _is_there(session, situation):
                raise NotFound(_("The record is not seen."))
            if look is None:
                runs.finish(session, run, "skipped", _("The record was deleted meanwhile."))
                return None
            if run.step is None and position == 0 and not look.conditions_hold:
                runs.finish(session, run, "skipped", _("The conditions did not hold."))
                return None
            if look.is_wanted:
                return _do(place, replace(run, step=key), situation, position, look)
            action = automation.steps[key]["action"]
            runs.note(session, run, key, position, action, "skipped", _("Its condition did not hold."))
        runs.finish(session, run, "done")
        return None
    except (Conflict, Unavailable):
        raise
    except (FormworkError, FormulaError) as error:
        raise BrokenOff(key, Failed(_said(session, run, automation, error.says))) from error


def _said(session: Session, run: Run, automation: Automation, reason: str) -> str:
    """Why a step fails, with the name of the person whose rights it has, if any."""
    name = people.names(session).get(str((run.caused_by or {}).get("user")))
    if automation.acts_as == "app" or name is None:
        return reason
    return _("With the rights of {name}: {reason}", name=name, reason=reason)


def _is_there(session: Session, situation: Situation) -> bool:
    """Whether the record is there for the engine, though not for the one with whose rights the automation acts."""
    return bool(record_rows.existing(session, situation.table, [situation.run.record_id]))


def _from(automation: Automation, key: str | None) -> list[tuple[int, str]]:
    steps = list(enumerate(automation.steps))
    return steps if key is None else steps[list(automation.steps).index(key) :]


def _do(place: Workplace, run: Run, situation: Situation, position: int, look: Look) -> Run | Call | None:
    session, key = place.session, run.step or ""
    kind = actions[situation.automation.steps[key]["action"]]
    if look.problems:
        raise Refused(look.problems)
    if look.missing:
        return _ended(session, run, situation.automation, key, Skipped(look.missing))
    if kind.external:
        prepared = kind.prepare(look.options, session.now)
        if "url" in prepared:
            connections.prepare(session, place.means.vault, run.app, prepared["url"])
        runs.note(session, run, key, position, kind.name, "started", prepared=prepared)
        return _call(place, run, kind.name, prepared)
    outcome = kind.run(Inside(situation, look.options, place.means))
    if isinstance(outcome, Failed | Retry):
        raise BrokenOff(key, outcome)
    return _ended(session, run, situation.automation, key, outcome)


def _call(place: Workplace, run: Run, action: str, prepared: Mapping[str, Any]) -> Call:
    try:
        url = connections.endpoint(place.session, place.means.vault, run.app, _name(prepared)).url
    except NotSetUp:
        url = ""
    host = urlsplit(url).hostname or ""
    runs.calling(place.session, run, run.step or "", host)
    return Call(run, action, prepared, host)


def _name(prepared: Mapping[str, Any]) -> str:
    return str(prepared.get("connection") or prepared.get("url"))


def _ended(session: Session, run: Run, automation: Automation, key: str, outcome: Done | Skipped) -> Run | None:
    position, action = list(automation.steps).index(key), automation.steps[key]["action"]
    if isinstance(outcome, Done):
        runs.note(session, run, key, position, action, "done", result=outcome.result)
    else:
        runs.note(session, run, key, position, action, "skipped", outcome.why)
    following = _from(automation, key)[1:]
    if not following:
        runs.finish(session, run, "done")
        return None
    runs.keep_on(session, run, following[0][1])
    return replace(run, step=following[0][1], attempt=0, claims=0)
