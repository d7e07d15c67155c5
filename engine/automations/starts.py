"""What starts runs: every committed change, seen in its own transaction, so that no reaction is ever lost.

A run is a row that is written together with the change that starts it.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine import notifications
from engine.access.principals import Principal
from engine.automations.watches import Watch, acting_for, began, know_conditions, set_state, watches_of
from engine.ids import new_ids
from engine.storage.automation_tables import automation_states, runs
from engine.storage.session import Session, timestamp
from engine.storage.stores import Stores
from engine.text import Text, _
from engine.triggers import ChangeKind

MAX_DEPTH = 5  # runs that led to one another
UNDO_CAUSE = "undo:"  # what is taken back happened already; it starts nothing a second time
RUN_CAUSE = "run:"

something_began = threading.Event()  # tells the worker of this process not to wait for its next look


@dataclass(frozen=True)
class _Begin:
    """A run to be: of which automation, for which record, and what that record held before."""

    watch: Watch
    record_id: str
    previous: Mapping[str, Any]


def attach(stores: Stores) -> None:
    """Let every workspace that is opened from now on start runs. Call it before the first one is opened."""
    stores.on_open(lambda workspace: workspace.observers.append(start_runs))


def start_runs(session: Session) -> None:
    """Write a run for each automation that the transaction's changes start. Called just before the commit."""
    watches = watches_of(session.layout)
    # An app that is installed or changed brings samples and converted values; they are no events.
    quiet = session.quiet or session.layout_changed or (session.cause or "").startswith(UNDO_CAUSE)
    know_conditions(session, watches, quiet)
    if not watches or not (session.changes or session.touched):
        return
    # Conditions come first and always: what matches now must be known, also when nothing may start.
    begins = [*_by_condition(session, watches), *_by_change(session, watches)]
    if begins and not quiet:
        paused = _paused(session)
        _write(session, [one for one in begins if one.watch.automation.enabled and one.watch.address not in paused])


def start(session: Session, watch: Watch, ids: Sequence[str]) -> list[str]:
    """Write a run for each of these records, of which nothing changed just now; the runs' ids."""
    return _write(session, [_Begin(watch, record_id, {}) for record_id in ids])


def pause(session: Session, automation: str, why: Text | None) -> None:
    """Let an automation start no more until it is resumed."""
    values = {"paused_at": timestamp(session.now), "paused_why": why}
    set_state(session, automation, values)


def _by_change(session: Session, watches: Iterable[Watch]) -> Iterator[_Begin]:
    gone = {change.record_id for change in session.changes if change.kind == "deleted"}
    by_table: dict[str, list[Watch]] = defaultdict(list)
    for watch in watches:
        if watch.condition is None:
            by_table[watch.table.address].append(watch)
    seen: set[tuple[str, str]] = set()
    for change in session.changes:
        for watch in by_table.get(change.table, ()):
            kind: ChangeKind = change.kind  # type: ignore[assignment]
            fields = {*change.before, *change.after}
            once = (watch.address, change.record_id)
            if (
                change.record_id in gone
                or once in seen
                or not watch.kind.starts(watch.automation.trigger, kind, fields)
            ):
                continue
            seen.add(once)
            yield _Begin(watch, change.record_id, change.before if kind == "updated" else {})


def _by_condition(session: Session, watches: list[Watch]) -> Iterator[_Begin]:
    for watch, record_id in began(session, watches):
        yield _Begin(watch, record_id, _before(session, watch.table.address, record_id))


def _before(session: Session, table: str, record_id: str) -> Mapping[str, Any]:
    """What the transaction first found in the fields of the record that it changed."""
    held: dict[str, Any] = {}
    for change in session.changes:
        if change.table == table and change.record_id == record_id and change.kind == "updated":
            held = {**change.before, **held}
    return held


def _paused(session: Session) -> set[str]:
    c = automation_states.c
    return set(session.connection.execute(sa.select(c.automation).where(c.paused_at.is_not(None))).scalars())


def _write(session: Session, begins: list[_Begin]) -> list[str]:
    if not begins:
        return []
    chain, caused_by = _led_here(session)
    now = timestamp(session.now)
    stopped = {one.watch.address: says for one in begins if (says := _stop(session, one.watch.address, chain))}
    people = {app: acting_for(session, app) for app in {one.watch.automation.app for one in begins}}
    revisions = {app: session.layout.apps[app].revision for app in people}
    ids = new_ids("run", len(begins))
    rows = [
        {
            "id": run_id,
            "automation": one.watch.address,
            "revision": revisions[one.watch.automation.app],
            "status": "stopped" if one.watch.address in stopped else "waiting",
            "says": stopped.get(one.watch.address),
            "table_address": one.watch.table.address,
            "record_id": one.record_id,
            "transaction_id": session.transaction_id,
            "user_id": people[one.watch.automation.app],
            "previous": json.dumps(one.previous),
            "chain": json.dumps(chain),
            "caused_by": caused_by,
            "attempt": 0,
            "claims": 0,
            "created_at": now,
            "due_at": None if one.watch.address in stopped else now,
            "finished_at": now if one.watch.address in stopped else None,
        }
        for run_id, one in zip(ids, begins, strict=True)
    ]
    session.connection.execute(sa.insert(runs), rows)
    session.after_commit(something_began.set)
    for automation, says in stopped.items():
        if automation in chain:
            pause(session, automation, says)
        owner = people[automation.partition(".")[0]]
        notifications.tell_once(session, [owner] if owner else [], says, automation)
    return ids


def _led_here(session: Session) -> tuple[list[str], str | None]:
    """The automations whose runs led to this transaction, first first, and who is behind all of it."""
    if not (session.cause or "").startswith(RUN_CAUSE):
        return [], _behind(session.principal)
    run_id = (session.cause or "").removeprefix(RUN_CAUSE)
    wanted = sa.select(runs.c.chain, runs.c.automation, runs.c.caused_by).where(runs.c.id == run_id)
    parent = session.connection.execute(wanted).one()
    return [*json.loads(parent.chain), parent.automation], parent.caused_by


def _behind(principal: Principal) -> str | None:
    """The person who acts, with what their token lets them; None for strangers and for the engine."""
    if principal.kind not in ("person", "token"):
        return None
    scope = principal.scope
    return json.dumps({"user": principal.user_id, "writes": scope.writes, "within": scope.within})


def _stop(session: Session, automation: str, chain: list[str]) -> Text | None:
    """Why a run must not start: automations that set each other off would never end."""
    label = session.layout.apps.automations[automation].label
    if automation in chain:
        way = " > ".join([*chain, automation])
        return _("{automation} is paused: it was started by its own effects ({way}).", automation=label, way=way)
    if len(chain) >= MAX_DEPTH:
        count = len(chain)
        return _(
            "{automation} was stopped: {count} automations in a row started each other.", automation=label, count=count
        )
    return None
