"""A record was changed: any of its fields, or chosen ones."""

from __future__ import annotations

from collections.abc import Set

from engine.actions import Words
from engine.text import Text, _
from engine.triggers import ChangeKind, Options, Trigger


class RecordUpdated(Trigger):
    label = _("When a record is changed")
    icon = "pencil"
    options = {"table": {"type": "string", "minLength": 1}, "fields": {"$ref": "#/$defs/keys"}}
    required = ("table",)
    watches = frozenset({"updated"})

    def sentence(self, options: Options, words: Words) -> Text:
        table = options["table"]
        names = ", ".join(words.field(table, key) for key in self.fields(options))
        if names:
            return _("When {fields} of a record in {table} changes", fields=names, table=words.table(table))
        return _("When a record in {table} is changed", table=words.table(table))

    def fields(self, options: Options) -> list[str]:
        return list(options.get("fields", ()))

    def starts(self, options: Options, kind: ChangeKind, fields: Set[str]) -> bool:
        wanted = self.fields(options)
        return kind in self.watches and (not wanted or not fields.isdisjoint(wanted))
