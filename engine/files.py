"""Files that records hold: brought, looked at, handed out, and removed when nobody needs them any more.

A file lies beside the store under its id, which no visitor chooses; what is known about it is a row of the store. A
record's field holds ids. Which records hold or ever held a file is kept (`_file_uses`), so that asking whether
somebody may read it is one question, and history and undo find it as long as the log does.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

import sqlalchemy as sa

from engine import pictures
from engine.access import door, past
from engine.access.principals import Principal
from engine.content_types import clean_name, content_type_of, kind_of
from engine.definitions.language import Field, Table
from engine.errors import Forbidden, NotFound, Problem, Refused
from engine.field_types import InvalidValue, TakesFiles
from engine.formulas.types import FILE
from engine.ids import new_id
from engine.queries import read_records
from engine.storage import record_rows
from engine.storage.expressions import Records, clock_of, moment
from engine.storage.file_tables import file_uses, files
from engine.storage.record_rows import among
from engine.storage.session import Session, timestamp
from engine.storage.stores import Workspace
from engine.text import Text, _

MAX_AT_ONCE = 100  # files of one record's field
UNSAVED = datetime.timedelta(hours=24)  # how long a file waits to be saved in a record

_CHUNK = 2**18


@dataclass(frozen=True)
class File:
    """What is known about a file. `type` is decided from its bytes; `small` are its small pictures: size -> points."""

    id: str
    filename: str
    type: str
    kind: str
    size: int
    sha256: str = ""
    width: int | None = None
    height: int | None = None
    small: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def is_picture(self) -> bool:
        """Whether there are small pictures of it."""
        return bool(self.small)


@dataclass(frozen=True)
class Limits:
    """How much may be brought, in bytes: one file, and all files of a workspace together."""

    file: int
    workspace: int


def bring(workspace: Workspace, principal: Principal, stream: BinaryIO, name: str, limits: Limits) -> File:
    """Keep a file that somebody brings. It is removed again unless a record holds it within a day.

    Raises `Refused` when it is too large or empty, or the workspace has no room; `Forbidden` for who may only look.
    """
    if principal.role == "guest":
        raise Forbidden(_("Guests can look but not change anything. Ask an owner for another role."))
    received = receive(workspace, stream, name, limits, public=principal.kind == "public_form")
    try:
        with workspace.write(principal) as session:
            add(session, received, limits)
    except BaseException:
        _remove(workspace, [received.id])
        raise
    return received


def receive(workspace: Workspace, stream: BinaryIO, name: str, limits: Limits, *, public: bool = False) -> File:
    """Put what `stream` holds into the data folder, safe against a loss of power; `add` then makes it known.

    Takes no transaction, since a long upload must not hold up others. A stranger's picture (`public`) is written anew
    without the place where it was taken. Raises `Refused` when it is too large or empty.
    """
    file_id = new_id("att")
    path = path_of(workspace, file_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{file_id}.part")
    try:
        _copy(stream, part, limits.file)
        filename = clean_name(name)
        with part.open("rb") as held:
            content_type = content_type_of(held, filename)
        if public:
            pictures.without_traces(part, content_type)
        picture = pictures.draw(part, content_type, path)
        digest = _flushed(part)
        size = part.stat().st_size
        part.replace(path)
        _sync_folder(path.parent)
    except BaseException:
        _remove(workspace, [file_id])
        raise
    return File(
        file_id,
        filename,
        content_type,
        kind_of(content_type),
        size,
        digest,
        picture.width if picture else None,
        picture.height if picture else None,
        picture.small if picture else {},
    )


def add(session: Session, received: File, limits: Limits) -> None:
    """Make a received file known. Raises `Refused` when the workspace has no room left for it."""
    held = session.connection.execute(sa.select(sa.func.coalesce(sa.func.sum(files.c.size), 0))).scalar_one()
    if int(held) + received.size > limits.workspace:
        raise Refused([Problem("/file", _("This workspace has no room for more files. Ask an owner."), "no_room")])
    session.connection.execute(
        sa.insert(files).values(
            id=received.id,
            filename=received.filename,
            type=received.type,
            kind=received.kind,
            size=received.size,
            sha256=received.sha256,
            width=received.width,
            height=received.height,
            small=json.dumps(received.small) if received.small else None,
            uploaded_at=timestamp(session.now),
            uploaded_by=session.principal.id,
        )
    )


def known(session: Session, ids: Collection[str]) -> dict[str, File]:
    """What is known about files, by id; ids of no file are missing."""
    if not ids:
        return {}
    c = files.c
    wanted = sa.select(c.id, c.filename, c.type, c.kind, c.size, c.sha256, c.width, c.height, c.small)
    rows = session.connection.execute(wanted.where(among(session, c.id, set(ids))))
    return {row.id: File(*row[:8], _sizes(row.small)) for row in rows}


def readable(session: Session, ids: Collection[str]) -> set[str]:
    """Those of the files that the principal may read: what it brought itself and what a record shows to it."""
    if not ids:
        return set()
    uses = session.connection.execute(
        sa.select(file_uses.c.file_id, file_uses.c.table_address)
        .where(among(session, file_uses.c.file_id, set(ids)))
        .distinct()
    ).all()
    mine = files.c.uploaded_by == session.principal.id
    used = {file_id for file_id, _table in uses}
    own = session.connection.execute(sa.select(files.c.id).where(among(session, files.c.id, set(ids)), mine)).scalars()
    # A public form is many strangers: what one of them has sent is not for the next.
    brought = {one for one in own if session.principal.kind != "public_form" or one not in used}
    open_tables = {address for address in {address for _id, address in uses} if _may_read(session, address)}
    if session.layout is not session.whole:
        return brought | _shown(session, ids, open_tables)
    return brought | {file_id for file_id, address in uses if address in open_tables}


def _shown(session: Session, ids: Collection[str], open_tables: Collection[str]) -> set[str]:
    """Those of the files that a record holds or held which is seen, in a field that is seen there."""
    c, found = file_uses.c, set()
    uses = sa.select(c.file_id, c.table_address, c.record_id, c.field)
    uses = uses.where(among(session, c.file_id, set(ids)), c.table_address.in_(list(open_tables)))
    by_table: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for file_id, address, record_id, key in session.connection.execute(uses):
        by_table[address].append((file_id, record_id, key))
    for address, held in by_table.items():
        table = session.layout.table(address)
        seen = record_rows.existing(session, table, {record_id for _file, record_id, _key in held})
        masked = [one for one in _fields_with_files(session, table) if one.masked]
        filled = past.filled(session, table, seen, masked)
        for file_id, record_id, key in held:
            field = table.fields.get(key)
            if field is not None and record_id in seen and (not field.masked or key in filled.get(record_id, ())):
                found.add(file_id)
    rest = set(ids) - found
    return found | {one for one in rest if any(_looks_up(session, at, one) for at in session.layout.apps.tables)}


def is_shown_now(session: Session, address: str, file_id: str) -> bool:
    """Whether a record of the table that is seen holds the file now in a field that is seen, or looks it up."""
    table, c = session.layout.table(address), file_uses.c
    uses = sa.select(c.record_id, c.field).where(c.file_id == file_id, c.table_address == address)
    held: dict[str, set[str]] = defaultdict(set)
    for record_id, key in session.connection.execute(uses):
        held[record_id].add(key)
    values = read_records(session, table, list(held))
    if any(file_id in (values[one].get(key) or ()) for one in values for key in held[one]):
        return True
    return _looks_up(session, address, file_id)


def _looks_up(session: Session, address: str, file_id: str) -> bool:
    """Whether a record of the table that is seen shows the file in a field that is worked out."""
    table, layout = session.layout.table(address), session.layout
    fields = [one for one in table.fields.values() if one.kind.computed and layout.held_type(one).item == FILE]
    if not fields or not _may_read(session, address):
        return False
    records = Records(layout, table, layout.rows(table), clock_of(session))
    named = [sa.cast(records.field(one.key).value, sa.Text).contains(f'"{file_id}"', autoescape=True) for one in fields]
    wanted = sa.select(records.rows.c.id).where(sa.or_(*named)).limit(1)
    return session.connection.execute(wanted, moment(session)).first() is not None


def get(session: Session, file_id: str) -> File:
    """A file that the principal may read. Raises `NotFound`, also for one that it may not."""
    found = known(session, readable(session, [file_id])).get(file_id)
    if found is None:
        raise NotFound(_("There is no such file (any more)."))
    return found


def note_uses(session: Session, table: Table, records: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    """Remember which records hold which files, in the transaction that writes them."""
    keys = [one.key for one in _fields_with_files(session, table)]
    if not keys:
        return
    rows = [
        {"file_id": file_id, "table_address": table.address, "record_id": record_id, "field": key}
        for record_id, values in records
        for key in keys
        for file_id in values.get(key) or ()
    ]
    if rows:
        statement = _insert_for(session)(file_uses).on_conflict_do_nothing()
        session.connection.execute(statement, rows)


def forget(session: Session, table: str, record_ids: Sequence[str] | None = None, field: str = "") -> None:
    """These records (None: all), or this field of theirs, are gone for good, their history too.

    What nothing else holds is removed by the next `sweep`.
    """
    gone = sa.delete(file_uses).where(file_uses.c.table_address == table)
    if record_ids is not None:
        gone = gone.where(among(session, file_uses.c.record_id, record_ids))
    if field:
        gone = gone.where(file_uses.c.field == field)
    session.connection.execute(gone)


def sweep(session: Session) -> list[str]:
    """Remove files that no record ever held, a day after they were brought; their ids. `sweep_folder` follows."""
    before = timestamp(session.now - UNSAVED)
    held = sa.exists(sa.select(1).where(file_uses.c.file_id == files.c.id))
    gone = list(
        session.connection.execute(
            sa.delete(files).where(files.c.uploaded_at < before, sa.not_(held)).returning(files.c.id)
        ).scalars()
    )
    workspace = session.workspace
    session.after_commit(lambda: _remove(workspace, gone))
    return gone


def sweep_folder(session: Session) -> int:
    """Remove what lies in the folder and is known to nobody (a server that died in an upload); how many files."""
    folder = path_of(session.workspace, "att").parent
    if not folder.is_dir():
        return 0
    old = (session.now - UNSAVED).timestamp()
    lying = {one for one in folder.iterdir() if one.stat().st_mtime < old}
    there = known(session, {one.name.partition(".")[0] for one in lying})
    strangers = [one for one in lying if one.name.partition(".")[0] not in there]
    for one in strangers:
        one.unlink(missing_ok=True)
    return len(strangers)


def _fields_with_files(session: Session, table: Table) -> list[Field]:
    """Remembered, since to ask every field for the protocol costs as much as writing a record."""
    return session.layout.remember(
        ("fields with files", table.address),
        lambda: [one for one in table.fields.values() if isinstance(one.kind, TakesFiles)],
    )


def file_problems(session: Session, table: Table, records: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """A problem for each value of a record that names a file that is not there, not the principal's, or not taken."""
    fields = [one for one in _fields_with_files(session, table) if one.writable]
    wanted = {file_id for values in records for one in fields for file_id in values.get(one.key) or ()}
    if not wanted:
        return []
    there = known(session, readable(session, wanted))
    problems = []
    for number, values in enumerate(records):
        for one in fields:
            ids = values.get(one.key) or ()
            says = _refused(one, [there.get(file_id) for file_id in ids])
            if says is not None:
                problems.append(Problem(f"/{number}/{one.key}", says, "invalid_value", list(ids)))
    return problems


