"""Tables whose records lie under one another: no record comes to lie under itself."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from engine import queries
from engine.definitions.language import Field, Table
from engine.errors import Problem, Refused
from engine.storage.expressions import moment
from engine.storage.record_rows import among
from engine.storage.session import Session
from engine.text import _
from engine.written import Written

MAX_DEPTH = 100  # records above one that are listed


def after_write(session: Session, written: Written, table: Table, ids: Sequence[str]) -> None:
    """Raises `Refused` at `/<number>/<parent>`, with the way round named, where a record now lies under itself."""
    for field in table.fields.values():
        if field.kind.tree and (table.address, field.key) in written.fields:
            _refuse_rounds(session, table, field, ids)


def above(session: Session, table: Table, record_id: str) -> list[str]:
    """The records that this one lies under, the topmost first; empty where the table is no tree."""
    field = next((one for one in table.fields.values() if one.kind.tree), None)
    return [] if field is None else _way_up(session, table, field, record_id)[:0:-1]


def _refuse_rounds(session: Session, table: Table, field: Field, ids: Sequence[str]) -> None:
    if session.dialect == "postgresql":  # two who move branches at once could each see only half of a round
        lock = sa.text("SELECT pg_advisory_xact_lock(hashtext(current_schema()), hashtext(:tree))")
        session.connection.execute(lock, {"tree": f"{table.address}.{field.key}"})
    sql = session.layout.sql(table)
    parent = sql.c[field.key]
    first = sa.select(sql.c.id.label("start"), parent.label("at"))
    up = first.where(among(session, sql.c.id, ids), parent.is_not(None)).cte(recursive=True)
    up = up.union(sa.select(up.c.start, parent).where(sql.c.id == up.c.at, parent.is_not(None)))
    found = set(session.connection.execute(sa.select(up.c.start).where(up.c.start == up.c.at)).scalars())
    problems = []
    for number, record_id in enumerate(ids):
        if record_id in found:
            way = [*_way_up(session, table, field, record_id), record_id]
            names = _names(session, table, way)
            says = _("It would lie under itself: {way}.", way=" › ".join(names.get(one, one) for one in way))
            problems.append(Problem(f"/{number}/{field.key}", says, "cycle"))
    if problems:
        raise Refused(problems)


def _names(session: Session, table: Table, ids: Sequence[str]) -> dict[str, str]:
    """What the records are called, as far as the asker sees them."""
    with session.in_front() as layout:
        seen = queries.titles(session, table.address, ids) if table.address in layout.apps.tables else {}
    return {one: seen.get(one, "…") for one in ids}


def _way_up(session: Session, table: Table, field: Field, record_id: str) -> list[str]:
    """The record itself, then those above it, until the top or where it comes round."""
    sql = session.layout.rows(table)
    parent = sql.c[field.key]
    first = sa.select(sql.c.id, parent.label("above"), sa.literal(0).label("depth")).where(sql.c.id == record_id)
    up = first.cte(recursive=True)
    step = sa.select(sql.c.id, parent, up.c.depth + 1)
    up = up.union_all(step.where(sql.c.id == up.c.above, sql.c.id != record_id, up.c.depth < MAX_DEPTH))
    return list(session.connection.execute(sa.select(up.c.id).order_by(up.c.depth), moment(session)).scalars())
