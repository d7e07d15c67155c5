"""Which records hold which files, and so who may read them.

Which records hold or ever held a file is kept (`_file_uses`), so that asking whether somebody may read it is one
question, and history and undo find it as long as the log does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, cast

import sqlalchemy as sa

from engine.access import door, past
from engine.definitions.language import Field, Table
from engine.errors import Forbidden, NotFound, Problem
from engine.field_types import InvalidValue, TakesFiles
from engine.files import File, known
from engine.formulas.types import FILE
from engine.queries import read_records
from engine.storage import record_rows
from engine.storage.expressions import Records, clock_of, moment
from engine.storage.file_tables import file_uses, files
from engine.storage.record_rows import among
from engine.storage.session import Session
from engine.text import Text, _


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


def _refused(field: Field, held: Sequence[File | None]) -> Text | None:
    found = [one for one in held if one is not None]
    if len(found) < len(held):
        return _("{field} names a file that is not here (any more). Choose it again.", field=field.label)
    try:
        cast(TakesFiles, field.kind).judge(found, field.options)
    except InvalidValue as error:
        return _("{field} {problem}.", field=field.label, problem=error.says)
    return None


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
