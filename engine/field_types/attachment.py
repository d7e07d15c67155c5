"""Files: pictures, documents, whatever belongs to a record. The value is a list of ids of files that were brought."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from engine.content_types import KINDS
from engine.field_types import FieldType, FileFacts, Input, InvalidValue, Options, Value
from engine.text import _

MAX_FILES = 100  # of one field of one record
_ID = re.compile(r"att[0-9A-Za-z]{14}")


class Attachment(FieldType):
    label = _("Attachments")
    icon = "paperclip"
    holds = "files"
    listed = True
    can_be_unique = False
    options = {
        "max": {
            "type": "integer",
            "minimum": 1,
            "maximum": MAX_FILES,
            "description": "How many files the field may hold; 100 unless said.",
        },
        "kinds": {
            "type": "array",
            "items": {"enum": list(KINDS)},
            "minItems": 1,
            "uniqueItems": True,
            "description": "Which kinds of files it takes, decided from their bytes; every kind unless said.",
        },
    }

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {
            "type": "array",
            "items": {"type": "string", "pattern": "^att[0-9A-Za-z]{14}$"},
            "maxItems": options.get("max", MAX_FILES),
        }

    def accept(self, value: Value, options: Options) -> Value:
        listed = value if isinstance(value, list) else [value]
        # Programs send back what they were given: objects with an id.
        ids = [one.get("id") if isinstance(one, Mapping) else one for one in listed]
        if not all(isinstance(one, str) and _ID.fullmatch(one) for one in ids):
            raise InvalidValue(_("must be files that were uploaded here"))
        most = options.get("max", MAX_FILES)
        if len(set(ids)) > most:
            raise InvalidValue(_("may hold at most {most} files", most=most))
        return list(dict.fromkeys(ids))

    def read(self, text: str, options: Options) -> Value:
        return self.accept([part.strip() for part in text.split(",") if part.strip()], options)

    def typed(self, value: Value, options: Options) -> str:
        return ", ".join(value)

    def display(self, value: Value, options: Options, language: str) -> str:
        return ", ".join(value) if isinstance(value, list) else str(value)

    def judge(self, files: Sequence[FileFacts], options: Options) -> None:
        """Whether the field takes these files; raises `InvalidValue`."""
        allowed = options.get("kinds")
        for one in files:
            if allowed and one.kind not in allowed:
                labels = ", ".join(str(KINDS[key].label) for key in allowed)
                raise InvalidValue(_("does not take {name}, only: {kinds}", name=one.filename, kinds=labels))

    def input(self, options: Options) -> Input:
        attributes = {"max": options.get("max", MAX_FILES), "kinds": list(options.get("kinds", ()))}
        return Input("attachment", attributes=attributes, in_lines=False)
