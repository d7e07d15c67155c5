"""A record was created."""

from __future__ import annotations

from engine.actions import Words
from engine.text import Text, _
from engine.triggers import Options, Trigger


class RecordCreated(Trigger):
    label = _("When a record is created")
    icon = "square-plus"
    options = {"table": {"type": "string", "minLength": 1}}
    required = ("table",)
    watches = frozenset({"created"})

    def sentence(self, options: Options, words: Words) -> Text:
        return _("When a record is created in {table}", table=words.table(options["table"]))
