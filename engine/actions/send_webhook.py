"""Tell another system: a signed HTTPS POST, tried again over three days until it is taken."""

from __future__ import annotations

from datetime import datetime

from engine.actions import (
    Action,
    Done,
    Failed,
    NotSetUp,
    Options,
    Outcome,
    Retry,
    Skipped,
    Step,
    Words,
    Written,
    in_tree,
)
from engine.text import Text, _
from engine.webhooks import body_of, new_message_id


class SendWebhook(Action):
    label = _("Send a webhook")
    icon = "webhook"
    options = {
        "connection": {"$ref": "#/$defs/key"},
        "url": {"type": "string", "pattern": "^https?://", "maxLength": 2048},
        "event": {"type": "string", "pattern": "^[A-Za-z0-9_]+(\\.[A-Za-z0-9_]+)*$", "maxLength": 100},
        "body": True,
    }
    required = ("body",)
    external = True
    tells = frozenset({"status", "milliseconds"})

    def sentence(self, options: Options, words: Words) -> Text:
        where = words.connection(options["connection"]) if "connection" in options else options.get("url", "")
        return _("Send a webhook to {where}", where=where)

    def expressions(self, options: Options) -> list[Written]:
        return list(in_tree("/body", options["body"]))

    def prepare(self, options: Options, now: datetime) -> Options:
        """The message id and the body's text, the same for all attempts."""
        body = body_of(options["body"], options.get("event"), now)
        where = {name: options[name] for name in ("connection", "url") if name in options}
        return {**where, "id": new_message_id(), "body": body.decode()}

    def run(self, step: Step) -> Outcome:
        try:
            posted = step.post(step.options)
        except NotSetUp as error:
            return Skipped(error.says)
        if posted.verdict.delivered:
            return Done({"status": posted.status, "milliseconds": posted.milliseconds, "id": step.options["id"]})
        if posted.verdict.gone:
            return Failed(_("The receiver says that this address is gone for good."))
        if posted.verdict.wait is None:
            return Failed(_("Given up after the last attempt: {reason}", reason=posted.says))
        return Retry(posted.verdict.wait, posted.says)
