"""Records that were fetched, as an import reads them: columns with the ids of their fields, cells of text."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from engine.bases import kinds
from engine.bases.answers import Record, files_in
from engine.bases.fetched import Fetched
from engine.importers import Row, Source
from engine.storage.session import timestamp

ID = ""  # the column with a record's id over there; no field has an empty id
Cell = Callable[[Any], str]


class Records(Source):
    """The records of one table. `cells`: how the cells of each field are written; `wanted`: which records."""

    def __init__(
        self,
        fetched: Fetched,
        number: int,
        cells: Mapping[str, Cell],
        system: Mapping[str, Callable[[Record], str]],
        wanted: Collection[str],
    ) -> None:
        self._fetched, self._number = fetched, number
        self._cells, self._system, self._wanted = cells, system, wanted
        self.columns = [ID, *cells, *system]
        part = fetched.progress.parts[number]
        self.details = {"size": part.bytes, "line_count": part.records}

    def rows(self) -> Iterator[Row]:
        """A line for each wanted record, by its number."""
        for line, one in enumerate(self._fetched.records(self._number), 1):
            if one.id in self._wanted:
                cells = [text(one.cells.get(key)) if key in one.cells else "" for key, text in self._cells.items()]
                yield Row(line, [one.id, *cells, *(found(one) for found in self._system.values())])


def links(value: Any) -> str:
    """The ids over there that a link leads to."""
    return ", ".join(kinds.ids_in(value))


def files_by(ids: Mapping[str, str]) -> Cell:
    """The ids here of the files in a cell; those that could not be had are left out."""
    return lambda value: ", ".join(here for one in files_in(value) if (here := ids.get(one["id"])))


def system_columns(
    fields: Mapping[str, Sequence[str]], people: Mapping[str, str]
) -> dict[str, Callable[[Record], str]]:
    """What tells when and by whom a record was made; `fields`: their ids over there, by our system fields.

    `people`: ids of our people by their addresses.
    """
    made: dict[str, Callable[[Record], str]] = {"created_at": lambda one: moment_of(one.created)}
    if fields.get("created_by"):
        made["created_by"] = _who(fields["created_by"][0], people)
    return made


def _who(key: str, people: Mapping[str, str]) -> Callable[[Record], str]:
    def found(one: Record) -> str:
        named = kinds.people_in(one.cells.get(key))
        return people.get(str(named[0].get("email")).casefold(), "") if named else ""

    return found


def moment_of(value: Any) -> str:
    """An instant as records hold it; "" where it is none."""
    try:
        found = datetime.datetime.fromisoformat(value)
        return timestamp(found.astimezone(datetime.UTC)) if found.tzinfo else ""
    except (TypeError, ValueError, OverflowError):
        return ""
