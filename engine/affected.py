"""Which records what was written may have changed: the paths of what reads it, walked back from their ends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from engine import formulas
from engine.definitions.language import Field, Table
from engine.definitions.scope import Path
from engine.formulas.reading import Find
from engine.formulas.types import NUMBER, TEXT
from engine.storage import record_rows
from engine.storage.expressions import Records, clock_of
from engine.storage.layout import sql_type
from engine.storage.record_rows import among, among_listed, listed
from engine.storage.session import Session
from engine.written import Ids, Written, union

MAX_SOUGHT = 1_000  # values to look for; of more, all records are worked out
BLANKS = {None, "", 0}


def affected(session: Session, table: Table, inputs: Iterable[Path], finds: Iterable[Find], written: Written) -> Ids:
    """The records of `table` whose answer to something may have changed, by the paths and finds that it reads.

    None: all of them.
    """
    found = _seeing_any(session, table, inputs, written)
    for find in finds:
        if found is None:
            return None
        found = union(found, _looking_for(session, table, find, written))
    return found


def _seeing_any(session: Session, table: Table, paths: Iterable[Path], written: Written) -> Ids:
    found: set[str] = set()
    for path in paths:
        for length in range(1, len(path) + 1):
            ids = _seeing(session, table, path[:length], written)
            if ids is None:
                return None
            found |= ids
    return found


def _looking_for(session: Session, table: Table, find: Find, written: Written) -> Ids:
    """The records of `table` that look for records which changed, by what those say now and said before."""
    target = session.layout.table(find.table)
    changed = _seeing_any(session, target, find.paths, written)
    if changed is not None and not changed and find.table not in written.gone:
        return set()
    key = target.fields.get(find.key[0]) if find.key else None
    if changed is None or key is None or find.against is None or key.kind.computed or not session.layout.stored(key):
        return None
    sql = session.layout.sql(target)
    wanted = sa.select(sql.c[key.key]).where(among(session, sql.c.id, changed)).distinct()
    sought = {values.get(key.key) for _id, values in written.held[find.table]}
    sought |= set(session.connection.execute(wanted).scalars()) if changed else set()
    if len(sought) > MAX_SOUGHT:
        return None
    own = session.layout.sql(table)
    records = Records(session.layout, table, own, clock_of(session))
    says = formulas.compile(formulas.formula_of("", find.against), records)
    column = sa.type_coerce(says.value, sql_type(says.type))
    tests: list[sa.ColumnElement[bool]] = [column.in_([one for one in sought if one is not None])]
    if sought & BLANKS:
        tests += [column.is_(None), *([column == ""] if says.type == TEXT else [])]
        tests += [column == 0] if says.type == NUMBER else []
    return set(session.connection.execute(sa.select(own.c.id).where(sa.or_(*tests))).scalars())


def _seeing(session: Session, table: Table, path: Path, written: Written) -> Ids:
    """The records of `table` that see something changed at the end of `path`."""
    links: list[Field] = []
    here = table
    for part in path[:-1]:
        link, behind = session.layout.apps.step(here, part)
        if link is None or behind is None:
            raise TypeError(f"{'.'.join(path)} is no path of {table.address}")
        links.append(link)
        here = behind
    last, _behind = session.layout.apps.step(here, path[-1])
    ids = written.fields.get((here.address, last.key if last else path[-1]), set())
    if last is not None and last.inverse_of is not None:
        forward = (last.target or "", last.inverse_of)
        everything = forward in written.fields and written.fields[forward] is None
        ids = None if everything else union(ids, written.relinked.get(forward, set()))
    for number, link in enumerate(reversed(links), 1):
        ids = _back(session, link, ids, written)
        if ids and number < len(links):  # who links to them just now must come first, or wait and see all of this
            record_rows.hold(session, session.layout.table(link.table), ids)
    return ids


def _back(session: Session, link: Field, ids: Ids, written: Written) -> Ids:
    """The records whose `link` leads to one of `ids`."""
    if ids is None or not ids:
        return ids
    question = ((link.table, link.key), frozenset(ids))
    if question not in written.seen:
        statement = session.prepared(("back", link.table, link.key), lambda: _leading_to(session, link))
        written.seen[question] = {row[0] for row in session.rows(statement, listed(session, ids))}
    return written.seen[question]


def _leading_to(session: Session, link: Field) -> sa.Select[Any]:
    layout = session.layout
    if link.inverse_of is None and not link.many:
        sql = layout.sql(layout.table(link.table))
        return sa.select(sql.c.id).where(among_listed(session, sql.c[link.key]))
    if link.inverse_of is None:
        pairs = layout.links(link)
        return sa.select(pairs.c.record_id).where(among_listed(session, pairs.c.linked_id)).distinct()
    source = layout.table(link.target or "")
    forward = source.fields[link.inverse_of]
    if forward.many:
        pairs = layout.links(forward)
        return sa.select(pairs.c.linked_id).where(among_listed(session, pairs.c.record_id)).distinct()
    sql = layout.sql(source)
    column = sql.c[forward.key]
    return sa.select(column).where(among_listed(session, sql.c.id), column.is_not(None)).distinct()
