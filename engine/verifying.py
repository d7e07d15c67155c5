"""Whether what is stored is what it should be: computed values worked out again, links followed to their ends.

Nothing is mended here. A difference is a fault of the engine, or of somebody who wrote into its tables.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine import computed
from engine.access import door
from engine.definitions.language import Field
from engine.storage.session import Session
from engine.storage.time_limits import WHOLE_TABLES
from engine.text import Text, _

SHOWN = 20  # records named of each difference


@dataclass(frozen=True)
class Difference:
    """A field that holds something wrong: in how many records, and the ids of the first of them."""

    table: str
    field: str
    count: int
    records: list[str]
    says: Text


def verify(session: Session, tell: Callable[[int], None] = lambda _fields: None) -> list[Difference]:
    """Everything that is not as it should be; empty when all is right. Reads every record, and writes nothing.

    `tell` is called with how many of the fields (`count`) have been looked at. Raises `Forbidden` for who may not
    build: it tells of everything.
    """
    door.enter_builder(session.principal)
    session.take_time(WHOLE_TABLES)
    steps = itertools.count(1)

    def step() -> None:
        tell(next(steps))

    return [*_computed(session, step), *links(session, step)]


def count(session: Session) -> int:
    """How many fields there are to look at: computed ones that are stored, and links. Raises as `verify` does."""
    door.enter_builder(session.principal)
    fields = [one for table in session.layout.apps.tables.values() for one in table.fields.values()]
    return sum(one.is_link and one.inverse_of is None for one in fields) + sum(
        1 for _each in computed.differences(session)
    )


def _computed(session: Session, step: Callable[[], None]) -> Iterator[Difference]:
    for field, wrong in computed.differences(session):
        step()
        yield from _difference(session, field, wrong, _("Another value is stored than it has now."))


def links(session: Session, step: Callable[[], None] = lambda: None) -> Iterator[Difference]:
    """A link leads to a record, and is seen from there: both ends of it are one thing that is stored."""
    layout = session.layout
    for table in layout.apps.tables.values():
        sql = layout.sql(table)
        for field in table.fields.values():
            if not field.is_link or field.inverse_of is not None:
                continue
            step()
            there = [layout.sql(layout.table(address)).alias() for address in field.targets]
            if not field.many:
                column = sql.c[field.key]
                lost = sa.select(sql.c.id).where(column.is_not(None), _lost(there, column))
            else:
                pairs = layout.links(field)
                lost = sa.select(pairs.c.record_id).where(_lost(there, pairs.c.linked_id))
                without = sa.select(pairs.c.record_id).where(~_holds(sql, pairs.c.record_id))
                yield from _difference(session, field, without, _("A record that is not there has links."))
            yield from _difference(session, field, lost, _("It leads to a record that is not there."))


def _lost(tables: Sequence[sa.FromClause], record_id: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return sa.and_(*(~_holds(table, record_id) for table in tables))


def _holds(table: sa.FromClause, record_id: sa.ColumnElement[Any]) -> sa.Exists:
    return sa.exists().where(table.c.id == record_id)


def _difference(session: Session, field: Field, wrong: sa.Select[tuple[str]], says: Text) -> Iterator[Difference]:
    found = wrong.distinct().subquery()
    count = session.connection.execute(sa.select(sa.func.count()).select_from(found)).scalar_one()
    if count:
        first = sa.select(found.c[0]).order_by(found.c[0]).limit(SHOWN)
        ids = list(session.connection.execute(first).scalars())
        yield Difference(field.table, field.key, int(count), ids, says)
