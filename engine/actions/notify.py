"""Put a message into people's inbox in the app."""

from __future__ import annotations

from engine.actions import (
    Action,
    Done,
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


class Notify(Action):
    label = _("Notify people")
    icon = "bell"
    options = {
        "to": {"anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "items": {"type": "string"}}]},
        "message": {"$ref": "#/$defs/label"},
        "link": {"type": "boolean"},
    }
    required = ("to", "message")

    def sentence(self, options: Options, words: Words) -> Text:
        to = options["to"]
        return _("Notify {to}", to=", ".join(to) if isinstance(to, list) else to)

    def expressions(self, options: Options) -> list[Written]:
        return [*in_tree("/to", options["to"], "users"), *in_messages(options, "message")]

    def run(self, step: Step) -> Outcome:
        people = listed(step.options["to"])
        if not people:
            return Skipped(_("There is nobody to notify."))
        told = step.notify(people, step.options["message"], link=bool(step.options.get("link")))
        return Done({"users": told}) if told else Skipped(_("Nobody of them belongs to this workspace."))
