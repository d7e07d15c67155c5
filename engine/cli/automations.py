"""Commands about automations and what they did."""

from __future__ import annotations

from typing import Any

from engine import automations as engine_automations
from engine.automations import Trace
from engine.cli.here import IN_WORKSPACE, InWorkspace
from engine.text import _


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
    headings |= {"created_at": "Started", "finished_at": "Finished", "says": "Why"}
    here.table([vars(one) for one in found], headings, _("There are no runs."))


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
