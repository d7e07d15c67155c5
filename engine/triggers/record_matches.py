"""A record begins to satisfy a condition: it is created so, or changed until it does."""

from __future__ import annotations

from typing import Any

from engine.actions import Words
from engine.text import Text, _
from engine.triggers import Options, Trigger


class RecordMatches(Trigger):
    label = _("When a record begins to match a condition")
    icon = "filter-check"
    options = {"table": {"type": "string", "minLength": 1}, "where": {"$ref": "#/$defs/condition"}}
    required = ("table", "where")
    watches = frozenset({"created", "updated"})

    def sentence(self, options: Options, words: Words) -> Text:
        return _("When a record in {table} begins to match a condition", table=words.table(options["table"]))

    def condition(self, options: Options) -> Any:
        return options["where"]
