"""Planned changes of people's tables, carried out in SQL by Alembic's Operations, inside the caller's transaction.

Nothing is dropped here: what a definition no longer names stays in the database, out of sight, so that going
back to an earlier revision brings it back. Adding something that is still there takes it up again.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterable
from functools import singledispatch
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import SAWarning

from engine.definitions.alteration import Alteration
from engine.definitions.apps import Apps
from engine.definitions.language import Field, Table
from engine.definitions.plan import AddField, AddTable, ChangeField, ConvertField
from engine.storage import indexes, sql_types
from engine.storage.index_shapes import PREFIX
from engine.storage.layout import ERROR_SUFFIX, Layout, fitting, sql_name
from engine.storage.session import Session

if TYPE_CHECKING:
    from alembic.operations import Operations


class Carrier:
    """What carrying out needs: the layouts before and after, and the operations."""

    def __init__(self, session: Session, old: Layout, new: Layout) -> None:
        # Imported where it is used: a quarter of the time that a command takes to start.
        from alembic.operations import Operations
        from alembic.runtime.migration import MigrationContext

        self.session = session
        self.old = old
        self.new = new
        self._operations = Operations(MigrationContext.configure(session.connection))
        self.inspector = sa.inspect(session.connection)

    @property
    def operations(self) -> Operations:
        """To be asked for anew for each operation: what the inspector remembers of the tables holds until the next."""
        self.inspector.clear_cache()
        return self._operations

    def columns(self, name: str) -> dict[str, Any]:
        """The columns that the SQL table has in the database by now."""
        return {one["name"]: one for one in self.inspector.get_columns(name)}

    def indexes(self, name: str) -> list[Any]:
        """The indexes of the SQL table, but for those of expressions."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # "skipped expression-based index"
            return self.inspector.get_indexes(name)

    def has_table(self, name: str) -> bool:
        return bool(self.inspector.has_table(name))


def carry_out(session: Session, old: Layout, new: Layout, alterations: Iterable[Alteration]) -> list[Field]:
    """Make the SQL tables hold what `new` says; the computed fields that must be worked out anew."""
    carrier = Carrier(session, old, new)
    for alteration in alterations:
        _carry_out(alteration, carrier)
    anew = _defined_anew(old, new)
    for field in anew:
        _ensure_field(field, carrier)
    return anew


def complete(session: Session, layout: Layout, fields: Iterable[Field]) -> None:
    """The columns of computed fields are all there, also those that only this version of the engine needs."""
    carrier = Carrier(session, session.layout, layout)
    for field in fields:
        _ensure_field(field, carrier)


def make_tables(session: Session, layout: Layout) -> None:
    """Make the SQL tables of a layout where there are none."""
    carrier = Carrier(session, Layout(Apps([]), 0), layout)
    for table in layout.apps.tables.values():
        _make_table(table, carrier)


def _defined_anew(old: Layout, new: Layout) -> list[Field]:
    """Stored computed fields that are new, or say something else, or now hold another type (of whichever app)."""
    return [
        field
        for table in new.apps.tables.values()
        for field in table.fields.values()
        if field.kind.computed and new.stored(field) and _meaning(field, new) != _meaning_before(field, old)
    ]


def _meaning(field: Field, layout: Layout) -> tuple[Any, ...]:
    through = layout.types.through(field)[1] if field.kind.over_link else None
    tied = (through.targets, through.many, through.inverse_of) if through else None
    settings = layout.apps[layout.table(field.table).app].settings if field.expression is not None else None
    kept = {key: value for key, value in field.options.items() if key != "format"}
    held = layout.types.of(field), layout.stored(field), layout.has_error(field)
    finds = tuple(one.table for one in layout.types.finds(field))  # a binding may lead to another table now
    # In full, with what types do not differ by: a select's choices and their order, what a linked record is called by.
    read = tuple(repr(layout.types.of(one)) for one in layout.types.read_for(field))
    ways = tuple(layout.types.inputs(field))  # what a record of any of several tables is called by
    return field.type, json.dumps(kept), tied, settings, *held, finds, read, ways


