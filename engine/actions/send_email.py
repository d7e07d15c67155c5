"""Send a mail, one to each address."""

from __future__ import annotations

from engine.actions import (
    Action,
    Done,
    Failed,
    Options,
    Outcome,
    Skipped,
    Step,
    Words,
    Written,
    in_messages,
    in_tree,
    listed,
)
from engine.text import Text, _

MAX_RECIPIENTS = 50
MAX_SUBJECT = 250


class SendEmail(Action):
    label = _("Send an e-mail")
    icon = "mail"
    options = {
        "to": {"anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "items": {"type": "string"}}]},
        "subject": {"$ref": "#/$defs/label"},
        "message": {"$ref": "#/$defs/label"},
    }
    required = ("to", "subject", "message")

    def sentence(self, options: Options, words: Words) -> Text:
        to = options["to"]
        return _("Send an e-mail to {to}", to=", ".join(to) if isinstance(to, list) else to)

    def expressions(self, options: Options) -> list[Written]:
        return [*in_tree("/to", options["to"], "addresses"), *in_messages(options, "subject", "message")]

    def run(self, step: Step) -> Outcome:
        addresses = listed(step.options["to"])
        if not addresses:
            return Skipped(_("There is no address to send to."))
        if len(addresses) > MAX_RECIPIENTS:
            return Failed(_("A mail may go to {limit} addresses at most.", limit=MAX_RECIPIENTS))
        # A line break in a subject would be the start of another header.
        subject = " ".join(step.options["subject"].split())[:MAX_SUBJECT]
        return Done({"mails": step.deliver_mail(addresses, subject, step.options["message"])})