def path_of(workspace: Workspace, file_id: str, size: str = "") -> Path:
    """Where a file lies, or a small picture of it."""
    return workspace.files / "attachments" / (f"{file_id}.{size}" if size else file_id)


def _refused(field: Field, held: Sequence[File | None]) -> Text | None:
    found = [one for one in held if one is not None]
    if len(found) < len(held):
        return _("{field} names a file that is not here (any more). Choose it again.", field=field.label)
    try:
        cast(TakesFiles, field.kind).judge(found, field.options)
    except InvalidValue as error:
        return _("{field} {problem}.", field=field.label, problem=error.says)
    return None


def _sizes(small: str | None) -> dict[str, tuple[int, int]]:
    return {name: (across, down) for name, (across, down) in json.loads(small or "{}").items()}


def _copy(stream: BinaryIO, path: Path, most: int) -> None:
    size = 0
    with path.open("wb") as kept:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > most:
                says = _("The file is larger than {limit} MB.", limit=most // 2**20)
                raise Refused([Problem("/file", says, "too_big")])
            kept.write(chunk)
    if not size:
        raise Refused([Problem("/file", _("The file is empty."), "empty")])


def _flushed(path: Path) -> str:
    """The fingerprint of the file, once it is on the disk."""
    with path.open("rb") as kept:
        digest = hashlib.file_digest(kept, "sha256").hexdigest()
        os.fsync(kept.fileno())
    return digest


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(workspace: Workspace, ids: Iterable[str]) -> None:
    for file_id in ids:
        for size in ("", "part", *pictures.SIZES):
            path_of(workspace, file_id, size).unlink(missing_ok=True)


def _may_read(session: Session, address: str) -> bool:
    table = session.layout.apps.tables.get(address)
    if table is None:  # removed from its app, where a later revision may find it again
        return session.principal.role in {"owner", "builder"}
    try:
        door.enter(session.principal, "read", table)
    except (Forbidden, NotFound):
        return False
    return True


def _insert_for(session: Session) -> Any:
    from sqlalchemy.dialects import postgresql, sqlite

    return postgresql.insert if session.dialect == "postgresql" else sqlite.insert
