"""A step that calls somebody outside: made of what was prepared, outside of any transaction."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from engine import connections
from engine.actions import Failed, NotSetUp, Options, Outcome, Posted, Skipped, actions
from engine.addresses import EgressRefused
from engine.egress import EgressFailed
from engine.errors import FormworkError
from engine.run_progress import Call
from engine.run_steps import Means
from engine.storage.stores import Workspace
from engine.text import _
from engine.webhooks import after_answer, after_failure, headers

log = logging.getLogger("formwork.webhooks")


class Outside:
    """The verbs of a step that calls. `tried` is what came of its call, None while there was none."""

    def __init__(self, means: Means, workspace: Workspace, call: Call, clock: Callable[[], datetime]) -> None:
        self.options: Options = call.prepared
        self.table = call.run.table_address
        self.record_id = call.run.record_id
        self.tried: Posted | None = None
        self._means = means
        self._workspace = workspace
        self._call = call
        self._clock = clock

    def outcome(self) -> Outcome:
        """Run the action and say what came of it, whatever it was."""
        try:
            return actions[self._call.action].run(self)
        except NotSetUp as error:
            return Skipped(error.says)
        except FormworkError as error:
            return Failed(error.says)

    def post(self, options: Options) -> Posted:
        """See `engine.actions.Step`."""
        run = self._call.run
        name = str(options.get("connection") or options.get("url"))
        with self._workspace.read(run.principal) as session:
            session.now = self._clock()
            endpoint = connections.endpoint(session, self._means.vault, run.app, name)
        body = options["body"].encode()
        attempt = run.attempt + 1
        sent = headers(options["id"], self._clock(), body, endpoint.secrets)
        started = time.monotonic()
        try:
            answer = self._means.egress.post(endpoint.url, body, sent)
        except (EgressFailed, EgressRefused) as error:
            if error.kind == "url":
                raise
            # The class of failure is for the operator: a builder could map our network with it.
            log.warning("run %s: %s %s", run.id, error.kind, getattr(error, "detail", ""))
            took = round((time.monotonic() - started) * 1000)
            self.tried = Posted(after_failure(attempt), None, took, error.says)
        else:
            verdict = after_answer(answer.status, answer.headers, attempt, self._clock())
            says = _("The receiver answered {status}.", status=answer.status)
            self.tried = Posted(verdict, answer.status, answer.milliseconds, says)
        return self.tried

    def create_record(self, table: str, values: Mapping[str, Any]) -> str:
        """Records are written inside of transactions."""
        raise _needs_transaction()

    def update_record(self, table: str, record_id: str, values: Mapping[str, Any]) -> bool:
        """Records are written inside of transactions."""
        raise _needs_transaction()

    def notify(self, user_ids: Sequence[str], message: str, *, link: bool) -> list[str]:
        """Inboxes are written inside of transactions."""
        raise _needs_transaction()

    def deliver_mail(self, to: Sequence[str], subject: str, text: str) -> list[str]:
        """The outbox is written inside of transactions."""
        raise _needs_transaction()


def _needs_transaction() -> TypeError:
    return TypeError("an action that writes into the workspace must say external = False")
