"""Imports as the store keeps them: one row each, and one for whatever there was to say about a line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine import going_on
from engine.access.principals import Principal
from engine.errors import Conflict, NotFound
from engine.importers import Source, importers
from engine.imports import files
from engine.imports.carrying import Outcome
from engine.storage.import_tables import import_lines
from engine.storage.import_tables import imports as rows
from engine.storage.record_rows import among
from engine.storage.session import Session, timestamp
from engine.storage.stores import Workspace
from engine.text import Text, _

OPEN = ("uploaded", "mapped", "previewed", "failed", "undone")  # states in which it may still be mapped and run

_JSON = ("options", "details", "mapping", "counts", "made")


@dataclass(frozen=True)
class Import:
    """One import. `state`: uploaded, mapped, previewed, running, done, undone or failed (`says` tells why).

    `table` is the address of the table that it goes into, None while one is yet to be made. `details`: what was found
    in the file (`columns`, `size`, `line_count`, `encoding` ...). `counts`: `rows` and of them `new`, `changed`,
    `same`, `conflict`, `refused`, which add up; `noted`; what was `created` along the way; names `unknown`. `line`:
    while running. `mapping_name`: the kept mapping that it was filled in with, or that was made of its own.
    """

    id: str
    name: str
    kind: str
    table: str | None
    state: str
    options: dict[str, str]
    details: dict[str, Any]
    mapping: dict[str, Any] | None
    counts: dict[str, Any] | None
    made: dict[str, Any] | None
    transaction_id: str | None
    created_at: str
    created_by: str | None
    finished_at: str | None
    mapping_name: str | None
    says: Text | str | None
    line: int | None = field(default=None)

    @property
    def columns(self) -> list[str]:
        """The columns of the file."""
        return list(self.details["columns"])


@dataclass(frozen=True)
class ImportLine:
    """What there was to say about a line: `refused`, `noted` where it was taken but something left empty, or
    `conflict` where it would overwrite what was changed here.
    """

    line: int
    kind: str
    field: str
    says: Text | str


def add(
    session: Session,
    import_id: str,
    name: str,
    kind: str,
    table: str | None,
    options: Mapping[str, str],
    source: Source,
) -> Import:
    """A new import of a file that is kept already."""
    values = {
        "id": import_id,
        "name": name,
        "kind": kind,
        "table_address": table,
        "state": "uploaded",
        "options": _json(dict(options)),
        "details": _json({**source.details, "columns": source.columns}),
        "created_at": timestamp(session.now),
        "created_by": session.principal.user_id,
    }
    session.connection.execute(sa.insert(rows).values(**values))
    return get(session, import_id)


def get(session: Session, import_id: str) -> Import:
    """One import: the asker's own, or any for those who build. While it runs, `line` says how far it is.

    Raises `NotFound`.
    """
    found = session.connection.execute(sa.select(rows).where(rows.c.id == import_id)).mappings().one_or_none()
    if found is None or not _may_see(session.principal, found["created_by"]):
        raise NotFound(_("There is no such import (any more)."))
    return _with_progress(session.workspace, _import(found))


def listed(session: Session, limit: int = 100) -> list[Import]:
    """The imports that the asker may see, newest first."""
    found = session.connection.execute(sa.select(rows).order_by(rows.c.id.desc()).limit(limit)).mappings()
    seen = [_import(one) for one in found if _may_see(session.principal, one["created_by"])]
    return [_with_progress(session.workspace, one) for one in seen]


def lines(
    session: Session, import_id: str, kind: str | None = None, offset: int = 0, limit: int = 100
) -> list[ImportLine]:
    """What there was to say about single lines, in their order; only of one `kind` if given."""
    get(session, import_id)
    c = import_lines.c
    wanted = sa.select(c.line, c.kind, c.field, c.says).where(c.import_id == import_id).order_by(c.number)
    if kind is not None:
        wanted = wanted.where(c.kind == kind)
    return [ImportLine(*row) for row in session.connection.execute(wanted.limit(limit).offset(offset))]


def opened(session: Session, import_id: str) -> Import:
    """The import, kept from others until this transaction ends. Raises `Conflict` when it has been run."""
    session.connection.execute(sa.select(rows.c.id).where(rows.c.id == import_id).with_for_update())
    held = get(session, import_id)
    if held.state not in OPEN and held.state != "running":
        raise Conflict(_("This import is done already. Undo it first, or bring the file again."))
    return held


def source_of(session: Session, held: Import) -> Source:
    """The file of an import, opened. Raises `NotFound` when it is gone from the data folder."""
    path = files.path_of(session.workspace, held.id)
    if not path.is_file():
        raise NotFound(_("The file of this import is gone. Bring it again."))
    return importers[held.kind].open(path, held.options)


def keep_outcome(session: Session, held: Import, outcome: Outcome, **values: Any) -> Import:
    """Store what came of it, line by line and in numbers."""
    session.connection.execute(sa.delete(import_lines).where(import_lines.c.import_id == held.id))
    told = [
        {"import_id": held.id, "number": number, "line": line, "kind": kind, "field": one.field, "says": one.says}
        for number, (line, kind, one) in enumerate(outcome.told)
    ]
    if told:
        session.connection.execute(sa.insert(import_lines), told)
    return change(session, held, counts=outcome.counts(), **values)


def change(session: Session, held: Import, **values: Any) -> Import:
    """Store other values of an import; the import as it is then."""
    packed = {name: _json(value) if name in _JSON and value is not None else value for name, value in values.items()}
    session.connection.execute(sa.update(rows).where(rows.c.id == held.id).values(**packed))
    return get(session, held.id)


def rename_mapping(session: Session, table: str, old: str, new: str) -> None:
    """The mapping with which imports into the table were filled in is called otherwise."""
    named = sa.and_(rows.c.table_address == table, rows.c.mapping_name == old)
    session.connection.execute(sa.update(rows).where(named).values(mapping_name=new))


def _may_see(principal: Principal, created_by: str | None) -> bool:
    return principal.role in {"owner", "builder"} or (bool(principal.role) and principal.user_id == created_by)


def _with_progress(workspace: Workspace, held: Import) -> Import:
    line = going_on.how_far(files.path_of(workspace, held.id)) if held.state in OPEN else None
    return held if line is None else replace(held, state="running", line=line)


def _import(row: Mapping[Any, Any]) -> Import:
    values = {name: json.loads(row[name]) if name in _JSON and row[name] is not None else row[name] for name in row}
    values["table"] = values.pop("table_address")
    return Import(**values)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def remove(session: Session, ids: Sequence[str]) -> None:
    """Forget imports, and once that is certain their files."""
    session.connection.execute(sa.delete(import_lines).where(among(session, import_lines.c.import_id, ids)))
    session.connection.execute(sa.delete(rows).where(among(session, rows.c.id, ids)))
    workspace = session.workspace
    session.after_commit(lambda: files.remove(workspace, ids))


def forget(session: Session, before: datetime, most: int) -> int:
    """Remove imports begun before that were never carried out, and the files of those that were; how many.

    What an import did stays in the log and can be undone without its file.
    """
    old = rows.c.created_at < timestamp(before)
    never = sa.select(rows.c.id).where(old, rows.c.state.in_(OPEN)).order_by(rows.c.id).limit(most)
    ids = list(session.connection.execute(never).scalars())
    if ids:
        remove(session, ids)
    done = sa.select(rows.c.id).where(old, rows.c.state.not_in(OPEN))
    workspace = session.workspace
    kept = [one for one in session.connection.execute(done).scalars() if files.path_of(workspace, one).exists()]
    session.after_commit(lambda: files.remove(workspace, kept))
    return len(ids)
