"""The checks of all tables, asked after each write of every record whose answer the write may have changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from engine import formulas
from engine.affected import affected
from engine.definitions.language import Field, Table
from engine.definitions.rules import Check
from engine.definitions.scope import Path, RecordScope
from engine.errors import Problem, refuse
from engine.formulas import Compiled, lists
from engine.formulas.reading import Find
from engine.storage.expressions import Records, clock_of, moment
from engine.storage.layout import Layout
from engine.storage.record_rows import among
from engine.storage.session import Session
from engine.text import Text, _
from engine.written import Ids, Written


@dataclass(frozen=True)
class _Watched:
    """A check with what decides it: paths from its own table, and tables that it looks through.

    `field` is where its message stands, empty for none.
    """

    check: Check
    paths: tuple[Path, ...]
    finds: tuple[Find, ...]
    field: str


@contextmanager
def together(session: Session, table: Table | None = None, ids: Sequence[str] = ()) -> Iterator[None]:
    """Checks are asked once, when the block ends: for several writes that satisfy them only as a whole.

    Problems of the records `ids` of `table` are at `/<number>/<field>`, those of others at "".
    """
    if session.unchecked is not None:
        yield
        return
    with withheld(session) as writes:
        yield
    if writes:
        numbers = {record_id: number for number, record_id in enumerate(ids)}
        _hold(session, Written.of(writes), table.address if table else "", numbers)


@contextmanager
def withheld(session: Session) -> Iterator[list[Written]]:
    """What is written inside is collected; whoever opens the block asks the checks about it."""
    session.unchecked = []
    try:
        yield session.unchecked
    finally:
        session.unchecked = None


def after_write(session: Session, written: Written, table: Table, ids: Sequence[str]) -> None:
    """Ask what may have changed now that this was written; `ids` are the records that the caller gave, in order.

    Raises `Refused` with a problem at `/<number>/<field>` for the caller's records, at "" for others.
    """
    if session.unchecked is not None:
        session.unchecked.append(written)
        return
    _hold(session, written, table.address, {record_id: number for number, record_id in enumerate(ids)})


def read(layout: Layout) -> Iterator[tuple[str, Sequence[Path], Sequence[Find]]]:
    """What each check of the workspace reads: its table, the paths from there, and what it looks through."""
    for address, watched in _watched_in(layout).items():
        yield from ((address, one.paths, one.finds) for one in watched)


def broken(session: Session, table: Table, check: Check, most: int) -> tuple[int, list[str]] | None:
    """How many records of the table as it is now do not satisfy a check that is to come, and the ids of some.

    None when the check is about fields that are yet to come.
    """
    layout = session.layout
    try:
        asked = formulas.check(check.holds, _scope(layout, table))
    except formulas.FormulaError:
        return None
    sql = layout.sql(table)
    holds = formulas.compile(asked, _records(session, table)).value
    fails = sa.not_(sa.func.coalesce(holds, sa.false()))
    counted = sa.select(sa.func.count()).select_from(sql).where(fails)
    some = sa.select(sql.c.id).where(fails).order_by(sql.c.id).limit(most)
    found = list(session.connection.execute(some, moment(session)).scalars())
    return int(session.connection.execute(counted, moment(session)).scalar_one()), found


def problems(
    session: Session, written: Written, own: str, numbers: Mapping[str, int], doubtful: Written | None = None
) -> list[Problem]:
    """What the checks say of everything that was written, but for what something `doubtful` decides.

    At `/<number>/<field>` for the records `numbers` of the table at the address `own`, at "" for others.
    """
    found = []
    for address, watched in _watched_in(session.layout).items():
        table = session.layout.table(address)
        asked = [(one, affected(session, table, one.paths, one.finds, written)) for one in watched]
        if doubtful is not None:
            asked = [(one, _but_for(session, table, one, ids, doubtful)) for one, ids in asked]
        if any(ids is None or ids for _one, ids in asked):
            found += _broken(session, table, asked, numbers if address == own else {}, written)
    return found


def _but_for(session: Session, table: Table, watched: _Watched, ids: Ids, doubtful: Written) -> Ids:
    unclear = affected(session, table, watched.paths, watched.finds, doubtful)
    return set() if ids is None or unclear is None else ids - unclear


def _hold(session: Session, written: Written, own: str, numbers: Mapping[str, int]) -> None:
    refuse(problems(session, written, own, numbers))


def _broken(
    session: Session, table: Table, asked: list[tuple[_Watched, Ids]], numbers: Mapping[str, int], written: Written
) -> list[Problem]:
    """One SELECT for all checks of the table: the records that fail some, among those that each is asked of."""
    sql = session.layout.sql(table)
    checked = [formulas.check(one.check.holds, _scope(session.layout, table)) for one, _ids in asked]
    before = _Before(session, table, written) if any(_asks_before(one) for one in checked) else None
    records = _records(session, table, before)
    fails = [sa.not_(sa.func.coalesce(formulas.compile(one, records).value, sa.false())) for one in checked]
    title = table.fields[table.title]
    named = sql.c[title.key] if session.layout.stored(title) and not title.is_link else sql.c.id
    wanted = sa.select(sql.c.id, named, *fails).where(sa.or_(*fails))
    if before is not None:
        wanted = wanted.select_from(sql.outerjoin(before.rows, before.rows.c.key == sql.c.id))
    some = [ids for _one, ids in asked]
    if all(ids is not None for ids in some):
        wanted = wanted.where(among(session, sql.c.id, {one for ids in some for one in ids or ()}))
    found = []
    for record_id, name, *failed in session.connection.execute(wanted, moment(session)):
        for (one, ids), fail in zip(asked, failed, strict=True):
            if not fail or (ids is not None and record_id not in ids):
                continue
            if record_id in numbers:
                place = f"/{numbers[record_id]}/{one.field}" if one.field else f"/{numbers[record_id]}"
                found.append(Problem(place, Text("{says}", {"says": one.check.message}), "check"))
            else:
                says = _("{record}: {problem}", record=str(name or record_id), problem=one.check.message)
                found.append(Problem("", says, "check"))
    return found


class _Before:
    """What records held before the write, as SQL rows of their ids (`key`) and stored values (`value`, JSON).

    Created records held nothing; those that are not here hold what they held.
    """

    def __init__(self, session: Session, table: Table, written: Written) -> None:
        created: dict[str, Any] = {key: {} for key in written.fields.get((table.address, "id")) or ()}
        held = {**dict(reversed(written.held[table.address])), **created}
        given = sa.bindparam(None, json.dumps(held), type_=sa.Text)
        made = sa.func.json_each(given) if session.dialect == "sqlite" else sa.func.jsonb_each(sa.cast(given, JSONB))
        self.rows = made.table_valued(sa.column("key", sa.Text), "value", name="before")

    def value(self, now: Compiled, key: str) -> Compiled:
        """What the field held."""
        then = lists.member(self.rows.c.value, key, now.type)
        return Compiled(sa.case((self.rows.c.key.is_(None), now.value), else_=then), None, now.type)


def _asks_before(formula: formulas.Formula) -> bool:
    return any(path[0] == "previous" for path in formula.paths)


def _scope(layout: Layout, table: Table) -> RecordScope:
    return layout.types.scope(table.address, layout.types.before(table))


def _records(session: Session, table: Table, before: _Before | None = None) -> Records:
    """The table's records to a check; without `before`, they held what they hold."""
    layout, sql = session.layout, session.layout.sql(table)
    now = Records(layout, table, sql, clock_of(session))
    more: dict[Path, Compiled] = {}
    for path in layout.types.before(table):
        held = now.field(path[1])
        more[path] = held if before is None else before.value(held, path[1])
    return Records(layout, table, sql, clock_of(session), more)


def _watched_in(layout: Layout) -> dict[str, list[_Watched]]:
    """All checks of the workspace by the address of their table."""

    def made() -> dict[str, list[_Watched]]:
        tables = layout.apps.tables.values()
        return {one.address: list(_watched(layout, one)) for one in tables if one.rules.checks}

    return layout.remember("checks", made)


def _watched(layout: Layout, table: Table) -> Iterator[_Watched]:
    scope = _scope(layout, table)
    for check in table.rules.checks.values():
        paths, finds = layout.types.read_by(formulas.check(check.holds, scope), table.address)
        own = {path[0] for path in paths if path[0] in table.fields and _is_given(table.fields[path[0]])}
        yield _Watched(check, tuple(paths), tuple(finds), check.field or (own.pop() if len(own) == 1 else ""))


def _is_given(field: Field) -> bool:
    """Whether people type it into the record itself, so that a message can stand beside it."""
    return field.writable and not field.is_side
