"""What an archive is made of: the names of its parts, the fields that it holds, the forms of ids in it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from engine.archives.unpacking import damaged
from engine.definitions.language import Field, Table
from engine.field_types import FieldType, TakesFiles, field_types
from engine.shown import shown_as
from engine.storage import record_rows
from engine.storage.session import Session

FORMAT = 2
PAGE = 1_000  # records, changes or comments read or written together
HISTORY = "history.jsonl"
COMMENTS = "comments.jsonl"
HOLDERS = "holders.jsonl"

Tell = Callable[[int], None]  # called with how many more records, changes, comments or files are done

_IDS = re.compile(r"[a-z]{3}[0-9A-Za-z]{14}")


@dataclass(frozen=True)
class Wanted:
    """What comes along with the records of an app if somebody wants it, and otherwise does not."""

    history: bool = False
    comments: bool = False
    holders: bool = False


NOTHING_MORE = Wanted()


class Named:
    """Whom and what an app's records, history and comments name."""

    def __init__(self) -> None:
        self.people: set[str] = set()
        self.departments: set[str] = set()
        self.files: set[str] = set()

    def by(self, kind: FieldType) -> set[str] | None:
        """Where what such a field holds is to be noted; None where it names nothing."""
        if kind.names == "people":
            return self.people
        if kind.names == "departments":
            return self.departments
        return self.files if isinstance(kind, TakesFiles) else None


def stored(session: Session, table: Table) -> list[Field]:
    """The fields whose values are in an archive, in an order that does not depend on how the table came to be."""
    fields = [*record_rows.stored_fields(session, table), *record_rows.many_links(table)]
    return sorted({one.key: one for one in fields}.values(), key=lambda one: one.key)


def kind_of(session: Session, field: Field) -> FieldType:
    """What the values of a field are: those of a copy what it was copied from."""
    return field_types[shown_as(session.layout, field)[0]] if field.kind.copied else field.kind


def part(table: Table) -> str:
    """The part with the records of a table."""
    return f"records/{table.key}.jsonl"


def checked_id(prefix: str, given: Any) -> str:
    """An id of this form. Raises `Refused` for anything else, since ids become names of files."""
    if not isinstance(given, str) or not given.startswith(prefix) or not _IDS.fullmatch(given):
        raise damaged()
    return given


def chunks(lines: Iterator[tuple[int, dict[str, Any]]]) -> Iterator[list[tuple[int, dict[str, Any]]]]:
    """The lines of a part, so many at a time."""
    some: list[tuple[int, dict[str, Any]]] = []
    for one in lines:
        some.append(one)
        if len(some) == PAGE:
            yield some
            some = []
    if some:
        yield some


def existing(session: Session, records: Iterable[tuple[str, str]]) -> set[str]:
    """The ids of those records that are there, of any number of tables; `records` are (address, id)."""
    by_table: dict[str, set[str]] = defaultdict(set)
    for address, record_id in records:
        by_table[address].add(record_id)
    tables = {address: session.layout.table(address) for address in by_table}
    return {one for address, ids in by_table.items() for one in record_rows.existing(session, tables[address], ids)}


def listed(value: Any) -> list[Any]:
    """The items of a value that may be one or several."""
    return value if isinstance(value, list) else [] if value is None or value == "" else [value]


def spelled(value: Any) -> bytes:
    """A value as JSON, alike for alike values."""
    return orjson.dumps(value)
