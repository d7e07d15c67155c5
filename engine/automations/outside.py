"""A step that calls somebody outside: made of what was prepared, outside of any transaction."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from engine import audit, connections
from engine.access import door
from engine.access.principals import Principal
from engine.actions import Failed, NotSetUp, Options, Outcome, Posted, Skipped, actions
from engine.addresses import EgressRefused
from engine.automations.progress import Call
from engine.automations.steps import Means
from engine.egress import Egress, EgressFailed
from engine.errors import FormworkError
from engine.storage.stores import Workspace
from engine.text import _
from engine.webhooks import after_answer, after_failure, body_of, headers, new_message_id

log = logging.getLogger("formwork.webhooks")


class Message(NamedTuple):
    """What goes over the line: the same id and bytes at each attempt, the first of which is number 1."""

    id: str
    body: bytes
    attempt: int


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
        message = Message(options["id"], options["body"].encode(), run.attempt + 1)
        self.tried = _deliver(
            self._workspace, run.principal, self._means.egress, endpoint, message, self._clock, f"run {run.id}"
        )
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


def try_out(workspace: Workspace, principal: Principal, means: Means, app: str, name: str) -> Posted:
    """Send a test message over a connection, in the way in which runs send theirs, once.

    Raises NotSetUp, Forbidden, EgressRefused for a URL that is itself at fault.
    """
    with workspace.read(principal) as session:
        door.enter_builder(principal)
        endpoint = connections.endpoint(session, means.vault, app, name)
        made_at = session.now
    content = {"app": app, "connection": name, "message": str(_("This is a test. Nothing has happened."))}
    message = Message(new_message_id(), body_of(content, "formwork.test", made_at), 1)
    what = f"test of {app}.{name}"
    return _deliver(workspace, principal, means.egress, endpoint, message, lambda: datetime.now(UTC), what)


def _deliver(
    workspace: Workspace,
    principal: Principal,
    egress: Egress,
    endpoint: connections.Endpoint,
    message: Message,
    clock: Callable[[], datetime],
    what: str,
) -> Posted:
    """One attempt. Raises EgressRefused for a URL that is itself at fault; all else is what came of it."""
    sent = headers(message.id, clock(), message.body, endpoint.secrets)
    started = time.monotonic()
    try:
        answer = egress.post(endpoint.url, message.body, sent)
    except (EgressFailed, EgressRefused) as error:
        if error.kind == "url":
            raise
        # The class of failure is for the operator: a builder could map our network with it.
        log.warning("%s: %s %s", what, error.kind, getattr(error, "detail", ""))
        if isinstance(error, EgressRefused):
            audit.note_egress(workspace, principal, endpoint.url)
        took = round((time.monotonic() - started) * 1000)
        return Posted(after_failure(message.attempt), None, took, error.says)
    verdict = after_answer(answer.status, answer.headers, message.attempt, clock())
    says = _("The receiver answered {status}.", status=answer.status)
    return Posted(verdict, answer.status, answer.milliseconds, says)


def _needs_transaction() -> TypeError:
    return TypeError("an action that writes into the workspace must say external = False")
