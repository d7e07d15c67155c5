"""Indexes that appear by themselves: where a saved view, or a slow question that repeats, needs one on a big table.

Each process remembers what was slow (`noticing`); the worker makes and drops (`tend`), outside of anybody's request.
What the owner does not want stays away.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from engine.access import door
from engine.definitions.language import Table
from engine.errors import FormworkError, NotFound
from engine.storage import indexes as sql_indexes
from engine.storage.conditions import condition_sql
from engine.storage.expressions import Records, clock_of
from engine.storage.index_shapes import Shape, index_of, shape_of
from engine.storage.index_tables import indexes
from engine.storage.session import Session, timestamp
from engine.storage.stores import Store, Workspace
from engine.text import _
from engine.view_types import view_types

LEAST_RECORDS = 2_000  # a smaller table is read faster than an index helps
MOST_PER_TABLE = 12  # each index makes every write a little slower
SLOW_SECONDS = 0.05
REPEATED = 3  # times a question is slow before it gets an index
UNUSED_DAYS = 60  # after which an index that no view asks for goes
BUILDING_HOURS = 6  # after which a build is taken for broken off
MOST_NOTICED = 1_000  # different slow questions that are remembered
ASKED = ""  # instead of a view: a question that was slow again and again


@dataclass
class _Noticed:
    """What this process has seen of one store since it last looked after its indexes."""

    slow: Counter[Shape] = field(default_factory=Counter)
    used: set[Shape] = field(default_factory=set)
    guard: threading.Lock = field(default_factory=threading.Lock)


_noticed: WeakKeyDictionary[Store, _Noticed] = WeakKeyDictionary()


@dataclass(frozen=True)
class Index:
    """One index: what it is of, why, and how it is getting on.

    `why` has the keys of the views that it serves, and `ASKED` for a question that repeats. `size` is in bytes, None
    where nobody knows.
    """

    name: str
    shape: Shape
    why: Sequence[str]
    state: str  # building | ready | refused | failed
    made_at: str
    used_at: str | None
    says: str | None
    size: int | None = None

    @property
    def fields(self) -> list[tuple[str, bool]]:
        """Its fields in order by key, and whether each runs from large to small."""
        sorted_by = [(one.removeprefix("-"), one.startswith("-")) for one in self.shape.sort]
        return [*((key, False) for key in self.shape.equal), *sorted_by]


@contextmanager
def noticing(session: Session, made: Callable[[], Shape | None]) -> Iterator[None]:
    """Remember what an index for the question inside would be of; one that is slow again and again gets it.

    Also one that takes too long to be answered. What strangers ask by a share makes none. `made` tells the shape from
    behind the door, so only once it is known that the question may be asked.
    """
    begun = time.perf_counter()
    try:
        yield
    except DBAPIError:
        _notice(session, made(), time.perf_counter() - begun)
        raise
    _notice(session, made(), time.perf_counter() - begun)


def _notice(session: Session, shape: Shape | None, seconds: float) -> None:
    if shape is None or session.principal.shared is not None:
        return
    noticed = _noticed.setdefault(session.store, _Noticed())
    with noticed.guard:
        noticed.used.add(shape)
        if seconds >= SLOW_SECONDS and (shape in noticed.slow or len(noticed.slow) < MOST_NOTICED):
            noticed.slow[shape] += 1


def of_table(session: Session, table: Table) -> list[Index]:
    """The indexes of a table that appeared by themselves, and those that were refused."""
    sizes = sql_indexes.sizes(session)
    found = [_index(row, sizes.get(row.name)) for row in _rows(session, table.address)]
    return [one for one in found if set(one.shape.keys) <= table.fields.keys()]  # as far as the asker sees them


def refuse(session: Session, name: str) -> Shape:
    """Drop an index for good. Raises `NotFound`, `Forbidden`."""
    shape = _of_builder(session, name)
    sql_indexes.drop(session, name)
    session.connection.execute(sa.update(indexes).where(indexes.c.name == name).values(state="refused", says=None))
    return shape


def permit(session: Session, name: str) -> Shape:
    """Let a refused or failed index appear again where it is needed. Raises `NotFound`, `Forbidden`."""
    shape = _of_builder(session, name)
    session.connection.execute(sa.delete(indexes).where(indexes.c.name == name, indexes.c.state != "ready"))
    return shape


def tend(workspace: Workspace) -> int:
    """Make the indexes that are needed by now and drop those that are not; how many were made."""
    with workspace.write() as session:
        wanted = _wanted(session)
        _keep_books(session, wanted)
        missing = _missing(session, wanted)
    return sum(_made(workspace, shape, why) for shape, why in missing)


def _wanted(session: Session) -> dict[Shape, list[str]]:
    """What views and slow questions need, on tables that are big."""
    wanted: dict[Shape, list[str]] = {}
    layout = session.layout
    for table in layout.apps.tables.values():
        of_views = layout.remember(("index shapes", table.address), partial(_of_views, session, table))
        slow = [(shape, ASKED) for shape in _slow(session, table)]
        if (of_views or slow) and sql_indexes.has_records(session, table, LEAST_RECORDS):
            for shape, reason in [*of_views, *slow]:
                wanted.setdefault(shape, []).append(reason)
    return wanted


def _of_views(session: Session, table: Table) -> list[tuple[Shape, str]]:
    found = []
    records = _records(session, table)
    for view in table.views.values():
        equal, sort = view_types[view.type].asks(view.options)
        wheres = [] if view.filter is None else [condition_sql(view.filter, records)]
        shape = shape_of(records, wheres, sort, equal)
        if shape is not None:
            found.append((shape, view.key))
    return found


def _slow(session: Session, table: Table) -> list[Shape]:
    noticed = _noticed.setdefault(session.store, _Noticed())
    with noticed.guard:
        return [one for one, times in noticed.slow.items() if times >= REPEATED and one.table == table.address]


def _keep_books(session: Session, wanted: dict[Shape, list[str]]) -> None:
    """Write down what was used, why each index is there, and drop those that nothing needs any more."""
    noticed = _noticed.setdefault(session.store, _Noticed())
    with noticed.guard:
        used = set(noticed.used)
        noticed.used.clear()
    now, there = timestamp(session.now), sql_indexes.present(session)
    long_ago = timestamp(session.now - timedelta(days=UNUSED_DAYS))
    broken_off = timestamp(session.now - timedelta(hours=BUILDING_HOURS))
    for row in _rows(session):
        index = _index(row)
        served = sorted({one for shape, why in wanted.items() if index.shape.serves(shape) for one in why})
        lost = index.state == "ready" and (index.name not in there or _name_now(session, index.shape) != index.name)
        idle = index.state == "ready" and not served and max(index.made_at, index.used_at or "") < long_ago
        if lost or idle or (index.state == "building" and index.made_at < broken_off):
            sql_indexes.drop(session, index.name)
            session.connection.execute(sa.delete(indexes).where(indexes.c.name == index.name))
            continue
        changed: dict[str, Any] = {}
        if any(index.shape.serves(one) for one in used) and (index.used_at or "")[:13] != now[:13]:
            changed["used_at"] = now  # to the hour: this is read, not counted
        if served and index.state == "ready" and served != list(index.why):
            changed["why"] = json.dumps(served)
        if changed:
            session.connection.execute(sa.update(indexes).where(indexes.c.name == index.name).values(**changed))


def _missing(session: Session, wanted: dict[Shape, list[str]]) -> list[tuple[Shape, list[str]]]:
    held = [_index(row) for row in _rows(session)]
    missing: list[tuple[Shape, list[str]]] = []
    # The longest first, since it may do for others.
    for shape, why in sorted(wanted.items(), key=lambda one: (-len(one[0].sort), one[0].keys)):
        known = [*(one.shape for one in held), *(one for one, _why in missing)]
        of_table = sum(one.table == shape.table for one in known)
        refused = any(one.state != "ready" and one.shape == shape for one in held)
        if not refused and of_table < MOST_PER_TABLE and not any(one.serves(shape) for one in known):
            missing.append((shape, why))
    return missing


def _made(workspace: Workspace, shape: Shape, why: Sequence[str]) -> bool:
    """Build one index. It is written down first, so that no other process builds it too."""
    with workspace.write() as session:
        table = session.layout.apps.tables.get(shape.table)
        if table is None:
            return False
        index = index_of(shape, _records(session, table))
        name = str(index.name)
        if session.connection.execute(sa.select(indexes.c.name).where(indexes.c.name == name)).first():
            return False
        row = {
            "name": name,
            "table_address": shape.table,
            "shape": json.dumps(shape.document),
            "why": json.dumps(sorted(set(why))),
        }
        session.connection.execute(sa.insert(indexes).values(**row, state="building", made_at=timestamp(session.now)))
    says: str | None = _("It could not be made.")
    try:
        sql_indexes.build(workspace, index)
        says = None
    except FormworkError as error:
        says = error.says
    finally:
        with workspace.write() as session:
            ended = {"state": "failed" if says else "ready", "says": says, "made_at": timestamp(session.now)}
            session.connection.execute(sa.update(indexes).where(indexes.c.name == name).values(**ended))
    noticed = _noticed.setdefault(workspace, _Noticed())
    with noticed.guard:
        for one in [one for one in noticed.slow if shape.serves(one)]:
            del noticed.slow[one]
    return says is None


def _of_builder(session: Session, name: str) -> Shape:
    door.enter_builder(session.principal)
    row = session.connection.execute(sa.select(indexes).where(indexes.c.name == name)).one_or_none()
    if row is None:
        raise NotFound(_("There is no such index."))
    return _index(row).shape


def _rows(session: Session, table: str | None = None) -> list[Any]:
    found = sa.select(indexes).order_by(indexes.c.table_address, indexes.c.made_at, indexes.c.name)
    if table is not None:
        found = found.where(indexes.c.table_address == table)
    return list(session.connection.execute(found))


def _index(row: Any, size: int | None = None) -> Index:
    shape = Shape.of(json.loads(row.shape))
    return Index(row.name, shape, json.loads(row.why), row.state, row.made_at, row.used_at, row.says, size)


def _name_now(session: Session, shape: Shape) -> str | None:
    """The name that an index of this shape would get; None when its table or fields are no more."""
    table = session.layout.apps.tables.get(shape.table)
    try:
        return str(index_of(shape, _records(session, table)).name) if table else None
    except KeyError:
        return None


def _records(session: Session, table: Table) -> Records:
    return Records(session.layout, table, session.layout.sql(table), clock_of(session))
