"""What the records of a base hold, as far as it decides what its fields become."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from engine.bases import kinds
from engine.bases.answers import Field, files_in
from engine.bases.fetched import Fetched
from engine.numbers import MAX_DECIMALS

At = tuple[int, str]  # the number of a table, and the id of a field


@dataclass
class Facts:
    """What was found, by field.

    `decimals`: how many its numbers have; `labels`: choices that its records name; `several`: links to more than one;
    `filled`: records that hold something. `people`: addresses and names, with how often.
    """

    decimals: Counter[At] = field(default_factory=Counter)
    labels: dict[At, dict[str, None]] = field(default_factory=dict)
    several: set[At] = field(default_factory=set)
    filled: Counter[At] = field(default_factory=Counter)
    people: Counter[tuple[str, str]] = field(default_factory=Counter)
    files: int = 0
    bytes: int = 0
    comments: int = 0


def facts_of(fetched: Fetched) -> Facts:
    """Look through all records once."""
    found = Facts(comments=sum(1 for _one in fetched.remarks()))
    for number, table in enumerate(fetched.tables):
        fields = {one.id: one for one in table.fields}
        for record in fetched.records(number):
            for key, value in record.cells.items():
                if key in fields:
                    _look(found, (number, key), fields[key], value)
    return found


def _look(found: Facts, at: At, of: Field, value: Any) -> None:
    found.filled[at] += 1
    if of.type == kinds.FILES:
        for one in files_in(value):
            found.files += 1
            found.bytes += one["size"]
    elif of.type == kinds.LINK:
        if len(kinds.ids_in(value)) > 1:
            found.several.add(at)
    elif of.type in kinds.WITH_CHOICES:
        labels = found.labels.setdefault(at, {})
        if len(labels) <= kinds.MOST_CHOICES:
            labels.update(dict.fromkeys(kinds.labels_in(value)))
    elif of.type in kinds.OF_PEOPLE:
        for one in kinds.people_in(value):
            found.people[str(one.get("email") or "")[:300], str(one.get("name") or "")[:200]] += 1
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, float):
            decimals = kinds.spelled(round(one, MAX_DECIMALS)).partition(".")[2].rstrip("0")
            found.decimals[at] = max(found.decimals[at], len(decimals))