def _meaning_before(field: Field, old: Layout) -> tuple[Any, ...] | None:
    table = old.apps.tables.get(field.table)
    before = table.fields.get(field.key) if table else None
    return None if before is None or not before.kind.computed else _meaning(before, old)


def count_records(session: Session, table: Table) -> int:
    """How many records a table holds."""
    sql = session.layout.sql(table)
    return int(session.connection.execute(sa.select(sa.func.count()).select_from(sql)).scalar_one())


def count_values(session: Session, field: Field) -> int:
    """How many records have a value in the field."""
    table = session.layout.table(field.table)
    if field.many:
        if field.inverse_of is not None:
            return 0
        pairs = session.layout.links(field)
        return int(session.connection.execute(sa.select(sa.func.count(sa.distinct(pairs.c.record_id)))).scalar_one())
    if not session.layout.stored(field):
        return 0
    sql = session.layout.sql(table)
    column = sql.c[field.key]
    has_value = column.is_(sa.true()) if field.type == "checkbox" else column.is_not(None)
    counted = sa.select(sa.func.count()).select_from(sql).where(has_value)
    return int(session.connection.execute(counted).scalar_one())


def drop_tables(session: Session, names: Iterable[str]) -> None:
    """Drop SQL tables for good, where they are there."""
    _drop_tables(names, Carrier(session, session.layout, session.layout))


def drop_columns(session: Session, table: str, unwanted: Callable[[str], bool]) -> None:
    """Drop the columns of an SQL table whose names are `unwanted` for good, with the indexes on them."""
    _drop_columns(table, unwanted, Carrier(session, session.layout, session.layout))


def _drop_tables(names: Iterable[str], carrier: Carrier) -> None:
    for name in names:
        if carrier.has_table(name):
            carrier.operations.drop_table(name)


def _drop_columns(table: str, unwanted: Callable[[str], bool], carrier: Carrier) -> None:
    names = {name for name in carrier.columns(table) if unwanted(name)} if carrier.has_table(table) else set()
    for index in carrier.inspector.get_indexes(table) if names else ():
        if names & set(index["column_names"]) and index["name"]:
            carrier.operations.drop_index(index["name"], table_name=table)
    for name in sorted(names):
        carrier.operations.drop_column(table, name)


@singledispatch
def _carry_out(alteration: Alteration, carrier: Carrier) -> None:
    """Most alterations change no SQL table."""


@_carry_out.register
def _add_table(alteration: AddTable, carrier: Carrier) -> None:
    table = carrier.new.table(f"{alteration.app}.{alteration.table}")
    sql = carrier.new.sql(table)
    if carrier.has_table(sql.name):
        for field in table.fields.values():
            _ensure_field(field, carrier)
        return
    _make_table(table, carrier)


def _make_table(table: Table, carrier: Carrier) -> None:
    sql = carrier.new.sql(table)
    carrier.operations.create_table(sql.name, *(column._copy() for column in sql.columns))
    for field in table.fields.values():
        _ensure_links(field, carrier)
        _ensure_indexes(field, carrier)


@_carry_out.register
def _add_field(alteration: AddField, carrier: Carrier) -> None:
    table = carrier.new.table(f"{alteration.app}.{alteration.table}")
    _ensure_field(table.fields[alteration.field], carrier)


@_carry_out.register
def _change_field(alteration: ChangeField, carrier: Carrier) -> None:
    table = carrier.new.table(f"{alteration.app}.{alteration.table}")
    _ensure_field(table.fields[alteration.field], carrier)


