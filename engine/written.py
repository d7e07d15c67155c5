"""What a transaction wrote, as what follows from it is worked out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.definitions.types import Key

Ids = set[str] | None  # None: all records of the table


@dataclass
class Written:
    """What a transaction wrote: which records of which field, and whom changed links lead or led to.

    `held` has, by table, the stored values that records (with their ids) held before they were changed or deleted;
    `gone` the tables of deleted ones; `made` by table the records that came `with_new`. `seen` remembers who links to
    which records: many fields ask the same, and links stay as they were written while what follows is worked out.
    """

    fields: dict[Key, Ids] = field(default_factory=dict)
    relinked: dict[Key, set[str]] = field(default_factory=lambda: defaultdict(set))
    held: dict[str, list[tuple[str, Mapping[str, Any]]]] = field(default_factory=lambda: defaultdict(list))
    gone: set[str] = field(default_factory=set)
    made: dict[str, set[str]] = field(default_factory=dict)
    seen: dict[tuple[Key, frozenset[str]], set[str]] = field(default_factory=dict)

    def wrote(self, table: str, keys: Iterable[str], ids: Collection[str] | None) -> None:
        """These fields of these records (None: of all) hold something else now."""
        new = None if ids is None else set(ids)  # fields share one set, which is never changed, only replaced
        for key in keys:
            self.fields[table, key] = union(new, self.fields[table, key]) if (table, key) in self.fields else new

    def linked(self, table: str, key: str, ids: Iterable[str]) -> None:
        """A link began or ended to lead to these records."""
        self.relinked[table, key].update(ids)

    def left(self, table: str, values: Iterable[tuple[str, Mapping[str, Any]]], *, gone: bool = False) -> None:
        """Records (by id) held these values until now; `gone`: they are deleted."""
        self.held[table].extend(values)
        if gone:
            self.gone.add(table)

    @classmethod
    def of(cls, many: Sequence[Written]) -> Written:
        """What all of these say was written."""
        whole = cls()
        sets: dict[Key, list[Ids]] = defaultdict(list)
        for one in many:
            for key, ids in one.fields.items():
                sets[key].append(ids)
            for (table, link), linked in one.relinked.items():
                whole.linked(table, link, linked)
            for table, values in one.held.items():
                whole.held[table].extend(values)
            whole.gone |= one.gone
            for table, ids in one.made.items():
                whole.made[table] = whole.made.get(table, set()) | ids
        for one in many:
            for (table, _key), again in one.fields.items():
                if table in whole.made and table not in one.made:
                    whole.made[table] = set() if again is None else whole.made[table] - again
        joined: dict[tuple[int, ...], Ids] = {}  # what fields share stays shared
        for key, some in sets.items():
            same = tuple(map(id, some))
            if same not in joined:
                joined[same] = None if None in some else set().union(*(ids or () for ids in some))
            whole.fields[key] = joined[same]
        return whole


def union(one: Ids, other: Ids) -> Ids:
    """The records of both; all, if one is all."""
    return None if one is None or other is None else one | other
