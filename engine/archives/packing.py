"""Making an archive: one transaction reads all of it, so that what links to one another is of one moment."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import sqlalchemy as sa

from engine import apps, audit, departments, files, people
from engine.access import door
from engine.archives import holders, leaving, recorded, said
from engine.archives.parts import (
    COMMENTS,
    FORMAT,
    HISTORY,
    HOLDERS,
    NOTHING_MORE,
    PAGE,
    Named,
    Tell,
    Wanted,
    kind_of,
    listed,
    part,
    spelled,
    stored,
)
from engine.definitions.language import App, Table
from engine.storage import layout as layouts
from engine.storage import record_rows
from engine.storage.record_rows import Values
from engine.storage.session import Session
from engine.storage.time_limits import JOB
from engine.text import _
from engine.values import is_empty

MEDIA_TYPE = "application/zip"

_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # of every entry: what is alike makes archives that are alike
_PIECE = 2**18


def pack(
    session: Session, app: str, into: BinaryIO, wanted: Wanted = NOTHING_MORE, tell: Tell = lambda _more: None
) -> None:
    """Write the app with its records and files, and what is `wanted` beside them, as an archive.

    Raises `NotFound`, `Forbidden` for who may not build or take its records along.
    """
    found = _entered(session, app, wanted)
    session.take_time(JOB)
    named, counts = Named(), _Counts(tell)
    with session.behind() as layout, zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        _put(archive, "definition.json", [spelled(found.document)])
        for table in layout.apps[app].tables.values():
            _put(archive, part(table), _lines(session, table, named, counts))
        if wanted.history:
            _put(archive, HISTORY, recorded.lines(session, app, named, counts.adding("history")))
        if wanted.comments:
            _put(archive, COMMENTS, said.lines(session, app, named, counts.adding("comments")))
        if wanted.holders:
            _put(archive, HOLDERS, holders.lines(session, app, named))
        known = files.known(session, named.files)
        by = files.brought_by(session, known)
        everybody = {one.id for one in people.everybody_ever(session)}
        named.people.update(one for one in by.values() if one in everybody)
        _put(archive, "files.jsonl", (_file(known[one], by[one] in everybody and by[one]) for one in sorted(known)))
        for one in sorted(known):
            _put(archive, f"files/{one}", _bytes(files.path_of(session.workspace, one)), packed=False)
            counts.add("files", 1)
        if _counts_days(session, app):
            _put(archive, "calendar.json", [spelled(layouts.calendar_document(session))])
        _put(archive, "people.json", [spelled(_people(session, named.people))])
        _put(archive, "departments.json", [spelled(_departments(session, named.departments))])
        about = {"format": FORMAT, "app": app, **counts.told, "left": leaving.sorts(wanted)}
        _put(archive, "archive.json", [spelled(about)])


def size(session: Session, app: str, wanted: Wanted = NOTHING_MORE) -> int:
    """About how often `pack` tells of something. Raises as it does."""
    found = _entered(session, app, wanted)
    with session.behind() as layout:
        tables = [layout.sql(layout.table(one.address)) for one in found.tables.values()]
        there = sum(
            session.connection.execute(sa.select(sa.func.count()).select_from(one)).scalar_one() for one in tables
        )
    left = leaving.counted(session, app)
    return there + sum(left.get(one, 0) for one in ("history", "comments") if getattr(wanted, one))


def note(session: Session, app: str) -> None:
    """That it was taken along, for the audit log."""
    label = apps.get(session, app).label
    audit.note(session, "app.archived", _("took the app {app} along with all its records", app=label), app=app)


class _Counts:
    """How much of what is in the archive, as it is told in it."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self.told: dict[str, Any] = {"records": {}}

    def records(self, table: str, more: int) -> None:
        self.told["records"][table] += more
        self._tell(more)

    def add(self, name: str, more: int) -> None:
        self.told[name] = self.told.get(name, 0) + more
        self._tell(more)

    def adding(self, name: str) -> Tell:
        return lambda more: self.add(name, more)


def _entered(session: Session, app: str, wanted: Wanted) -> App:
    door.enter_builder(session.principal)
    found = apps.get(session, app)
    for table in found.tables.values():
        door.enter(session.principal, "export", table)
        if wanted.history:
            door.enter(session.principal, "history", table)
        if wanted.comments:
            door.enter(session.principal, "comments", table)
    if wanted.holders:
        door.enter_people(session.principal)
    return found


def _lines(session: Session, table: Table, named: Named, counts: _Counts) -> Iterator[bytes]:
    fields = stored(session, table)
    noted = [(one.key, ids) for one in fields if (ids := named.by(kind_of(session, one))) is not None]
    counts.told["records"][table.key] = 0
    for records in _pages(session, table):
        for record_id, values in records.items():
            held = {one.key: values[one.key] for one in fields if not is_empty(values.get(one.key))}
            for key, ids in noted:
                ids.update(listed(held.get(key)))
            yield spelled({"id": record_id, **held}) + b"\n"
        counts.records(table.key, len(records))


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


def _file(one: files.File, by: str | bool) -> bytes:
    said = {"id": one.id, "filename": one.filename, "size": one.size, "sha256": one.sha256}
    return spelled({**said, "by": by} if by else said) + b"\n"


def _counts_days(session: Session, app: str) -> bool:
    """Whether what the app works out depends on the business calendar."""
    layout = session.layout
    fields = [one for table in layout.apps[app].tables.values() for one in table.declared if one.kind.computed]
    return any(layout.types.uses_calendar(one) for one in fields)


def _people(session: Session, ids: Iterable[str]) -> list[dict[str, str]]:
    known = {one.id: one for one in people.everybody_ever(session)}
    return [{"id": one, "name": known[one].name, "email": known[one].email} for one in sorted(ids) if one in known]


def _departments(session: Session, ids: Iterable[str]) -> list[dict[str, str]]:
    paths, names = departments.paths(session), departments.names(session)
    return [{"id": one, "path": paths.get(one, names[one])} for one in sorted(ids) if one in names]
