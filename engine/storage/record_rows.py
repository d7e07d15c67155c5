"""Records as SQL rows: inserting, updating, deleting and reading them in sets, links to many included.

No rules here: values have been accepted, and the door passed, before anything arrives.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from engine.definitions.language import SYSTEM_FIELDS, Field, Table
from engine.storage import sql_types
from engine.storage.adding import Adding, WorkedOut, array_of
from engine.storage.prepared import Prepared
from engine.storage.session import Session

Values = dict[str, Any]
Hold = Literal["", "there", "unchanged"]
IDS = "ids"  # the parameter with the records that a prepared statement is about
MOST_VALUES = 20_000  # parameters of one statement
BETWEEN = "\x1f"  # stands between ids in one text; no id has it


def among(session: Session, column: ColumnElement[Any], ids: Collection[str]) -> ColumnElement[bool]:
    """`column` is one of `ids`, however many: one parameter, so one statement for all counts."""
    if len(ids) == 1:
        return column == next(iter(ids))
    if session.dialect == "postgresql":
        return column == sa.func.any(_array(sa.bindparam(None, BETWEEN.join(ids), type_=sa.Text)))
    listed = sa.func.json_each(sa.bindparam(None, json.dumps(list(ids)), type_=sa.Text)).table_valued("value")
    return column.in_(sa.select(listed.c.value))


def among_values(session: Session, column: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """`column` is one of `values` as records hold them, at most `MOST_VALUES`: one statement for all counts."""
    if session.dialect == "postgresql":
        item = sa.Text() if isinstance(column.type, sql_types.Text) else column.type
        array = sa.cast(sa.bindparam(None, array_of(column.type, list(values)), type_=sa.Text), sa.ARRAY(item))
        return column == sa.func.any(array)
    if all(isinstance(value, str) for value in values):
        return among(session, column, values)
    return column.in_(values)


def among_listed(session: Session, column: ColumnElement[Any]) -> ColumnElement[bool]:
    """The same for a prepared statement, which is given them as `listed` says."""
    ids = sa.bindparam(IDS, type_=sa.Text)
    if session.dialect == "postgresql":
        return column == sa.func.any(_array(ids))
    return column.in_(sa.select(sa.func.json_each(ids).table_valued("value").c.value))


def listed(session: Session, ids: Collection[str]) -> dict[str, Any]:
    """The parameter of `among_listed`."""
    return {IDS: BETWEEN.join(ids) if session.dialect == "postgresql" else json.dumps(list(ids))}


def _array(ids: sa.BindParameter[str]) -> ColumnElement[Any]:
    # The driver takes five times as long with a list.
    return sa.func.string_to_array(ids, BETWEEN, type_=sa.ARRAY(sa.Text))


def stored_fields(session: Session, table: Table) -> list[Field]:
    """The fields whose values people or the engine put into a column of the record, computed ones excepted."""
    return [one for one in table.fields.values() if not one.kind.computed and session.layout.stored(one)]


def many_links(table: Table) -> list[Field]:
    """The links to many that this table owns (not the other sides of links elsewhere)."""
    return [one for one in table.fields.values() if one.many and one.inverse_of is None]


def insert(session: Session, table: Table, records: Sequence[tuple[str, Values]], worked_out: WorkedOut) -> None:
    """Add records: `(id, values by key)`, system fields included; missing values are empty.

    `worked_out` gives what they are added with beside that (see `Adding`), always the same for a table.
    """
    sql = session.layout.sql(table)
    empty = {one.key: one.kind.empty() for one in stored_fields(session, table)}
    adding = session.layout.remember(("insert", table.address), lambda: Adding(sql, ["id", *empty], worked_out))
    columns = [[values.get(key, nothing) for _id, values in records] for key, nothing in empty.items()]
    session.add(adding, [[record_id for record_id, _values in records], *columns])
    for field in many_links(table):
        _insert_links(session, field, {record_id: values.get(field.key) or [] for record_id, values in records})


def update(session: Session, table: Table, changes: Mapping[str, Values]) -> None:
    """Set the given values of the given records; values not named stay."""
    sql = session.layout.sql(table)
    many = {field.key: field for field in many_links(table)}
    plain = [
        (record_id, {key: value for key, value in values.items() if key not in many})
        for record_id, values in changes.items()
    ]
    by_keys = sorted(
        ((tuple(sorted(values)), record_id, values) for record_id, values in plain), key=lambda one: one[0]
    )
    for keys, group in groupby(by_keys, key=lambda one: one[0]):
        if not keys:
            continue

        def made(keys: Sequence[str] = keys) -> sa.Update:
            values = {key: sa.bindparam(f"new_{key}", type_=sql.c[key].type) for key in keys}
            return sa.update(sql).where(sql.c.id == sa.bindparam("the_id", type_=sa.Text)).values(values)

        session.run(
            session.prepared(("update", table.address, keys), made),
            [
                {"the_id": record_id, **{f"new_{key}": value for key, value in values.items()}}
                for _keys, record_id, values in group
            ],
        )
    for key, field in many.items():
        relinked = {record_id: values[key] or [] for record_id, values in changes.items() if key in values}
        if relinked:
            pairs = session.layout.links(field)
            session.connection.execute(sa.delete(pairs).where(among(session, pairs.c.record_id, relinked)))
            _insert_links(session, field, relinked)


def set_texts(session: Session, column: sa.Column[Any], pairs: Sequence[tuple[str, str]]) -> None:
    """Set one column of many records, given as (id, text), in one statement."""
    if not pairs:
        return
    if session.dialect == "postgresql":
        ids, texts = (sa.bindparam(None, list(one), type_=sa.ARRAY(sa.Text)) for one in zip(*pairs, strict=True))
        source = sa.func.unnest(ids, texts).table_valued("id", "text").render_derived()
        given = sa.select(source.c.id, source.c.text).subquery()
    else:
        listed = sa.func.json_each(sa.bindparam(None, json.dumps(pairs), type_=sa.Text)).table_valued("value")
        at = [
            sa.func.json_extract(listed.c.value, f"$[{number}]").label(name)
            for number, name in enumerate(("id", "text"))
        ]
        given = sa.select(*at).subquery()
    statement = (
        sa.update(column.table)
        .where(column.table.c.id == given.c.id)
        .values({column.key: sa.cast(given.c.text, column.type)})
    )
    session.connection.execute(statement)


def delete(session: Session, table: Table, ids: Collection[str]) -> None:
    """Remove records and their own links to many."""
    sql = session.layout.sql(table)
    session.connection.execute(sa.delete(sql).where(among(session, sql.c.id, ids)))
    for field in many_links(table):
        pairs = session.layout.links(field)
        session.connection.execute(sa.delete(pairs).where(among(session, pairs.c.record_id, ids)))


def read(session: Session, table: Table, ids: Collection[str], *, lock: bool = False) -> dict[str, Values]:
    """The stored values (computed ones excepted) of those records that exist, by id; system fields included.

    `lock` keeps other writers of the same records waiting until this transaction ends.
    """
    if not ids:
        return {}
    sql = session.layout.sql(table)
    keys = [one.key for one in stored_fields(session, table)]

    def made() -> sa.Select[Any]:
        wanted = sa.select(sql.c.id, *(sql.c[key] for key in keys)).where(among_listed(session, sql.c.id))
        return wanted.order_by(sql.c.id).with_for_update() if lock and session.dialect == "postgresql" else wanted

    statement = session.prepared(("read", table.address, lock), made)
    found = {row[0]: dict(zip(keys, row[1:], strict=True)) for row in session.rows(statement, listed(session, ids))}
    for field in many_links(table):
        for record_id, linked in linked_ids(session, field, found).items():
            found[record_id][field.key] = linked
    return found


def linked_ids(session: Session, field: Field, record_ids: Collection[str]) -> dict[str, list[str]]:
    """For each record the ids that a link to many holds, in order; the other side of a link likewise."""
    linked: dict[str, list[str]] = {record_id: [] for record_id in record_ids}
    if not record_ids:
        return linked
    statement = session.prepared(("pairs", field.table, field.key), lambda: _pairs(session, field))
    for record_id, other in session.rows(statement, listed(session, record_ids)):
        linked[record_id].append(other)
    return linked


def _pairs(session: Session, field: Field) -> sa.Select[Any]:
    layout = session.layout
    if field.inverse_of is None:
        pairs = layout.pairs(field)
        return (
            sa.select(pairs.c.record_id, pairs.c.linked_id)
            .where(among_listed(session, pairs.c.record_id))
            .order_by(pairs.c.record_id, pairs.c.position)
        )
    source = layout.table(field.target or "")
    forward = source.fields[field.inverse_of]
    if forward.many:
        pairs = layout.pairs(forward)
        return (
            sa.select(pairs.c.linked_id, pairs.c.record_id)
            .where(among_listed(session, pairs.c.linked_id))
            .order_by(pairs.c.linked_id, pairs.c.record_id)
        )
    rows = layout.rows(source)
    column = layout.leads(rows, forward)
    key = field.ordered_by
    order = [] if key is None or key not in rows.c else [rows.c[key].nulls_last()]
    return sa.select(column, rows.c.id).where(among_listed(session, column)).order_by(column, *order, rows.c.id)


def existing(session: Session, table: Table, ids: Collection[str], *, hold: Hold = "") -> set[str]:
    """Those of `ids` that are records of the table.

    `hold`: until this transaction ends nobody else deletes them (`there`), or nobody changes them either (`unchanged`).
    """
    if not ids:
        return set()
    return {row[0] for row in session.rows(_existing(session, table, hold), listed(session, ids))}


def _existing(session: Session, table: Table, hold: Hold) -> Prepared:
    rows = session.layout.rows(table)
    hold = hold if session.dialect == "postgresql" else ""  # on SQLite a writer is alone

    def made() -> sa.Select[Any]:
        wanted = sa.select(rows.c.id).where(among_listed(session, rows.c.id))
        return wanted.order_by(rows.c.id).with_for_update(read=hold == "there", key_share=True) if hold else wanted

    return session.prepared(("existing", table.address, hold), made)


def existing_in(session: Session, tables: Iterable[str], ids: Collection[str], *, hold: Hold = "") -> set[str]:
    """The same of several tables, by their addresses: a record is in one of them only."""
    found: set[str] = set()
    for address in tables:
        left = set(ids) - found
        if left and address in session.layout.apps.tables:
            found |= existing(session, session.layout.table(address), left, hold=hold)
    return found


def hold(session: Session, table: Table, ids: Collection[str] | None) -> None:
    """Until this transaction ends nobody else changes these records (None: any of the table).

    What is asked afterwards sees what whoever changed them before has done.
    """
    if session.dialect == "sqlite":  # where a writer is alone
        return
    if ids is not None:
        session.run(_existing(session, table, "unchanged"), [listed(session, ids)] if ids else [])
    elif not session.layout_changed:  # who changes the tables is alone
        sql = session.layout.sql(table)
        wanted = sa.select(sql.c.id).order_by(sql.c.id).with_for_update(key_share=True)
        session.connection.execute(sa.select(sa.func.count()).select_from(wanted.subquery()))


def _insert_links(session: Session, field: Field, linked: Mapping[str, Iterable[str]]) -> None:
    rows = [
        {"record_id": record_id, "linked_id": other, "position": position}
        for record_id, others in linked.items()
        for position, other in enumerate(others)
    ]
    if rows:
        session.connection.execute(sa.insert(session.layout.links(field)), rows)


def referring(session: Session, table: Table, ids: Collection[str]) -> dict[tuple[str, str], dict[str, list[str]]]:
    """For each link elsewhere that leads to some of `ids`: its (table address, key), and who links to which."""
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for other in session.layout.apps.tables.values():
        for field in other.fields.values():
            if table.address not in field.targets or field.inverse_of is not None:
                continue
            links: dict[str, list[str]] = defaultdict(list)
            if field.many:
                pairs = session.layout.links(field)
                wanted = sa.select(pairs.c.record_id, pairs.c.linked_id).where(among(session, pairs.c.linked_id, ids))
            else:
                sql = session.layout.sql(other)
                column = sql.c[field.key]
                wanted = sa.select(sql.c.id, column).where(among(session, column, ids))
            for record_id, linked in session.connection.execute(wanted):
                links[record_id].append(linked)
            if links:
                found[other.address, field.key] = dict(links)
    return found


def system_values(by: str | None, at: str) -> Values:
    """Who and when, for a record that is made now."""
    return dict(zip(SYSTEM_FIELDS, (at, by, at, by), strict=True))
