"""Tables of plain text: aligned, numbers (`Figure`, too) on the right, wide characters counted as two."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from engine.showing import Figure
from engine.text import harmless

LONGEST = 60  # columns of the screen for one cell; `--json` has the whole text
GAP = "  "


def aligned(headings: Iterable[str], rows: Sequence[Sequence[Any]]) -> str:
    """The table as lines of text, each ending with a line feed."""
    shown = [[shortened(_text(cell)) for cell in row] for row in rows]
    heads = [str(heading) for heading in headings]
    right = [_is_numbers([row[number] for row in rows]) for number in range(len(heads))]
    widths = [max(map(width, column)) for column in zip(heads, *shown, strict=True)]
    lines = [heads, ["-" * one for one in widths], *shown]
    return "".join(f"{GAP.join(map(_padded, line, widths, right)).rstrip()}\n" for line in lines)


def width(text: str) -> int:
    """How many columns of the screen `text` takes."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else not unicodedata.combining(one) for one in text)


def shortened(text: str) -> str:
    """One line of at most `LONGEST` columns."""
    line = harmless(" ".join(text.split()))
    if width(line) <= LONGEST:
        return line
    while width(line) > LONGEST - 3:
        line = line[:-1]
    return f"{line}..."


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return ", ".join(map(_text, cell)) if isinstance(cell, list) else str(cell)


def _is_numbers(cells: Sequence[Any]) -> bool:
    given = [cell for cell in cells if cell is not None]
    return bool(given) and all(isinstance(cell, (int, float, Figure)) and not isinstance(cell, bool) for cell in given)


def _padded(text: str, wide: int, right: bool) -> str:
    space = " " * (wide - width(text))
    return space + text if right else text + space
