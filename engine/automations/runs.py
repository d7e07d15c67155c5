"""Runs as durable rows: claimed by lease, gone on with step by step, every step journalled.

A worker owns a run while the lease lasts and says so in each transaction (`is_mine`): one that slept through
its lease and wakes up finds the run taken and writes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from engine.access import principals
from engine.access.principals import Principal
from engine.automations.starts import RUN_CAUSE
from engine.storage.automation_tables import packed, run_steps, runs
from engine.storage.session import Session, timestamp
from engine.text import _

LEASE_SECONDS = 60
MAX_CLAIMS = 5  # times that a run may lose its worker in the same step

_c = runs.c
_s = run_steps.c


@dataclass(frozen=True)
class Run:
    """A run as its worker holds it. `step` is the key of the next step, None before the first."""

    id: str
    automation: str
    revision: int
    table_address: str
    record_id: str
    user_id: str | None
    caused_by: Mapping[str, Any] | None  # the person behind it (`user`) and their token's scope (`writes`, `within`)
    previous: Mapping[str, Any]
    step: str | None
    attempt: int
    claims: int

    @property
    def app(self) -> str:
        """The key of the automation's app."""
        return self.automation.partition(".")[0]

    @property
    def principal(self) -> Principal:
        """Who acts: the automation, for the person it was installed by."""
        return principals.automation(self.automation, self.user_id)

    @property
    def cause(self) -> str:
        """What brings its changes about, as the log says it."""
        return f"{RUN_CAUSE}{self.id}"


@dataclass(frozen=True)
class Journalled:
    """What the journal holds of one step."""

    status: str
    prepared: Mapping[str, Any] | None
    result: Mapping[str, Any]


def next_due(session: Session) -> str | None:
    """When the next unfinished run is due (or its lease runs out); None when there is none."""
    when = sa.func.coalesce(_c.lease_until, _c.due_at)
    return session.connection.execute(sa.select(sa.func.min(when)).where(_c.due_at.is_not(None))).scalar()


def claim(
    session: Session,
    worker: str,
    limit: int,
    busy_hosts: Collection[str] = (),
    *,
    calls: bool = True,
    lost: bool = False,
) -> list[Run]:
    """Take runs that are due for `worker` alone, the longest due first.

    None that would call one of `busy_hosts`, and none that would call anybody unless `calls`. A run that lost its
    worker is taken alone (if there is any, with `lost`; else when there are no others): if it is what kills
    workers, it takes no others with it.
    """
    ways = [(limit, _c.claims == 0), (1, _c.claims > 0)]
    found = (_due(session, most, which, busy_hosts, calls=calls) for most, which in (ways[::-1] if lost else ways))
    ids = next(filter(None, found), None)
    if ids is None:
        return []
    values = {"status": "running", "lease_by": worker, "lease_until": _lease_end(session), "claims": _c.claims + 1}
    session.connection.execute(sa.update(runs).where(_c.id.in_(ids)).values(**values))
    wanted = sa.select(*(_c[name] for name in Run.__dataclass_fields__)).where(_c.id.in_(ids))
    taken = {row["id"]: _run(row) for row in _rows(session, wanted)}
    return [taken[run_id] for run_id in ids]


def get(session: Session, run_id: str) -> Run | None:
    """A run by its id, to look at."""
    wanted = sa.select(*(_c[name] for name in Run.__dataclass_fields__)).where(_c.id == run_id)
    found = [_run(row) for row in _rows(session, wanted)]
    return found[0] if found else None


def _run(row: Mapping[str, Any]) -> Run:
    return Run(**{**row, **{name: json.loads(row[name] or "null") for name in ("previous", "caused_by")}})


def _due(
    session: Session, limit: int, which: sa.ColumnElement[bool], busy_hosts: Collection[str], *, calls: bool
) -> list[str]:
    now = timestamp(session.now)
    free = sa.or_(_c.lease_until.is_(None), _c.lease_until < now)
    due = sa.select(_c.id).where(_c.due_at <= now, free, which).order_by(_c.claims, _c.due_at, _c.id).limit(limit)
    if not calls:
        due = due.where(_c.host.is_(None))
    elif busy_hosts:
        due = due.where(sa.or_(_c.host.is_(None), _c.host.not_in(busy_hosts)))
    if session.dialect == "postgresql":
        due = due.with_for_update(skip_locked=True)
    return list(session.connection.execute(due).scalars())


