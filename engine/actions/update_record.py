"""Change fields of a record: the trigger's own, or another one."""

from __future__ import annotations

from engine.actions import Action, Done, Failed, Options, Outcome, Skipped, Step, Words, Written, in_tree, in_values
from engine.text import Text, _


class UpdateRecord(Action):
    label = _("Change a record")
    icon = "edit"
    options = {
        "table": {"type": "string"},
        "record": {"$ref": "#/$defs/expression"},
        "values": {"type": "object", "minProperties": 1, "propertyNames": {"$ref": "#/$defs/key"}},
    }
    required = ("values",)
    writes = True

    def sentence(self, options: Options, words: Words) -> Text:
        table = options.get("table")
        names = ", ".join(words.field(table, key) for key in options["values"])
        if "record" in options:
            return _("Change {fields} of a record in {table}", fields=names, table=words.table(table))
        return _("Change {fields} of the record", fields=names)

    def expressions(self, options: Options) -> list[Written]:
        return [*in_tree("/record", options.get("record"), "record"), *in_values(options["values"])]

    def run(self, step: Step) -> Outcome:
        table = step.options.get("table") or step.table
        if "record" not in step.options and table != step.table:
            return Failed(_("The step names a table but not which of its records to change."))
        record = step.options.get("record", step.record_id)
        if not record:
            return Skipped(_("There is no record to change."))
        changed = step.update_record(table, record, step.options["values"])
        return Done({"id": record, "changed": changed})
