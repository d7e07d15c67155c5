"""The worker: a loop that goes on with runs that are due, calls those who asked to be called, and hands over mail.

Steps that write into the workspace run one after the other, each in its own transaction together with its journal
entry: exactly once. Calls to somebody outside run in threads, outside of any transaction, so that a receiver that
hangs holds up neither runs nor the database: at least once, and always with the same bytes.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

from engine import (
    account_mail,
    audit_purging,
    bases,
    files,
    indexes,
    mailboxes,
    notices,
    outbox,
    resets,
    retention,
    trash,
    workspaces,
)
from engine.actions import Failed, Retry
from engine.automations import progress, runs
from engine.automations.outside import Outside
from engine.automations.progress import BrokenOff, Call, Workplace
from engine.automations.runs import Run
from engine.automations.starts import something_began
from engine.automations.steps import Means
from engine.bases import working
from engine.egress import EgressFailed, send_mail
from engine.errors import Conflict, FormworkError, TookTooLong, Unavailable
from engine.hooks import notifying
from engine.ids import new_id
from engine.storage.session import timestamp
from engine.storage.stores import Store, Stores, Workspace
from engine.text import _
from engine.vault import CannotOpen

BATCH = 20
CALLERS = 16  # calls at the same time
CALLS_PER_HOST = 2  # so that one slow receiver cannot take all callers
POLL_SECONDS = 1.0
TEND_SECONDS = 20.0  # between looking after one workspace's indexes and trash
SWEEP_EVERY = timedelta(hours=1)
CONFLICT_SECONDS = 2.0
MAX_CONFLICTS = 5
# What says that the server is at fault, not the mail: the rest of the batch need not ask it too.
SERVER_TROUBLE = frozenset({"connect", "timeout", "tls"})

log = logging.getLogger("formwork.worker")


Act = Callable[[Workplace, Run], Run | Call | None]


def now() -> datetime:
    """The instant, with its zone."""
    return datetime.now(UTC)


class Worker:
    """Goes on with the runs of all workspaces. Any number of processes may have one, over one PostgreSQL database."""

    def __init__(self, stores: Stores, means: Means, clock: Callable[[], datetime] = now) -> None:
        self.id = new_id("wrk")
        self.stores = stores
        self.means = means
        self.clock = clock
        self._calling: Counter[str] = Counter()
        self._mailing: set[str] = set()
        self._at_bases: set[str] = set()  # workspaces in which a base is worked at
        self._stop = threading.Event()
        self._tended: dict[str, float] = {}  # workspace id -> when; for ever while under way
        # When each workspace, and what belongs to none, was looked through for what is old.
        self._swept: dict[str, datetime] = {}
        self._rounds = 0
        self._guard = threading.Lock()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set, then finish what is under way; what takes long is left for the next start."""
        self._stop = stop
        with ThreadPoolExecutor(CALLERS, thread_name_prefix="call") as callers:
            while not stop.is_set():
                something_began.clear()
                busy = [self._round(workspace_id, callers) for workspace_id in workspaces.directory(self.stores)]
                if not any([*busy, self._serve_accounts()]):
                    something_began.wait(POLL_SECONDS)

    def run_until_idle(self, workspace: Workspace) -> None:
        """Do everything that is due in one workspace, calls and mail included, before returning."""
        while self._work(workspace, None):
            pass

    def serve_accounts(self) -> int:
        """Answer those who forgot their password, tell people what happened to their accounts, and hand over the mail
        about accounts; how much that was.
        """
        answered = resets.answer(self.stores, self.means.vault, self.means.settings)
        answered += notices.send(self.stores, self.means.vault, self.means.settings, self.means.say)
        with self.stores.control.read() as session:
            due = (outbox.next_due(session) or "~") <= timestamp(self.clock())
        if due:
            answered += self._send_mails(self.stores.control, lambda mail: account_mail.opened(mail, self.means.vault))
            account_mail.clear_out(self.stores)
        self._clear_out_accounts()
        return answered

    def sweep(self, workspace: Workspace) -> int:
        """Delete for good what has been in the trash for as long as the settings say, once an hour; how many things."""
        now = self.clock()
        if workspace.id in self._swept and now - self._swept[workspace.id] < SWEEP_EVERY:
            return 0
        self._swept[workspace.id] = now
        before = timestamp(now - timedelta(days=self.means.settings.trash_days))
        gone = 0
        with workspace.read() as session:
            due = trash.count_due(session, before)
        while gone < due:  # in slices, so that others can write in between
            with workspace.write() as session:
                gone += trash.purge_due(session, before) or due
        self._clear_out(workspace, now)
        return min(gone, due)

    def look_into_mailboxes(self, workspace: Workspace) -> int:
        """Take in the mails of the mailboxes that are due; how many mailboxes that were."""
        return mailboxes.tend(workspace, self.means, self.clock)

    def _clear_out(self, workspace: Workspace, now: datetime) -> None:
        """Remove what is kept for a while only, in slices too."""
        keep, more = retention.Keep.of(self.means.settings), True
        while more:
            with workspace.write() as session:
                session.now = now
                more = retention.purge(session, keep)
        with workspace.read() as session:
            session.now = now
            files.sweep_folder(session)

    def _clear_out_accounts(self) -> None:
        """Let the oldest entries of the accounts' audit log go, once an hour."""
        now, keep = self.clock(), retention.Keep.of(self.means.settings).audit
        if keep is None or now - self._swept.get("", now - SWEEP_EVERY) < SWEEP_EVERY:
            return
        self._swept[""] = now
        more = True
        while more:
            with self.stores.control.write() as session:
                session.now = now
                more = audit_purging.purge(session, keep, retention.SLICE) == retention.SLICE

    def _serve_accounts(self) -> int:
        try:
            return self.serve_accounts()
        except FormworkError as error:
            log.warning("accounts: %s", error.says)
        except Exception:
            log.exception("accounts")
        return 0

    def _round(self, workspace_id: str, callers: ThreadPoolExecutor) -> int:
        try:
            workspace = self.stores.workspace(workspace_id)
            if time.monotonic() >= self._tended.get(workspace_id, 0) + TEND_SECONDS:
                self._tended[workspace_id] = math.inf
                callers.submit(self._tend, workspace)
            return self._work(workspace, callers)
        except FormworkError as error:  # the database is away, say: the others' runs go on
            log.warning("workspace %s: %s", workspace_id, error.says)
        except Exception:
            log.exception("workspace %s", workspace_id)
        return 0

    def _tend(self, workspace: Workspace) -> None:
        """Look after the trash, what is kept for a while, indexes and mailboxes: minutes, so in a thread of its own."""
        try:
            for tend in (self.sweep, indexes.tend, self.look_into_mailboxes):
                self._tended_by(tend, workspace)
        finally:
            self._tended[workspace.id] = time.monotonic()

    def _tended_by(self, tend: Callable[[Workspace], object], workspace: Workspace) -> None:
        try:
            tend(workspace)
        except FormworkError as error:
            log.warning("workspace %s: %s", workspace.id, error.says)
        except Exception:
            log.exception("workspace %s", workspace.id)

    def _work(self, workspace: Workspace, callers: ThreadPoolExecutor | None) -> int:
        """Take what is due and do it; how much that was. Calls go to `callers`, or are made here when None."""
        with workspace.read() as session:
            moment = timestamp(self.clock())
            runs_due = (runs.next_due(session) or "~") <= moment
            calls_due = (notifying.next_due(session) or "~") <= moment
            mails_due = (outbox.next_due(session) or "~") <= moment and workspace.id not in self._mailing
            base_due = (bases.next_due(session) or "~") <= moment and workspace.id not in self._at_bases
        claimed = self._claim(workspace) if runs_due else []
        for run in claimed:
            self._advance(workspace, run, callers)
        called = self._call_hooks(workspace, callers) if calls_due else 0
        done = len(claimed) + called
        if base_due:
            done += self._begin(workspace, self._at_bases, self._work_at_base, callers)
        if mails_due:
            done += self._begin(workspace, self._mailing, self._send_mails, callers)
        return done

    def _begin(
        self,
        workspace: Workspace,
        busy: set[str],
        act: Callable[[Workspace], int],
        callers: ThreadPoolExecutor | None,
    ) -> int:
        """Do what may take long in a thread of its own, once at a time, or here where there are no `callers`."""
        if callers is None:
            return act(workspace)
        busy.add(workspace.id)
        callers.submit(self._do_apart, workspace, busy, act)
        return 0

    def _do_apart(self, workspace: Workspace, busy: set[str], act: Callable[[Workspace], int]) -> None:
        try:
            act(workspace)
        except Exception:
            log.exception("workspace %s", workspace.id)
        finally:
            busy.discard(workspace.id)

    def _work_at_base(self, workspace: Workspace) -> int:
        """Fetch a base, or bring one in; whether there was one."""
        builders = partial(workspaces.builders, self.stores, workspace.id)
        return int(working.work(workspace, self.means, self.id, builders, stopping=self._stop.is_set))

    def _call_hooks(self, workspace: Workspace, callers: ThreadPoolExecutor | None) -> int:
        """Call those who asked to be called; how many calls were taken up."""
        with workspace.write() as session:
            session.now = self.clock()
            due = notifying.claim(session, self.id, BATCH)
        told = workspaces.builders(self.stores, workspace.id) if due else set()
        for notice in due:
            if notice.made_by not in told:
                with workspace.write() as session:
                    notifying.give_up(session, notice)
            elif callers is None:
                self._notify(workspace, notice)
            elif self._may_call(notice.host):
                callers.submit(self._notify_and_release, workspace, notice)
            else:
                with workspace.write() as session:
                    session.now = self.clock()
                    notifying.put_off(session, self.id, notice)
        return len(due)

    def _notify(self, workspace: Workspace, notice: notifying.Notice) -> None:
        """Make a call, outside of any transaction, then write down what came of it."""
        result = notifying.call(self.means, notice, self.clock)
        with workspace.write() as session:
            session.now = self.clock()
            notifying.note(session, self.id, notice, result)

    def _notify_and_release(self, workspace: Workspace, notice: notifying.Notice) -> None:
        try:
            self._notify(workspace, notice)
        except Exception:
            log.exception("hook %s", notice.id)
        finally:
            self._release(notice.host)

    def _claim(self, workspace: Workspace) -> list[Run]:
        with self._guard:
            full = sum(self._calling.values()) >= CALLERS
            busy = {host for host, count in self._calling.items() if count >= CALLS_PER_HOST}
        with workspace.write() as session:
            session.now = self.clock()
            self._rounds += 1  # every other round looks after lost runs first, so that new ones cannot starve them
            return runs.claim(session, self.id, BATCH, busy, calls=not full, lost=self._rounds % 2 == 0)

    def _advance(self, workspace: Workspace, run: Run, callers: ThreadPoolExecutor | None) -> None:
        """Go on with a run until it ends, waits, or calls somebody."""
        following: Run | Call | None = run
        while isinstance(following, Run):
            following = self._guarded(workspace, following, progress.go_on)
        if following is None:
            return
        if callers is None:
            self._make(workspace, following, None)
        elif self._may_call(following.host):
            callers.submit(self._called, workspace, following, callers)
        else:
            self._guarded(workspace, following.run, _let_go)

    def _may_call(self, host: str) -> bool:
        with self._guard:
            if self._calling[host] >= CALLS_PER_HOST or sum(self._calling.values()) >= CALLERS:
                return False
            self._calling[host] += 1
            return True

    def _called(self, workspace: Workspace, call: Call, callers: ThreadPoolExecutor) -> None:
        try:
            self._make(workspace, call, callers)
        except Exception:
            log.exception("call of run %s", call.run.id)
        finally:
            self._release(call.host)

    def _release(self, host: str) -> None:
        """Somebody who was called can be called again."""
        with self._guard:
            self._calling[host] -= 1
            self._calling += Counter()  # drops hosts that are not called any more
        something_began.set()

    def _make(self, workspace: Workspace, call: Call, callers: ThreadPoolExecutor | None) -> None:
        """Make a call, outside of any transaction, then write down what came of it and go on."""
        outside = Outside(self.means, workspace, call, self.clock)
        outcome = outside.outcome()

        def note(place: Workplace, _run: Run) -> Run | None:
            return progress.called(place, call, outcome, outside.tried)

        following = self._guarded(workspace, call.run, note)
        if isinstance(following, Run):
            self._advance(workspace, following, callers)

    def _guarded(self, workspace: Workspace, run: Run, act: Act) -> Run | Call | None:
        """What `act` does with the run in one transaction, if the run is still ours; trouble delays or ends it."""
        try:
            return self._within(workspace, run, act)
        except BrokenOff as found:
            broken = found
        except Conflict as conflict:
            again = run.attempt < MAX_CONFLICTS
            wait = CONFLICT_SECONDS * (run.attempt + 1)
            broken = BrokenOff(run.step, Retry(wait, conflict.says) if again else Failed(conflict.says))
        except Unavailable:
            raise
        except TookTooLong as error:
            broken = BrokenOff(run.step, Failed(error.says))
        except Exception:
            log.exception("run %s", run.id)
            says = _("Something went wrong inside Formwork. The operator finds it in the log.")
            broken = BrokenOff(run.step, Failed(says))
        return self._within(workspace, run, lambda place, run: progress.break_off(place, run, broken))

    def _within(self, workspace: Workspace, run: Run, act: Act) -> Run | Call | None:
        with workspace.write(run.principal, run.cause) as session:
            session.now = self.clock()
            if not runs.is_mine(session, run, self.id):
                return None
            return act(Workplace(session, self.means), run)

    def _send_mails(self, store: Store, opened: Callable[[outbox.Mail], outbox.Mail] = lambda mail: mail) -> int:
        """Hand over the mails that are due; how many that were."""
        with store.write() as session:
            session.now = self.clock()
            most = self.means.settings.mails_a_day if isinstance(store, Workspace) else 0
            mails = outbox.claim(session, self.id, min(BATCH, outbox.room(session, most)) if most else BATCH)
        failure: EgressFailed | None = None
        for mail in mails:
            if failure is None or failure.kind not in SERVER_TROUBLE:
                failure = self._send(mail, opened)
            with store.write() as session:
                session.now = self.clock()
                outbox.note(session, self.id, mail, failure)
        return len(mails)

    def _send(self, mail: outbox.Mail, opened: Callable[[outbox.Mail], outbox.Mail]) -> EgressFailed | None:
        try:
            send_mail(outbox.message_of(opened(mail), self.means.settings), self.means.settings)
        except CannotOpen as error:  # sealed with a key that is gone: nobody can send it any more
            return EgressFailed("rejected", str(error), permanent=True)
        except EgressFailed as failure:
            log.warning("mail %s: %s %s", mail.id, failure.kind, failure.detail)
            return failure
        return None


def _let_go(place: Workplace, run: Run) -> None:
    """Another worker, or this one later, makes the call that cannot be made now."""
    runs.wait(place.session, run, 0, attempted=False)
