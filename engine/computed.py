"""Computed fields kept right: after a write, set-based SQL along the graph of what depends on what.

A field's inputs are paths through links. When values at the end of a path change, the path is walked back to
the records that see them, and those alone are worked out again, in the same transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any, cast

import sqlalchemy as sa

from engine.affected import affected
from engine.definitions.language import Field, Table
from engine.definitions.scope import Path
from engine.definitions.types import Key
from engine.formulas.reading import Find
from engine.storage import record_rows
from engine.storage.adding import WorkedOut
from engine.storage.expressions import Clock, Records, clock_of
from engine.storage.groups import AllRecords
from engine.storage.layout import ERROR_SUFFIX, Layout
from engine.storage.record_rows import among_listed, listed
from engine.storage.session import Session
from engine.written import Ids, Written

LONGEST = 20_000  # characters of the SQL by which computed fields come with a new record


@dataclass(frozen=True)
class _Node:
    field: Field
    inputs: tuple[Path, ...]
    finds: tuple[Find, ...]
    needs: frozenset[Key]  # every field on those paths


def refresh(session: Session, written: Written, entirely: Collection[Key] = ()) -> None:
    """Work out again every stored computed field that what was written may have changed.

    `entirely` names computed fields that are new or defined anew: they are worked out for all records.
    Neighbouring fields of one table that concern the same records share one UPDATE.
    """
    if session.unsettled is not None:
        session.unsettled.append(written)
        return
    layout = session.layout
    own = _Own(written)
    waiting: dict[str, tuple[Ids, list[Field]]] = {}
    for node in layout.remember("computed", lambda: _sorted_nodes(layout)):
        table = layout.table(node.field.table)
        key = (table.address, node.field.key)
        ids = None if key in entirely else affected(session, table, node.inputs, node.finds, written)
        if ids is not None and not ids:
            continue
        written.wrote(table.address, [node.field.key], ids)
        session.touch(table.address, ids)
        if ids is not None and table.address in written.made and node.field in _came_with_new(session, table):
            ids = ids - written.made[table.address]
            if not ids:
                continue
        for address in {address for address, needed in node.needs if _is_waiting(waiting, address, needed)}:
            _work_out(session, layout.table(address), *waiting.pop(address), own)
        if table.address in waiting and waiting[table.address][0] != ids:
            _work_out(session, table, *waiting.pop(table.address), own)
        held = waiting.get(table.address, (ids, []))
        waiting[table.address] = (ids, [*held[1], node.field])
    session.written.append(written)
    for address, (ids, fields) in waiting.items():
        _work_out(session, layout.table(address), ids, fields, own)


@contextmanager
def later(session: Session) -> Iterator[None]:
    """What is written inside is worked out when the block ends, or at `settle`: for many writes, if nobody looks."""
    session.unsettled = []
    try:
        yield
        settle(session)
    finally:
        session.unsettled = None


def settle(session: Session) -> None:
    """Work out what waits for it."""
    if session.unsettled:
        waiting, session.unsettled = session.unsettled, None
        refresh(session, Written.of(waiting))
        session.unsettled = []


def following(layout: Layout, tables: Collection[str]) -> frozenset[Key]:
    """The stored computed fields that may change when records of these tables are written."""
    written = {(address, key) for address in tables for key in ("id", *layout.table(address).fields)}
    for table in layout.apps.tables.values():  # the other side of a link changes with it
        written |= {
            (table.address, one.key) for one in table.fields.values() if one.inverse_of and one.target in tables
        }
    found: set[Key] = set()
    for node in layout.remember("computed", lambda: _sorted_nodes(layout)):
        if node.needs & (written | found) or any(find.table in tables for find in node.finds):
            found.add((node.field.table, node.field.key))
    return frozenset(found)


def with_new(session: Session, table: Table) -> WorkedOut:
    """How computed fields are worked out while a record is added, from what it brings: those that need no more."""
    layout, clock, fields = session.layout, clock_of(session), _came_with_new(session, table)
    # It is asked again after this transaction, when the session is another's: the statement is kept.
    return lambda given: _of_new(layout, clock, table, given, fields)


def _came_with_new(session: Session, table: Table) -> list[Field]:
    """The computed fields that follow from the own values of a new record alone, in the order of working them out.

    An expression repeats what it is worked out from; where that gets long, an UPDATE is cheaper.
    """
    layout = session.layout

    def made() -> list[Field]:
        kept = [one.key for one in table.fields.values() if layout.stored(one) and not one.kind.computed]
        columns: dict[str, sa.ColumnElement[Any]] = {key: layout.sql(table).c[key] for key in ("id", *kept)}
        fields: list[Field] = []
        left = LONGEST
        for node in layout.remember("computed", lambda: _sorted_nodes(layout)):
            one = node.field
            if one.table != table.address or one.expression is None or layout.types.formula(one).uses_log or node.finds:
                continue
            if not all(len(path) == 1 and path[0] in columns for path in node.inputs):
                continue
            more = _of_new(layout, clock_of(session), table, columns, [one])
            left -= sum(len(str(value.compile(dialect=session.connection.dialect))) for value in more.values())
            if left < 0:
                break
            columns |= more
            fields.append(one)
        return fields

    return layout.remember(("of new", table.address), made)


def _of_new(
    layout: Layout, clock: Clock, table: Table, given: Mapping[str, sa.ColumnElement[Any]], fields: Sequence[Field]
) -> dict[str, sa.ColumnElement[Any]]:
    """The SQL of computed fields and of their errors, by column, for a record that is no row yet."""
    found: dict[str, sa.ColumnElement[Any]] = {}
    for one in fields:
        record = cast("sa.FromClause", _Given({**given, **found}))
        found |= _assignments(layout, Records(layout, table, record, clock), [one])
    return found


@dataclass(frozen=True)
class _Given:
    """What an expression sees of a record that is no row yet."""

    c: Mapping[str, sa.ColumnElement[Any]]


class _Own:
    """The records that were written: nobody else changes them before this transaction ends."""

    def __init__(self, written: Written) -> None:
        self._ids: dict[str, set[str]] = defaultdict(set)
        for (table, _key), ids in written.fields.items():
            self._ids[table] |= ids or set()

    def hold_others(self, session: Session, table: Table, ids: Ids) -> None:
        """Wait for whoever changes one of these records, too. What is asked afterwards sees what they have done."""
        others = None if ids is None else ids - self._ids[table.address]
        if others is None or others:
            record_rows.hold(session, table, others)


def read_through(session: Session) -> frozenset[Key]:
    """The links through which stored computed fields see other records, whoever asks."""
    layout = session.whole

    def made() -> frozenset[Key]:
        nodes = _sorted_nodes(layout)
        paths = [(node.field.table, path) for node in nodes for path in node.inputs]
        paths += [(find.table, path) for node in nodes for find in node.finds for path in find.paths]
        return frozenset(key for table, path in paths for key in list(keys_on(layout, table, path))[:-1])

    return layout.remember("read through", made)


def _is_waiting(waiting: Mapping[str, tuple[Ids, list[Field]]], address: str, key: str) -> bool:
    return address in waiting and any(one.key == key for one in waiting[address][1])


def _sorted_nodes(layout: Layout) -> list[_Node]:
    nodes: dict[Key, _Node] = {}
    for table in layout.apps.tables.values():
        for one in table.fields.values():
            if one.kind.computed and layout.stored(one):
                inputs, finds = tuple(layout.types.inputs(one)), tuple(layout.types.finds(one))
                paths = [(one.table, path) for path in inputs]
                paths += [(find.table, path) for find in finds for path in find.paths]
                needs = frozenset(key for start, path in paths for key in keys_on(layout, start, path))
                nodes[one.table, one.key] = _Node(one, inputs, finds, needs)
    order: TopologicalSorter[Key] = TopologicalSorter()
    for key, node in nodes.items():
        order.add(key, *(node.needs & nodes.keys()))
    return [nodes[key] for key in order.static_order()]


def keys_on(layout: Layout, table: str, path: Path) -> Iterable[Key]:
    """The fields on a path from `table`, each with its own table."""
    here: Table | None = layout.table(table)
    for part in path:
        if here is None:
            return
        one, behind = layout.apps.step(here, part)
        yield here.address, one.key if one else part
        here = behind


def _work_out(session: Session, table: Table, ids: Ids, fields: list[Field], own: _Own) -> None:
    own.hold_others(session, table, ids)

    def made() -> sa.Update:
        layout = session.layout
        sql = layout.sql(table)
        if ids is None:
            every = AllRecords(layout, table, sql, clock_of(session))
            return every.update(_assignments(layout, every, fields))
        values = _assignments(layout, Records(layout, table, sql, clock_of(session)), fields)
        return sa.update(sql).values(values).where(among_listed(session, sql.c.id))

    statement = session.prepared(("work out", table.address, ids is None, tuple(one.key for one in fields)), made)
    session.rows(statement, {} if ids is None else listed(session, ids))


def _assignments(layout: Layout, records: Records, fields: list[Field]) -> Mapping[str, Any]:
    values: dict[str, Any] = {}
    for one in fields:
        compiled = records.worked_out(one)
        values[one.key] = compiled.value
        if layout.has_error(one):
            values[one.key + ERROR_SUFFIX] = sa.null() if compiled.error is None else compiled.error
    return values


def differences(session: Session) -> Iterator[tuple[Field, sa.Select[tuple[str]]]]:
    """Every stored computed field, and the ids of the records where it has another value (or error) than is stored."""
    layout = session.layout
    clock = clock_of(session)
    for node in _sorted_nodes(layout):
        table = layout.table(node.field.table)
        sql = layout.sql(table)
        fresh = _assignments(layout, Records(layout, table, sql, clock), [node.field])
        differs = (sql.c[key].is_distinct_from(value) for key, value in fresh.items())
        yield node.field, sa.select(sql.c.id).where(sa.or_(*differs))
