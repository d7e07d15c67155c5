"""What was deleted and can come back: records, fields, tables, apps; until it is purged, by the worker or on demand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from engine import audit, people
from engine.access import door, judging
from engine.definitions.language import Table
from engine.errors import NotFound, Refused
from engine.storage.record_rows import among
from engine.storage.rule_tables import trash
from engine.storage.session import Session
from engine.storage.trash_rows import Kind
from engine.text import Label, _
from engine.trash import parts, purging
from engine.trash import records as deleted_records

MOST_NAMED = 100  # of what came back, in the audit log


@dataclass(frozen=True)
class Trashed:
    """One deleted thing: what, whose, when, by whom; `count` is how many records or values went with it.

    `together` is how many things in the trash the same act deleted.
    """

    id: str
    kind: Kind
    app: str
    table: str | None
    key: str | None
    name: Label
    at: str
    by: str | None
    who: str
    count: int
    transaction_id: str
    revision: int | None
    together: int = 1


def entries(
    session: Session, limit: int = 50, offset: int = 0, *, after: tuple[str, str] | None = None
) -> list[Trashed]:
    """What is in the trash, newest first; parts of apps only for who may build them.

    `after` has the time and the id of the last one already seen, which may have been taken out meanwhile.
    """
    c = trash.c
    wanted = _wanted(session).order_by(c.at.desc(), c.id.desc()).limit(limit).offset(offset)
    if after is not None:
        wanted = wanted.where(sa.or_(c.at < after[0], sa.and_(c.at == after[0], c.id < after[1])))
    return _read(session, wanted)


def count(session: Session) -> int:
    """How many things there are in the trash."""
    counted = sa.select(sa.func.count()).select_from(_wanted(session).subquery())
    return int(session.connection.execute(counted).scalar_one())


def restore(session: Session, ids: Sequence[str]) -> list[Trashed]:
    """Bring things back under the keys that they had, with what was linked to them; what came back.

    Raises `Conflict` or `Refused` where something has taken its place, `NotFound` for what is not in the trash.
    """
    found = _named(session, ids)
    session.quiet = True  # what comes back happened long ago
    parts.restore(session, [one for one in found if one.kind != "record"])
    back = [one for one in found if one.kind == "record"]
    for address in {one.table or "" for one in back}:
        door.enter(session.principal, "create", session.layout.table(address))
    with session.behind():
        deleted_records.restore(session, back)
    for address in {one.table or "" for one in back}:
        given = {one.key or "": () for one in back if one.table == address}
        if problems := judging.problems(session, address, "create", given):
            raise Refused([replace(problems[0], at="")])
    says = _("brought back from the trash: {count}", count=len(found))
    audit.note(session, "trash.restored", says, ids=[one.key or one.table or one.app for one in found][:MOST_NAMED])
    return found


def together(session: Session, transaction_id: str) -> list[str]:
    """The ids of all things in the trash that one act deleted."""
    wanted = _wanted(session).where(trash.c.transaction_id == transaction_id).with_only_columns(trash.c.id)
    return list(session.connection.execute(wanted).scalars())


def purge(session: Session, ids: Sequence[str]) -> int:
    """Delete things for good, with their history; how many. Raises `Forbidden` for who may not build, `NotFound`."""
    door.enter_builder(session.principal)
    found = _named(session, ids)
    says = _("deleted {count} things for good", count=len(found))
    audit.note(session, "trash.purged", says, ids=[one.key or one.table or one.app for one in found])
    return purging.purge(session, [one.id for one in found])


def count_due(session: Session, before: str) -> int:
    """How many things were deleted before the instant `before`."""
    counted = sa.select(sa.func.count()).select_from(trash).where(trash.c.at < before)
    return int(session.connection.execute(counted).scalar_one())


def purge_due(session: Session, before: str, most: int = 1_000) -> int:
    """Delete for good what was deleted before the instant `before`, at most so many things; how many (the worker)."""
    wanted = sa.select(trash.c.id).where(trash.c.at < before).order_by(trash.c.at).limit(most)
    return purging.purge(session, list(session.connection.execute(wanted).scalars()))


def _named(session: Session, ids: Sequence[str]) -> list[Trashed]:
    found = {one.id: one for one in _read(session, _wanted(session).where(among(session, trash.c.id, ids)))}
    if missing := [one for one in ids if one not in found]:
        raise NotFound(_("{id} is not in the trash (any more).", id=missing[0]))
    return [found[one] for one in ids]


def _wanted(session: Session) -> sa.Select[tuple[object, ...]]:
    c = trash.c
    return sa.select(
        c.id,
        c.kind,
        c.app,
        c.table_address,
        c.key,
        c.name,
        c.at,
        c.by,
        c.count.label("how_many"),
        c.transaction_id,
        c.revision,
    ).where(_seen(session))


def _seen(session: Session) -> sa.ColumnElement[bool]:
    """What the asker may see: records of tables that are there, and parts of apps for builders.

    Whether a rule shows a record that is gone cannot be asked any more: then only their own deletions are shown.
    """
    c, tables = trash.c, session.layout.apps.tables.values()
    open_ones = [one.address for one in tables if one.rights is None or _all_named(session, one)]
    own = [one.address for one in tables if one.address not in open_ones]
    mine = sa.and_(c.table_address.in_(own), c.by == session.principal.user_id)
    here = sa.and_(c.kind == "record", sa.or_(c.table_address.in_(open_ones), mine))
    return sa.or_(here, c.kind != "record") if door.builds(session.principal) else here


def _all_named(session: Session, table: Table) -> bool:
    """Whether all records of a table are seen, with the field that they are called by."""
    rights = table.rights
    return rights is not None and rights.read is True and _is_named(session, table)


def _is_named(session: Session, table: Table) -> bool:
    return table.title == session.whole.table(table.address).title and not table.fields[table.title].masked


def _read(session: Session, wanted: sa.Select[tuple[object, ...]]) -> list[Trashed]:
    rows = session.connection.execute(wanted).all()
    known = people.names(session)
    acts = {row.transaction_id for row in rows}
    counted = sa.select(trash.c.transaction_id, sa.func.count()).where(among(session, trash.c.transaction_id, acts))
    grouped = session.connection.execute(counted.where(_seen(session)).group_by(trash.c.transaction_id))
    alike: dict[str, int] = {row[0]: row[1] for row in grouped}
    named = {one.address for one in session.layout.apps.tables.values() if _is_named(session, one)}
    return [
        Trashed(
            row.id,
            row.kind,
            row.app,
            row.table_address,
            row.key,
            json.loads(row.name) if row.kind != "record" or row.table_address in named else row.key,
            row.at,
            row.by,
            known.get(row.by or "", ""),
            row.how_many,
            row.transaction_id,
            row.revision,
            alike.get(row.transaction_id, 1),  # somebody may have taken it out at this moment
        )
        for row in rows
    ]
