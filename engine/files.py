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
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa

from engine import pictures
from engine.access.principals import Principal
from engine.content_types import clean_name, content_type_of, kind_of
from engine.errors import Forbidden, Problem, Refused
from engine.ids import new_id
from engine.settings import Settings
from engine.storage.file_tables import file_uses, files
from engine.storage.record_rows import among
from engine.storage.session import Session, timestamp
from engine.storage.stores import Workspace
from engine.text import _

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

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """As the settings say."""
        return cls(settings.upload_mb * 2**20, settings.files_gb * 2**30)


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
        unlink(workspace, [received.id])
        raise
    return received


def receive(
    workspace: Workspace, stream: BinaryIO, name: str, limits: Limits, *, public: bool = False, file_id: str = ""
) -> File:
    """Put what `stream` holds into the data folder, safe against a loss of power; `add` then makes it known.

    Takes no transaction, since a long upload must not hold up others. A stranger's picture (`public`) is written anew
    without the place where it was taken. `file_id`: the one that it had elsewhere, which is free here. Raises
    `Refused` when it is too large or empty.
    """
    file_id = file_id or new_id("att")
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
        unlink(workspace, [file_id])
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


def add(session: Session, received: File, limits: Limits, *, by: str | None = None) -> None:
    """Make a received file known, brought by the principal or `by` somebody else.

    Raises `Refused` when the workspace has no room left for it.
    """
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
            uploaded_by=by or session.principal.id,
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


def brought_by(session: Session, ids: Collection[str]) -> dict[str, str]:
    """Which person, token or public form brought these files."""
    c = files.c
    wanted = sa.select(c.id, c.uploaded_by).where(among(session, c.id, set(ids))) if ids else None
    return {} if wanted is None else {row[0]: row[1] for row in session.connection.execute(wanted)}


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
    session.after_commit(lambda: unlink(workspace, gone))
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


def path_of(workspace: Workspace, file_id: str, size: str = "") -> Path:
    """Where a file lies, or a small picture of it."""
    return workspace.files / "attachments" / (f"{file_id}.{size}" if size else file_id)


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


def unlink(workspace: Workspace, ids: Iterable[str]) -> None:
    """Take files out of the data folder that nobody shall know of."""
    for file_id in ids:
        for size in ("", "part", *pictures.SIZES):
            path_of(workspace, file_id, size).unlink(missing_ok=True)