@_carry_out.register
def _convert_field(alteration: ConvertField, carrier: Carrier) -> None:
    """The values have been read and are written anew, so nothing of the old ones may be left to be taken for new."""
    address = f"{alteration.app}.{alteration.table}"
    old, new = (one.table(address).fields[alteration.field] for one in (carrier.old, carrier.new))
    if alike(old, new):
        pass  # the column stays, and of its values those that the new type cannot hold are emptied
    elif old.many:
        _drop_tables([carrier.old.links(old).name], carrier)
    elif carrier.old.stored(old):
        _drop_columns(sql_name(address), {old.key, old.key + ERROR_SUFFIX}.__contains__, carrier)
    _ensure_field(new, carrier)


def alike(old: Field, new: Field) -> bool:
    """Whether both fields keep the same values in the same column, so that one can take them over as they are."""
    if old.is_link and new.is_link and (old.kind.of_any_table or new.kind.of_any_table):
        return old.many == new.many and not (old.is_side or new.is_side) and bool(set(old.targets) & set(new.targets))
    plain = not (old.is_link or new.is_link or old.kind.computed or new.kind.computed)
    return plain and old.kind.holds == new.kind.holds


def _ensure_field(field: Field, carrier: Carrier) -> None:
    """The field's SQL column (or table of links) exists and has the field's SQL type."""
    layout, table = carrier.new, carrier.new.table(field.table)
    name = sql_name(table.address)
    if layout.stored(field):
        present = carrier.columns(name)
        column = layout.sql(table).c[field.key]
        if field.key in present and not _same_type(present[field.key]["type"], column.type, carrier):
            _set_aside(name, field.key, present, carrier)
            present = carrier.columns(name)
        if field.key not in present:
            carrier.operations.add_column(name, column._copy())
        if layout.has_error(field) and field.key + ERROR_SUFFIX not in present:
            carrier.operations.add_column(name, sa.Column(field.key + ERROR_SUFFIX, sql_types.TEXT))
    _ensure_links(field, carrier)
    _ensure_indexes(field, carrier)


def _same_type(present: Any, wanted: Any, carrier: Carrier) -> bool:
    dialect = carrier.session.connection.dialect
    spelled = wanted.compile(dialect=dialect).upper().partition(" COLLATE")[0]
    return bool(present.compile(dialect=dialect).upper().partition(" COLLATE")[0] == spelled)


def _set_aside(name: str, key: str, present: dict[str, Any], carrier: Carrier) -> None:
    """Keep the values of another type under another name: the key is free, and nothing is lost."""
    number = 1
    while f"{key}__{number}" in present:
        number += 1
    for own in indexes.present(carrier.session):
        if own.startswith(f"{PREFIX}{name}__"):
            indexes.drop(carrier.session, own)  # it is made anew where it is still needed
    for index in carrier.indexes(name):
        if key in index["column_names"] and index["name"] and not index["name"].startswith(PREFIX):
            carrier.operations.drop_index(index["name"], table_name=name)
    carrier.operations.alter_column(name, key, new_column_name=f"{key}__{number}")


def _ensure_links(field: Field, carrier: Carrier) -> None:
    if not field.many or field.inverse_of is not None:
        return
    pairs = carrier.new.links(field)
    if not carrier.has_table(pairs.name):
        carrier.operations.create_table(pairs.name, *(column._copy() for column in pairs.columns))
        carrier.operations.create_index(fitting(f"ix_{pairs.name}"), pairs.name, ["linked_id"])


def _ensure_indexes(field: Field, carrier: Carrier) -> None:
    """A link is walked from its other side, and a unique value is looked up, so both have an index."""
    if field.many or not carrier.new.stored(field):
        return
    name = sql_name(field.table)
    present = {one["name"] for one in carrier.indexes(name)}
    plain, unique = fitting(f"ix_{name}__{field.key}"), fitting(f"ux_{name}__{field.key}")
    if field.is_link and plain not in present:
        carrier.operations.create_index(plain, name, [field.key])
    if field.unique and unique not in present:
        carrier.operations.create_index(unique, name, [field.key], unique=True)
    if not field.unique and unique in present:
        carrier.operations.drop_index(unique, table_name=name)
