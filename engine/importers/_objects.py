"""Records that come as JSON objects: their members are columns, their values cells of text, to the last digit."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from engine.field_types import join_list
from engine.text import Text, _

_HALF = re.compile("[\ud800-\udfff]")
MAX_CELL = 100_000  # characters, as much as a long text holds


def object_in(text: str) -> dict[str, Any] | Text:
    """The object in a text, its numbers spelled as they were; or why there is none."""
    try:
        found = json.loads(text, parse_float=str, parse_int=str, parse_constant=wordy)
    except (ValueError, RecursionError):
        return _("This line is no JSON.")
    return found if isinstance(found, dict) else _("This line is no JSON object.")


def cells_of(found: dict[str, Any], columns: Sequence[str]) -> list[str]:
    """A cell for each column."""
    return [_text(found.get(name)) for name in columns]


def trouble_with(cells: Sequence[str]) -> Text | None:
    """Why no field can keep one of the cells."""
    for number, cell in enumerate(cells, 1):
        if len(cell) > MAX_CELL:
            return _("Cell {number} has {length} characters; {limit} is the most.",
                     number=number, length=len(cell), limit=MAX_CELL)  # fmt: skip
        if "\0" in cell:
            return _("This line holds a NUL character, which no field can keep.")
        if _HALF.search(cell):
            return _("This line holds half a character (an escape such as \\ud83d alone).")
    return None


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return join_list(value)
    return json.dumps(value, ensure_ascii=False)


def wordy(word: str) -> Any:
    """A word where JSON has numbers: NaN, Infinity. Raises ValueError."""
    raise ValueError(word)
