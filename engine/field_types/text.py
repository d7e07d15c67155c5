"""One line of text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Any

from engine import patterns
from engine.field_types import FieldType, Input, InvalidValue, Options, Value, clean_text
from engine.patterns import MAX_LENGTH as MAX_PATTERN
from engine.text import Label, _
from engine.text import Text as Says

MAX_LENGTH = 10_000


class Text(FieldType):
    label = _("Text")
    icon = "letter-case"
    groups = True  # offices, series, industries are often typed, and few
    options = {
        "min_length": {"type": "integer", "minimum": 1, "maximum": MAX_LENGTH, "description": "Characters, at least."},
        "max_length": {"type": "integer", "minimum": 1, "maximum": MAX_LENGTH, "description": "Characters, at most."},
        "pattern": {
            "type": "string",
            "maxLength": MAX_PATTERN,
            "description": "A pattern (as of REGEX_MATCH) that must be found in the text; `^...$` for the whole of it.",
        },
        "message": {"$ref": "#/$defs/label", "description": "What to say of a text that lacks the pattern."},
    }

    def problems(self, options: Options, fields: Collection[str]) -> Iterator[tuple[str, Says]]:
        if options.get("min_length", 0) > options.get("max_length", MAX_LENGTH):
            yield "min_length", _("This is more than `max_length`.")
        if "message" in options and "pattern" not in options:
            yield "message", _("There is no `pattern` that it could be about.")

    def value_schema(self, options: Options) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "string", "maxLength": options.get("max_length", MAX_LENGTH)}
        if "min_length" in options:
            schema["minLength"] = options["min_length"]
        if "pattern" in options:
            schema["pattern"] = options["pattern"]
        return schema

    def accept(self, value: Value, options: Options) -> Value:
        if not isinstance(value, str):
            raise InvalidValue(_("must be a text"))
        text = clean_text(value)
        longest, shortest = options.get("max_length", MAX_LENGTH), options.get("min_length", 0)
        if len(text) > longest:
            raise InvalidValue(
                _("may have at most {longest} characters, not {count}", longest=longest, count=len(text))
            )
        if len(text) < shortest:
            raise InvalidValue(
                _("must have at least {shortest} characters, not {count}", shortest=shortest, count=len(text))
            )
        if "pattern" in options and not _is_found(options["pattern"], text):
            if "message" in options:
                raise InvalidValue(_("is not right: {message}", message=_clause(options["message"])))
            raise InvalidValue(_("does not have the form that is asked for"))
        return text

    def input(self, options: Options) -> Input:
        return Input("text", attributes={"max_length": options.get("max_length", MAX_LENGTH)})


@lru_cache(maxsize=512)
def _compiled(text: str) -> tuple[re.Pattern[str], int]:
    pattern = patterns.read(text)
    return re.compile(pattern.python, re.ASCII), pattern.longest


def _is_found(text: str, within: str) -> bool:
    """Whether the pattern is in a text. It never takes long: what is too long for it does not have it."""
    pattern, longest = _compiled(text)
    return len(within) <= longest and pattern.search(within) is not None


def _clause(message: Label) -> Label:
    """The message without the full stop that the sentence around it has."""
    if isinstance(message, str):
        return message.rstrip(".。")
    return {language: text.rstrip(".。") for language, text in message.items()}
