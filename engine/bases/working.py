"""What a worker does for a base: fetch it and say what it becomes; or bring its files, then all of it at once.

Whoever dies at it leaves it where it is, on the disk and in the store, and another goes on there.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine import apps, audit, going_on, people
from engine.access.principals import Principal, person
from engine.automations.steps import Means
from engine.bases import bringing, facts, keeping, looking, planning, telling
from engine.bases.asking import Asker
from engine.bases.attached import Files
from engine.bases.fetched import Fetched
from engine.bases.keeping import BaseImport
from engine.errors import Forbidden, FormworkError, Refused
from engine.files import Limits
from engine.storage import workspace_tables
from engine.storage.session import Session, again, timestamp
from engine.storage.stores import Workspace
from engine.text import Text, _

HOLD_SECONDS = 20.0  # between two signs of life

log = logging.getLogger("formwork.bases")


class Stopped(Exception):
    """The worker is to end, or somebody else has it: it is left as it is."""


@dataclass
class Job:
    """One worker at one base."""

    workspace: Workspace
    means: Means
    worker: str
    held: BaseImport
    principal: Principal
    stopping: Callable[[], bool]
    tell: Callable[[int], None]
    note: Callable[[int], None]  # raises `Conflict` when somebody cancelled it
    _count: int = 0
    _held_at: float = 0.0

    @property
    def fetched(self) -> Fetched:
        """What was fetched of it."""
        return Fetched(self.workspace, self.held.id)

    def alive(self) -> None:
        """Give a sign of life. Raises `Stopped`, and `Conflict` when somebody cancelled it."""
        self.come_to(self._count)
        if time.monotonic() - self._held_at < HOLD_SECONDS:
            return
        self._held_at = time.monotonic()
        with self.workspace.write() as session:
            if not keeping.hold(session, self.worker, self.held.id):
                raise Stopped

    def come_to(self, count: int) -> None:
        """So many records and files are done. Raises as `alive` does."""
        if self.stopping():
            raise Stopped
        self._count = count
        self.note(count)
        self.tell(count)

    def asker(self) -> Asker:
        """Who asks the other side for it."""
        with self.workspace.read() as session:
            token = keeping.token_of(session, self.means.vault, self.held.id)
        return Asker.of(self.means.settings, self.means.egress, token, self.alive)


def work(
    workspace: Workspace,
    means: Means,
    worker: str,
    builders: Callable[[], Collection[str]],
    *,
    only: str = "",
    stopping: Callable[[], bool] = lambda: False,
    tell: Callable[[int], None] = lambda _count: None,
) -> bool:
    """Do what one base that is due waits for; False when none is. `builders`: the ids of who may build here.

    What goes wrong is kept with the import.
    """
    with workspace.write() as session:
        held = keeping.claim(session, worker, only)
        if held is None:
            return False
        role = people.role_of(session, held.created_by)
    who = person(held.created_by, role)
    job = Job(workspace, means, worker, held, who, stopping, tell, lambda _count: None)
    path = keeping.path_of(workspace, held.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        if held.created_by not in builders():
            raise Forbidden(_("Whoever began this may not build here any more."))
        with going_on.told(path) as job.note:
            job.come_to(0)
            _fetch(job) if held.state == "fetching" else _bring(job)
    except Stopped:
        _let_go(job)
    except FormworkError as error:
        says = error.problems[0].says if isinstance(error, Refused) and error.problems else error.says
        _fail(job, says)
    except Exception:
        log.exception("base %s", held.id)
        _fail(job, _("Something went wrong on our side. What you saved before is safe. Try again."))
    return True


def _fetch(job: Job) -> None:
    held, fetched = job.held, job.fetched
    looking.fetch(job.asker(), held.base or "", fetched, job.come_to)
    found = facts.facts_of(fetched)
    with job.workspace.read(job.principal) as session:
        document = _made(session, held, fetched, found)
    with job.workspace.write() as session:
        if keeping.hold(session, job.worker, held.id):
            keeping.change(session, held.id, state="fetched", plan=document, lease_until=None)


def _made(session: Session, held: BaseImport, fetched: Fetched, found: facts.Facts) -> dict[str, Any]:
    c = workspace_tables.revisions.c
    ever = set(session.connection.execute(sa.select(c.app).distinct()).scalars())  # also of apps in the trash
    taken = ever | set(session.layout.apps)
    made = planning.plan(
        fetched, found, held.base or "", held.name or "", taken, lambda document: apps.check(session, document)
    )
    told = telling.told(made, fetched, found, people.everybody(session))
    return told if held.into is None else _as_before(session, held, told)


def _as_before(session: Session, held: BaseImport, told: dict[str, Any]) -> dict[str, Any]:
    """The plan for an app that is here: what came before comes again into the same fields, and nothing else."""
    before = keeping.last_plan(session, held.base or "", held.into or "")
    tables = {one["id"]: one for one in before["tables"]}
    for one in told["tables"]:
        known = tables.get(one["id"])
        fields = {each["id"]: each for each in known["fields"]} if known else {}
        one |= {"key": known["key"], "there": known["there"]} if known else {"key": "", "there": ""}
        one["fields"] = [telling.as_before(each, fields.get(each["id"])) for each in one["fields"]]
    return {**told, "document": before["document"]}


def _bring(job: Job) -> None:
    held, fetched, settings = job.held, job.fetched, job.means.settings
    plan = held.plan or {}
    limits = Limits(settings.upload_mb * 2**20, settings.files_gb * 2**30)
    brought = Files(job.workspace, job.principal, job.asker(), held.base or "", fetched, limits, job.come_to)
    brought.bring(plan, held.into or plan["document"]["key"])

    def come_to(count: int) -> None:
        job.come_to(plan["files"] + count)

    def act() -> None:
        with job.workspace.write(job.principal, cause=f"import:{held.id}") as session:
            if not keeping.hold(session, job.worker, held.id):
                raise Stopped
            outcome = bringing.bring(session, plan, fetched, brought.ids, held.into, come_to)
            _finish(session, held, outcome, brought)

    again(act)


def _finish(session: Session, held: BaseImport, outcome: bringing.Outcome, brought: Files) -> None:
    outcome.told.update(brought.lost)
    files = sum(1 for here in brought.ids.values() if here)
    records = sum(one["new"] + one["changed"] for one in outcome.records.values())
    says = _("brought in the base {name}: {count} records", name=held.name, count=records)
    audit.note(session, "base.brought", says, app=outcome.app, base=held.base)
    keeping.change(
        session,
        held.id,
        state="done",
        outcome={**outcome.as_json(), "files": files},
        app=outcome.app,
        token=None,
        transaction_id=session.transaction_id,
        finished_at=timestamp(session.now),
        lease_until=None,
        says=None,
    )
    keeping.forget_fetched(session, held.id)


def _fail(job: Job, says: Text | str) -> None:
    with job.workspace.write() as session:
        if keeping.hold(session, job.worker, job.held.id):
            keeping.change(session, job.held.id, state="failed", says=says, lease_until=None)


def _let_go(job: Job) -> None:
    with job.workspace.write() as session:
        if keeping.hold(session, job.worker, job.held.id):
            keeping.change(session, job.held.id, lease_until=None)
