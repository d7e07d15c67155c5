"""Runs of automations as somebody sees them who builds nothing, whose roles give them to see or to steer.

They see the runs about records that they see. Of a run they see how it went, and of its steps what tells nothing of
what they may not see: not what was sent, nor why something failed, nor records that are not there for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from engine.actions import actions
from engine.definitions.language import Automation
from engine.storage import record_rows
from engine.storage.automation_tables import runs
from engine.storage.expressions import moment
from engine.storage.session import Session
from engine.text import Text, _

if TYPE_CHECKING:
    from engine.automations import RunSummary, StepTrace, Trace

_c = runs.c
_FAILED = _("It failed. Who builds the app sees why.")


def shown(session: Session, found: Sequence[RunSummary]) -> list[RunSummary]:
    """Those of the runs that are about records which are there for the asker, of automations that they may see."""
    given, ids = session.layout.apps.automations, {one.record_id for one in found}
    there = record_rows.existing_in(session, _about(session), ids)
    kept = (one for one in found if one.automation in given and one.record_id in there)
    return [replace(one, says=_why(one.status)) for one in kept]


def counts(session: Session, app: str) -> list[tuple[str, str, int]]:
    """How many such runs each automation of an app has had, by status."""
    return [row[:3] for row in _summed(session) if row[0].startswith(f"{app}.")]


def newest(session: Session) -> dict[str, str]:
    """When each automation ran last about a record that is there for the asker."""
    found: dict[str, str] = {}
    for automation, _status, _count, at in _summed(session):
        found[automation] = max(at, found.get(automation, ""))
    return found


def trace(session: Session, whole: Trace) -> Trace:
    """A run, which is one of those, with what the asker may know of its steps."""
    given = session.layout.apps.automations
    (run,) = shown(session, [whole.run])
    steps = [_step(session, given[run.automation], one) for one in whole.steps]
    return replace(whole, run=run, steps=steps, chain=[one for one in whole.chain if one in given])


def _why(status: str) -> Text | None:
    """No more than that it failed: sentences of the engine name what they are about."""
    return _FAILED if status == "failed" else None


def _step(session: Session, held: Automation, step: StepTrace) -> StepTrace:
    attempts: list[Mapping[str, Any]] = [{**one, "says": _answered(one["status"])} for one in step.attempts]
    result = _result(session, held, step)
    return replace(step, says=_why(step.status), result=result, sent=None, attempts=attempts)


def _answered(status: int | None) -> Text:
    if status is None:
        return _("The receiver did not answer.")
    return _("The receiver answered {status}.", status=status)


def _result(session: Session, held: Automation, step: StepTrace) -> Mapping[str, Any]:
    kind = actions.get(step.action)
    if kind is None:
        return {}
    open_ones = {name: value for name, value in step.result.items() if name in kind.tells}
    written = step.result.get("id") if kind.writes else None
    if written and record_rows.existing_in(session, _written(session, held, step.key), [written]):
        open_ones["id"] = written
    return open_ones


def _written(session: Session, held: Automation, key: str) -> list[str]:
    """The table that a step writes into, as far as that is known and seen."""
    apps, step = session.layout.apps, held.steps.get(key, {})
    return [one for one in [apps.address(held.app, step.get("table", held.trigger["table"]))] if one in apps.tables]


def _about(session: Session) -> list[str]:
    """The tables of which some record can have begun a run that the asker sees."""
    apps = session.layout.apps
    return sorted({apps.address(one.app, one.trigger["table"]) for one in apps.automations.values()})


def _summed(session: Session) -> Sequence[tuple[str, str, int, str]]:
    """Of each automation that the asker may see: status, how many runs, when the last began."""
    layout, given = session.layout, sorted(session.layout.apps.automations)

    def made() -> sa.Select[Any]:
        tables = map(layout.table, _about(session))
        there = sa.or_(
            *(
                sa.and_(_c.table_address == one.address, _c.record_id.in_(sa.select(layout.rows(one).c.id)))
                for one in tables
            )
        )
        wanted = sa.select(_c.automation, _c.status, sa.func.count(), sa.func.max(_c.created_at))
        return wanted.where(_c.automation.in_(given), there).group_by(_c.automation, _c.status)

    statement = session.prepared("runs that are seen", made)
    return [(row[0], row[1], row[2], row[3]) for row in session.rows(statement, moment(session))]
