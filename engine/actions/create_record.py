"""Create a record in any table of the workspace."""

from __future__ import annotations

from engine.actions import Action, Done, Options, Outcome, Step, Words, Written, in_values
from engine.text import Text, _


class CreateRecord(Action):
    label = _("Create a record")
    icon = "plus"
    options = {
        "table": {"type": "string", "minLength": 1},
        "values": {"type": "object", "propertyNames": {"$ref": "#/$defs/key"}},
    }
    required = ("table", "values")
    writes = True

    def sentence(self, options: Options, words: Words) -> Text:
        return _("Create a record in {table}", table=words.table(options["table"]))

    def expressions(self, options: Options) -> list[Written]:
        return list(in_values(options["values"]))

    def run(self, step: Step) -> Outcome:
        return Done({"id": step.create_record(step.options["table"], step.options["values"])})
