"""Names of columns out of the cells of a heading."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from engine.text import _


def column_names(cells: Iterable[str]) -> list[str]:
    """One name for each cell: a missing one is `Column 3`, a second `Name` is `Name (2)`."""
    names: list[str] = []
    taken: set[str] = set()
    for number, cell in enumerate(cells, 1):
        wanted = cell.strip() or str(_("Column {number}", number=number))
        name = next(
            name
            for name in itertools.chain([wanted], (f"{wanted} ({n})" for n in itertools.count(2)))
            if name not in taken
        )
        taken.add(name)
        names.append(name)
    return names