def is_mine(session: Session, run: Run, worker: str) -> bool:
    """Whether `worker` still owns the run; then nobody else can take it until this transaction ends."""
    wanted = sa.select(_c.id).where(_c.id == run.id, _c.lease_by == worker, _c.due_at.is_not(None))
    if session.dialect == "postgresql":
        wanted = wanted.with_for_update()
    return session.connection.execute(wanted).scalar() is not None


def keep_on(session: Session, run: Run, step: str | None) -> None:
    """The next step is `step`; the worker keeps the run."""
    _set(session, run, step=step, attempt=0, claims=0, host=None, lease_until=_lease_end(session))


def calling(session: Session, run: Run, step: str, host: str) -> None:
    """The run is about to call `host`; the worker keeps it."""
    _set(session, run, step=step, host=host, lease_until=_lease_end(session))


def wait(session: Session, run: Run, seconds: float, *, attempted: bool) -> None:
    """Let go of the run until `seconds` from now; `attempted` counts one attempt more."""
    due = timestamp(session.now + timedelta(seconds=seconds))
    attempt = run.attempt + attempted
    _set(session, run, status="waiting", due_at=due, attempt=attempt, claims=0, lease_by=None, lease_until=None)


def finish(session: Session, run: Run, status: str, says: str | None = None) -> None:
    """The run is over: `done`, `failed`, or `skipped` because there was nothing to do."""
    now = timestamp(session.now)
    free = {"due_at": None, "lease_by": None, "lease_until": None, "host": None}
    _set(session, run, status=status, says=says, step=None, finished_at=now, **free)


def journal(session: Session, run: Run) -> dict[str, Journalled]:
    """What was done so far, by step."""
    if run.step is None and run.attempt == 0:
        return {}
    wanted = sa.select(_s.key, _s.status, _s.prepared, _s.result).where(_s.run_id == run.id)
    return {
        row["key"]: Journalled(
            row["status"], json.loads(row["prepared"]) if row["prepared"] else None, json.loads(row["result"] or "{}")
        )
        for row in _rows(session, wanted)
    }


def note(
    session: Session,
    run: Run,
    key: str,
    position: int,
    action: str,
    status: str,
    says: str | None = None,
    *,
    result: Mapping[str, Any] | None = None,
    prepared: Mapping[str, Any] | None = None,
) -> None:
    """Write down how a step stands: `started` (a call is to be made), `retrying`, `done`, `failed` or `skipped`."""
    over = status not in {"started", "retrying"}
    values: dict[str, Any] = {"status": status, "says": says}
    if over:
        values |= {"finished_at": timestamp(session.now), "result": _json(result or {})}
    change = sa.update(run_steps).where(_s.run_id == run.id, _s.key == key).values(**values)
    if session.connection.execute(change).rowcount:
        return
    values |= {"run_id": run.id, "key": key, "position": position, "action": action, "attempts": "[]"}
    values |= {"started_at": timestamp(session.now), "prepared": None if prepared is None else _json(prepared)}
    session.connection.execute(sa.insert(run_steps).values(**values))


def note_attempt(session: Session, run: Run, key: str, status: int | None, milliseconds: int, says: str) -> None:
    """Add one attempt to reach somebody outside to the step's trace."""
    wanted = sa.select(_s.attempts).where(_s.run_id == run.id, _s.key == key)
    attempts = json.loads(session.connection.execute(wanted).scalar() or "[]")
    attempts.append(
        {"at": timestamp(session.now), "status": status, "milliseconds": milliseconds, "says": packed(says)}
    )
    change = sa.update(run_steps).where(_s.run_id == run.id, _s.key == key).values(attempts=json.dumps(attempts))
    session.connection.execute(change)


def lost_too_often(run: Run) -> str | None:
    """Why a run that keeps killing its worker is given up; None while it may go on."""
    if run.claims <= MAX_CLAIMS:
        return None
    return _("Given up: the worker broke off {count} times in the same step.", count=run.claims - 1)


def _set(session: Session, run: Run, **values: Any) -> None:
    session.connection.execute(sa.update(runs).where(_c.id == run.id).values(**values))


def _lease_end(session: Session) -> str:
    return timestamp(session.now + timedelta(seconds=LEASE_SECONDS))


def _rows(session: Session, wanted: sa.Select[Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in session.connection.execute(wanted).mappings()]


def _json(tree: Mapping[str, Any]) -> str:
    return json.dumps(tree, ensure_ascii=False)
