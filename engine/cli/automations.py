"""Commands about automations and what they did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine import automations as engine_automations
from engine.automations import Trace, by_hand
from engine.cli.here import IN_WORKSPACE, Instants, InWorkspace
from engine.storage.session import Session
from engine.text import Text, _, label_in


def runs(
    run: str = "",
    /,
    *,
    automation: str | None = None,
    status: str | None = None,
    limit: int = 20,
    here: InWorkspace = IN_WORKSPACE,
) -> None:
    """List runs of automations, newest first; or show everything that one run did, step by step.

    For example:

        formwork runs --status failed
        formwork runs run0tqN3kXhQe7ZbC

    Parameters
    ----------
    run
        Id of one run.
    automation
        Only runs of this one: its address, such as crm.won_fans_out.
    status
        Only runs that are waiting, running, done, failed, skipped or stopped.
    limit
        How many runs at most.
    """
    if run:
        with here.read() as session:
            _show(here, engine_automations.trace(session, run))
        return
    with here.read() as session:
        if automation:
            engine_automations.get(session, automation)
        found = engine_automations.runs_of(session, automation=automation, status=status, limit=limit)
    headings = {"id": "Run", "automation": "Automation", "status": "Status", "record_id": "Record"}
    headings |= {"created_at": Instants("Started"), "finished_at": Instants("Finished"), "says": "Why"}
    here.table([vars(one) for one in found], headings, _("There are no runs."))


def list_automations(app: str = "", /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """List the automations of an app, or of all: whether each is on, and when it last ran.

    For example:

        formwork automation list crm

    Parameters
    ----------
    app
        Key of an app, such as crm.
    """
    with here.read() as session:
        found = engine_automations.standings(session, app or None)
        language = session.workspace.language
    rows = [
        {
            "automation": one.automation.address,
            "label": label_in(one.automation.label, language),
            "on": one.is_on,
            "last_run_at": one.last_run_at,
            "why": one.paused_why,
        }
        for one in found
    ]
    headings = {
        "automation": "Automation",
        "label": "Label",
        "on": "On",
        "last_run_at": Instants("Last run"),
        "why": "Why not",
    }
    here.table(rows, headings, _("There are no automations."))


def switch_on(automation: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Let changes start an automation from now on.

    For example:

        formwork automation on crm.won_fans_out

    Parameters
    ----------
    automation
        Its address, such as crm.won_fans_out.
    """
    _switch(here, automation, engine_automations.switch_on, _("{automation} is on.", automation=automation))


def switch_off(automation: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Let an automation start no more; runs that began go on.

    For example:

        formwork automation off crm.won_fans_out

    Parameters
    ----------
    automation
        Its address, such as crm.won_fans_out.
    """
    says = _("{automation} is off. Runs that began go on.", automation=automation)
    _switch(here, automation, engine_automations.pause, says)


def run(automation: str, /, *records: str, here: InWorkspace = IN_WORKSPACE) -> None:
    """Run an automation now, for records that match what it waits for; also while it is off.

    For example:

        formwork automation run crm.won_fans_out rec0tqN3kXhQe7ZbC

    Parameters
    ----------
    automation
        Its address, such as crm.won_fans_out.
    records
        Ids of records of the table that it is about.
    """
    with here.write() as session:
        made = by_hand.run(session, automation, records)
    here.table([{"id": one} for one in made], {"id": "Run"})


def retry(run: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Go on with a run that failed, at the step that failed; a webhook is sent with the same id and bytes as before.

    For example:

        formwork automation retry run0tqN3kXhQe7ZbC

    Parameters
    ----------
    run
        Its id, as `formwork runs` prints it.
    """
    with here.write() as session:
        engine_automations.retry(session, run)
    here.say(_("The run goes on."), run=run)


def _switch(here: InWorkspace, automation: str, act: Callable[[Session, str], None], says: Text) -> None:
    with here.write() as session:
        act(session, automation)
        is_on = engine_automations.get(session, automation).is_on
    here.say(says, automation=automation, on=is_on)


def _show(here: InWorkspace, trace: Trace) -> None:
    if here.json:
        rights = {"caused_by": trace.caused_by, "rights_of": trace.rights_of}
        here.document({**vars(trace.run), **rights, "chain": trace.chain, "steps": [vars(one) for one in trace.steps]})
        return
    rows = [{"what": name, "value": value} for name, value in vars(trace.run).items() if value is not None]
    rows.append({"what": "rights of", "value": trace.rights_of or trace.run.app})
    here.table(rows, {"what": "Run", "value": ""})
    here.terminal.out("\n")
    steps: list[dict[str, Any]] = [{**vars(one), "attempts": len(one.attempts)} for one in trace.steps]
    headings = {"key": "Step", "action": "Action", "status": "Status", "attempts": "Attempts", "says": "Why"}
    here.table(steps, headings, _("No step has begun yet."))
