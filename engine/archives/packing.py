"""Making an archive: one transaction reads all of it, so that what links to one another is of one moment."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import orjson
import sqlalchemy as sa

from engine import apps, audit, departments, files, people
from engine.access import door
from engine.definitions.language import Field, Table
from engine.field_types import TakesFiles
from engine.storage import record_rows
from engine.storage.record_rows import Values
from engine.storage.session import Session
from engine.text import _
from engine.values import is_empty

MEDIA_TYPE = "application/zip"
FORMAT = 1
PAGE = 1_000  # records read together

_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # of every entry: what is alike makes archives that are alike
_PIECE = 2**18


def pack(session: Session, app: str, into: BinaryIO, tell: Callable[[int], None] = lambda _records: None) -> None:
    """Write the app with its records and files as an archive; `tell` is called with how many records are in it.

    Raises `NotFound`, `Forbidden` for who may not build or take its records along.
    """
    door.enter_builder(session.principal)
    found = apps.get(session, app)
    for table in found.tables.values():
        door.enter(session.principal, "export", table)
    named = _Named()
    counts: dict[str, int] = {}
    with session.behind(), zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        _put(archive, "definition.json", [_spelled(found.document)])
        for table in session.layout.apps[app].tables.values():
            lines = _lines(session, table, named, counts, tell)
            _put(archive, f"records/{table.key}.jsonl", lines)
        known = files.known(session, named.files)
        _put(archive, "files.jsonl", (_file(known[one]) for one in sorted(known)))
        for one in sorted(known):
            _put(archive, f"files/{one}", _bytes(files.path_of(session.workspace, one)), packed=False)
        _put(archive, "people.json", [_spelled(_people(session, named.people))])
        _put(archive, "departments.json", [_spelled(_departments(session, named.departments))])
        _put(archive, "archive.json", [_spelled({"format": FORMAT, "app": app, "records": counts})])


def note(session: Session, app: str) -> None:
    """That it was taken along, for the audit log."""
    label = apps.get(session, app).label
    audit.note(session, "app.archived", _("took the app {app} along with all its records", app=label), app=app)


class _Named:
    """Whom and what the records name beside each other."""

    def __init__(self) -> None:
        self.people: set[str] = set()
        self.departments: set[str] = set()
        self.files: set[str] = set()

    def by(self, field: Field) -> set[str] | None:
        """Where what the field holds is to be noted, asked once: whether it takes files costs more than a record."""
        if field.kind.names == "people":
            return self.people
        if field.kind.names == "departments":
            return self.departments
        return self.files if isinstance(field.kind, TakesFiles) else None


def stored(session: Session, table: Table) -> list[Field]:
    """The fields whose values are in an archive, in an order that does not depend on how the table came to be."""
    fields = [*record_rows.stored_fields(session, table), *record_rows.many_links(table)]
    return sorted({one.key: one for one in fields}.values(), key=lambda one: one.key)


def _lines(
    session: Session, table: Table, named: _Named, counts: dict[str, int], tell: Callable[[int], None]
) -> Iterator[bytes]:
    fields = stored(session, table)
    noted = [(one.key, ids) for one in fields if (ids := named.by(one)) is not None]
    counts[table.key] = 0
    for records in _pages(session, table):
        for record_id, values in records.items():
            held = {one.key: values[one.key] for one in fields if not is_empty(values.get(one.key))}
            for key, ids in noted:
                if key in held:
                    ids.update(held[key] if isinstance(held[key], list) else [held[key]])
            yield _spelled({"id": record_id, **held}) + b"\n"
        counts[table.key] += len(records)
        tell(sum(counts.values()))


def _pages(session: Session, table: Table) -> Iterator[Mapping[str, Values]]:
    sql, last = session.layout.sql(table), ""
    while True:
        wanted = sa.select(sql.c.id).where(sql.c.id > last).order_by(sql.c.id).limit(PAGE)
        ids = list(session.connection.execute(wanted).scalars())
        if not ids:
            return
        found = record_rows.read(session, table, ids)
        yield {one: found[one] for one in ids}
        last = ids[-1]


def _put(archive: zipfile.ZipFile, name: str, pieces: Iterable[bytes], *, packed: bool = True) -> None:
    entry = zipfile.ZipInfo(name, _LONG_AGO)
    # Pictures and documents are packed already, and what does not shrink takes long.
    entry.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    entry.create_system = 3
    entry.external_attr = 0o600 << 16
    with archive.open(entry, "w", force_zip64=True) as out:
        for piece in pieces:
            out.write(piece)


def _bytes(path: Path) -> Iterator[bytes]:
    with path.open("rb") as held:
        while piece := held.read(_PIECE):
            yield piece


def _file(one: files.File) -> bytes:
    return _spelled({"id": one.id, "filename": one.filename, "size": one.size, "sha256": one.sha256}) + b"\n"


def _people(session: Session, ids: Iterable[str]) -> list[dict[str, str]]:
    known = {one.id: one for one in people.everybody_ever(session)}
    return [{"id": one, "name": known[one].name, "email": known[one].email} for one in sorted(ids) if one in known]


def _departments(session: Session, ids: Iterable[str]) -> list[dict[str, str]]:
    paths, names = departments.paths(session), departments.names(session)
    return [{"id": one, "path": paths.get(one, names[one])} for one in sorted(ids) if one in names]


def _spelled(value: Any) -> bytes:
    return orjson.dumps(value)
