"""Names in a definition that lead nowhere, each with the nearest one that does."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from engine.definitions.language import Table
from engine.errors import Problem
from engine.text import Text, _


def unknown(says: Text, name: str, known: Sequence[str]) -> Text:
    """`says`, and which of the known names may have been meant."""
    near = difflib.get_close_matches(name, known, 1)
    return _("{problem} Did you mean `{name}`?", problem=says, name=near[0]) if near else says


def no_field(at: str, key: str, table: Table) -> Problem:
    """The table has no such field."""
    says = _("{table} has no field `{field}`.", table=table.label, field=key)
    return Problem(at, unknown(says, key, list(table.fields)), "unknown_field", key)


def no_table(at: str, name: str) -> Problem:
    """There is no such table."""
    return Problem(at, _("There is no table `{table}`.", table=name), "unknown_table", name)


def sort_problems(at: str, sort: Sequence[str], table: Table) -> Iterator[Problem]:
    """What records cannot be sorted by, each at its number."""
    for number, key in enumerate(sort):
        wanted = table.fields.get(key.removeprefix("-"))
        if wanted is None:
            yield no_field(f"{at}/{number}", key.removeprefix("-"), table)
        elif wanted.many:
            says = _("Records cannot be sorted by {field}, which holds many records.", field=wanted.label)
            yield Problem(f"{at}/{number}", says, "sort", key)
