"""Taking records along: what a person sees of a view or table, as a file of any kind in `exporters/`.

It goes out while it is read, a page at a time, each page in a transaction of its own: memory stays flat however many
records there are, nobody is held up, and who may read no more gets no further page.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from engine import audit, files, named, queries
from engine.access import door
from engine.content_types import clean_name
from engine.definitions.language import Field, Table
from engine.errors import Problem, Refused
from engine.exporters import Cell, Column, Exporter, exporters
from engine.field_types import FieldType, field_types
from engine.formulas.types import FILE
from engine.queries import MAX_PAGE_SIZE, Query
from engine.shown import shown_as
from engine.storage.session import Session
from engine.storage.time_limits import JOB
from engine.text import Label, _
from engine.values import is_empty

Open = Callable[[], AbstractContextManager[Session]]  # a transaction of whoever asks, as they are allowed just then
Say = Callable[[Label], str]  # a label in the reader's language
Records = Sequence[tuple[str, Mapping[str, Any]]]


@dataclass(frozen=True)
class Export:
    """A file on its way out: what it is called, what it is, and its pieces."""

    filename: str
    media_type: str
    pieces: Iterator[bytes]


def export(read: Open, write: Open, query: Query, kind: str, say: Say, *, by_keys: bool = False) -> Export:
    """The records that the query finds, with its fields (none said: those that the definition lists).

    With `by_keys` for programs: keys, ids and values as they are held; else labels and names. Each time is noted in the
    audit log. Raises `Refused` for a wrong query or kind, `Forbidden` for who may not export, `NotFound`.
    """
    exporter = exporters.get(kind)
    if exporter is None:
        says = _("There is no kind of file {kind}. There are: {kinds}.", kind=kind, kinds=", ".join(exporters))
        raise Refused([Problem("/format", says, "unknown_kind", kind)])
    with _leaving(read, query.table) as session:
        table = session.layout.table(query.table)
        if query.fields is None:
            query = replace(query, fields=[one.key for one in table.declared])
        _check_count(session, query, exporter)
        first, after = queries.page_of(session, replace(query, limit=MAX_PAGE_SIZE))
        columns = _columns(session, table, query, say, by_keys=by_keys)
        begun = _told(session, table, query, first, say, by_keys=by_keys)
    label = table.plural or table.label
    with write() as session:
        says = _("exported {table} as {kind}", table=label, kind=exporter.label)
        audit.note(session, "records.exported", says, table=table.address, kind=kind, fields=list(query.fields or ()))

    def pages() -> Iterator[list[list[Cell]]]:
        yield begun
        following = after
        while following is not None:
            with _leaving(read, query.table) as session:
                of = session.layout.table(query.table)
                found, following = queries.page_of(session, replace(query, limit=MAX_PAGE_SIZE, after=following))
                told = _told(session, of, query, found, say, by_keys=by_keys)
            yield told

    return Export(
        clean_name(f"{say(label)}{exporter.extension}"), exporter.media_type, exporter.write(columns, pages())
    )


@contextmanager
def _leaving(read: Open, table: str) -> Iterator[Session]:
    """A transaction in which only those records of the table are seen that may be taken along."""
    with read() as session:
        session.take_time(JOB)
        door.enter(session.principal, "export", session.layout.table(table))
        yield session.in_guise(replace(session.principal, takes=table))


def _check_count(session: Session, query: Query, exporter: Exporter) -> None:
    if exporter.most is not None and queries.count(session, query) > exporter.most:
        says = _("{kind} takes at most {most} records. Choose another kind.", kind=exporter.label, most=exporter.most)
        raise Refused([Problem("/format", says, "too_many")])


def _fields(table: Table, query: Query) -> list[Field]:
    return [table.fields[key] for key in query.fields or ()]


def _columns(session: Session, table: Table, query: Query, say: Say, *, by_keys: bool) -> list[Column]:
    fields = _fields(table, query)
    if by_keys:
        return [Column("id"), *(Column(one.key) for one in fields)]
    labels = [say(one.label) for one in fields]
    return [
        Column(label if labels.count(label) == 1 else f"{label} ({one.key})", *_shape(session, one))
        for one, label in zip(fields, labels, strict=True)
    ]


def _shape(session: Session, field: Field) -> tuple[Any, str]:
    name, options = shown_as(session.layout, field)
    kind = field_types[name]
    if kind.holds == "date_time":
        return "date_time", str(options.get("time_zone") or session.workspace.time_zone)
    return ("percent" if name == "percent" else kind.holds if kind.holds in ("number", "date") else "text"), ""


def _told(session: Session, table: Table, query: Query, found: Records, say: Say, *, by_keys: bool) -> list[list[Cell]]:
    """The records as cells, for each column one."""
    fields = _fields(table, query)
    if by_keys:
        return [[record_id, *(_held(values.get(one.key)) for one in fields)] for record_id, values in found]
    tell = [_Telling(session, one, [values.get(one.key) for _id, values in found], say) for one in fields]
    return [[one(values.get(one.field.key)) for one in tell] for _id, values in found]


def _held(value: Any) -> Cell:
    """A value as it is; what is no plain value or list of texts (a place, JSON) as JSON."""
    if is_empty(value):
        return None
    if isinstance(value, str | int | float) or (isinstance(value, list) and all(isinstance(one, str) for one in value)):
        return value
    return json.dumps(value, ensure_ascii=False)


class _Telling:
    """How the values of one field read without the workspace: by the names of what they name."""

    def __init__(self, session: Session, field: Field, values: Sequence[Any], say: Say) -> None:
        self.field = field
        self._say = say
        name, self._options = shown_as(session.layout, field)
        self._kind: FieldType = field_types[name]
        self._names = self._names_for(session, values)

    def __call__(self, value: Any) -> Cell:
        """The cell."""
        if is_empty(value):
            return None
        if self.field.kind.computed and isinstance(value, dict) and "error" in value:
            return str(value["error"])
        if isinstance(value, list) and (self._names or self.field.several or self.field.kind.computed):
            return [str(self._one(one)) for one in value if not is_empty(one)]
        return self._one(value)

    def _one(self, value: Any) -> str | int | float:
        if isinstance(value, str) and value in self._names:
            return self._names[value]
        return self._kind.in_file(value, self._options)

    def _names_for(self, session: Session, values: Sequence[Any]) -> Mapping[str, str]:
        """What the ids and keys among the values are called."""
        field, layout = self.field, session.layout
        held = (one for value in values for one in (value if isinstance(value, list) else [value]))
        ids = {one for one in held if isinstance(one, str)}
        if targets := layout.tables_named(field):
            return queries.titles_in(session, targets, ids)
        if not field.is_link and layout.held_type(field).item == FILE:
            return {one: file.filename for one, file in files.known(session, ids).items()}
        if self._kind.names in named.KINDS:
            return named.names(session, self._kind.names)
        choices = self._options.get("choices") or field.choices
        return {key: self._say(one.get("label", key)) for key, one in choices.items()}
