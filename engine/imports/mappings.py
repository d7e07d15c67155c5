"""Mappings kept under a name, for files that come again: one table's, used by whoever may import into it.

Changed by who made it, and by those who build. One that names fields which somebody may not see is not there for them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.access import door
from engine.errors import Forbidden, NotFound, Problem, Refused
from engine.ids import new_id
from engine.imports import keeping
from engine.imports.keeping import Import
from engine.imports.mapping import mapping_from
from engine.storage.import_tables import import_mappings as rows
from engine.storage.record_rows import among
from engine.storage.session import Session, timestamp
from engine.text import _

LONGEST_NAME = 100  # characters

_c = rows.c


@dataclass(frozen=True)
class SavedMapping:
    """`document` is a mapping without `new`; `kind` and `options` are those of the file that it was made for."""

    id: str
    table: str
    name: str
    document: dict[str, Any]
    kind: str
    options: dict[str, str]
    made_by: str | None
    changed_at: str
    changed_by: str | None


def listed(session: Session, table: str | None = None) -> list[SavedMapping]:
    """Those that the asker may use, of one table or of all, by name."""
    wanted = sa.select(rows).where(_c.forgotten_at.is_(None)).order_by(_c.table_address, _c.folded)
    if table is not None:
        wanted = wanted.where(_c.table_address == table)
    found = [_saved(row) for row in session.connection.execute(wanted).mappings()]
    return [one for one in found if _may_use(session, one)]


def get(session: Session, mapping_id: str) -> SavedMapping:
    """One that the asker may use. Raises `NotFound`."""
    return _get(session, sa.and_(_c.id == mapping_id, _c.forgotten_at.is_(None)))


def named(session: Session, table: str, name: str) -> SavedMapping:
    """The one of a table that has this name. Raises `NotFound` with the names that there are."""
    known = listed(session, table)
    found = next((one for one in known if _folded(one.name) == _folded(name)), None)
    if found is None:
        names = ", ".join(one.name for one in known) or _("none")
        raise NotFound(_("No mapping of this table is called {name}. There are: {names}.", name=name, names=names))
    return found


def keep(session: Session, import_id: str, name: str) -> SavedMapping:
    """Keep the mapping of an import under a name; one that this import was filled in with is changed.

    Raises `Refused` without a name or where another one has it, `Forbidden` for who may not change that one.
    """
    held = keeping.get(session, import_id)
    if held.mapping is None or held.table is None:
        raise Refused([Problem("/name", _("Say first which column goes where."), "mapping")])
    other = _called(session, held.table, name)
    if other is not None and _folded(held.mapping_name or "") != other.folded:
        raise _taken(name)
    columns = {
        column: {key: value for key, value in one.items() if key != "definition"}
        for column, one in held.mapping["columns"].items()
    }
    document = {**{key: value for key, value in held.mapping.items() if key != "new"}, "columns": columns}
    kept = put(session, held.table, name, document, held.kind, held.options)
    keeping.change(session, held, mapping_name=kept.name)
    return kept


def put(
    session: Session,
    table: str,
    name: str,
    document: Mapping[str, Any],
    kind: str = "",
    options: Mapping[str, str] = {},
) -> SavedMapping:
    """Keep this mapping under the name, in the place of one that has it.

    Raises `Refused` with every problem of the mapping at its JSON pointer, `Forbidden`, `NotFound`.
    """
    of = session.layout.table(table)
    door.enter(session.principal, "create", of)
    _check_name(name)
    mapping_from(document, list(document.get("columns") or ()), of)
    values = {
        "name": name.strip(),
        "document": _json(document),
        "kind": kind,
        "options": _json(options),
        "changed_at": timestamp(session.now),
        "changed_by": session.principal.user_id,
    }
    held = _called(session, table, name)
    if held is not None:
        _enter_change(session, held.made_by)
        session.connection.execute(sa.update(rows).where(_c.id == held.id).values(**values))
        return get(session, held.id)
    made = {"id": new_id("map"), "table_address": table, "folded": _folded(name), "made_by": session.principal.user_id}
    session.connection.execute(sa.insert(rows).values(**made, **values))
    return get(session, made["id"] or "")


def rename(session: Session, mapping_id: str, name: str) -> SavedMapping:
    """Call one otherwise, also where imports tell with which mapping they were filled in.

    Raises `Refused` at `/name`, `NotFound`, `Forbidden`.
    """
    held = get(session, mapping_id)
    _enter_change(session, held.made_by)
    _check_name(name)
    other = _called(session, held.table, name)
    if other is not None and other.id != held.id:
        raise _taken(name)
    values = {"name": name.strip(), "folded": _folded(name), "changed_at": timestamp(session.now)}
    session.connection.execute(
        sa.update(rows).where(_c.id == held.id).values(**values, changed_by=session.principal.user_id)
    )
    keeping.rename_mapping(session, held.table, held.name, name.strip())
    return get(session, held.id)


def remove(session: Session, mapping_id: str) -> SavedMapping:
    """Forget one, which can come back for a while; what was imported with it stays. Raises `NotFound`, `Forbidden`."""
    held = get(session, mapping_id)
    _enter_change(session, held.made_by)
    gone = sa.update(rows).where(_c.id == held.id).values(folded=held.id, forgotten_at=timestamp(session.now))
    session.connection.execute(gone)
    return held


def restore(session: Session, mapping_id: str) -> SavedMapping:
    """Bring a forgotten one back. Raises `Refused` where another has its name by now, `NotFound`, `Forbidden`."""
    held = _get(session, sa.and_(_c.id == mapping_id, _c.forgotten_at.is_not(None)))
    _enter_change(session, held.made_by)
    if _called(session, held.table, held.name) is not None:
        raise _taken(held.name)
    back = sa.update(rows).where(_c.id == held.id).values(folded=_folded(held.name), forgotten_at=None)
    session.connection.execute(back)
    return get(session, held.id)


def sweep(session: Session, before: datetime, most: int) -> int:
    """Remove at most `most` for good that were forgotten before then; how many that were."""
    old = sa.select(_c.id).where(_c.forgotten_at < timestamp(before)).order_by(_c.id).limit(most)
    ids = list(session.connection.execute(old).scalars())
    if ids:
        session.connection.execute(sa.delete(rows).where(among(session, _c.id, ids)))
    return len(ids)


def enter_change(session: Session, held: SavedMapping) -> None:
    """Raises `Forbidden` for who may not change it."""
    _enter_change(session, held.made_by)


def may_change(session: Session, held: SavedMapping) -> bool:
    """Whether the asker may change it; for showing only what is possible."""
    return session.principal.role in door.BUILDS or session.principal.user_id == held.made_by


def told_for(held: Import, saved: SavedMapping) -> dict[str, str]:
    """The options with which the file of an import is read as the mapping wants it."""
    return saved.options if saved.kind == held.kind else held.options


def _enter_change(session: Session, made_by: str | None) -> None:
    if session.principal.role not in door.BUILDS and session.principal.user_id != made_by:
        says = _("Only who made this mapping, owners and builders can change it. Keep yours under another name.")
        raise Forbidden(says)


def _get(session: Session, which: sa.ColumnElement[bool]) -> SavedMapping:
    row = session.connection.execute(sa.select(rows).where(which)).mappings().one_or_none()
    if row is None or not _may_use(session, _saved(row)):
        raise NotFound(_("There is no such mapping (any more)."))
    return _saved(row)


def _check_name(name: str) -> None:
    if not name.strip() or len(name.strip()) > LONGEST_NAME:
        says = _("Give the mapping a name of at most {most} characters.", most=LONGEST_NAME)
        raise Refused([Problem("/name", says, "required")])


def _taken(name: str) -> Refused:
    says = _("There is a mapping called {name} already. Choose another name.", name=name.strip())
    return Refused([Problem("/name", says, "taken", name)])


def _called(session: Session, table: str, name: str) -> Any:
    wanted = sa.select(_c.id, _c.made_by, _c.folded).where(_c.table_address == table, _c.folded == _folded(name))
    return session.connection.execute(wanted).one_or_none()


def _may_use(session: Session, saved: SavedMapping) -> bool:
    table = session.layout.apps.tables.get(saved.table)
    if table is None or not door.may(session.principal, "create", table):
        return False
    whole = session.whole.table(saved.table)
    fields = {one["field"] for one in saved.document["columns"].values()}
    return all(key in table.fields or key not in whole.fields for key in fields)


def _saved(row: Mapping[Any, Any]) -> SavedMapping:
    values = {key: row[key] for key in ("id", "name", "kind", "made_by", "changed_at", "changed_by")}
    unpacked = {key: json.loads(row[key]) for key in ("document", "options")}
    return SavedMapping(table=row["table_address"], **values, **unpacked)


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(dict(value), ensure_ascii=False)
