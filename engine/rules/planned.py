"""Rules that are to come, held against the records that are there: how many break them, and which."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from engine.definitions.language import Field, Table
from engine.definitions.rules import Unique
from engine.errors import Problem
from engine.rules import checks, unique
from engine.storage.layout import Layout
from engine.storage.record_rows import among
from engine.storage.session import Session
from engine.text import _

NAMED = 5  # records whose names are told


def problems(session: Session, app: str, after: Layout) -> Iterator[Problem]:
    """What the records of the app's tables, as they are now, have against its rules in `after`.

    Values that are to be alike are errors; a check that some do not satisfy, or a field that is empty, is a warning.
    """
    for key, table in after.apps[app].tables.items():
        before = session.layout.apps.tables.get(table.address)
        if before is not None:
            yield from _of_unique(session, f"/tables/{key}", before, table)
            yield from _of_checks(session, f"/tables/{key}", before, table)
            yield from _of_required(session, f"/tables/{key}", before, table)


def _of_unique(session: Session, at: str, before: Table, table: Table) -> Iterator[Problem]:
    asked = [
        (f"{at}/unique/{key}", rule)
        for key, rule in table.rules.unique.items()
        if before.rules.unique.get(key) != rule and set(rule.fields) <= before.fields.keys()
    ]
    newly = (one for one in table.declared if one.unique and not one.many and not _was(before, one, "unique"))
    asked += [(f"{at}/fields/{one.key}/unique", Unique("", (one.key,))) for one in newly if one.key in before.fields]
    for place, rule in asked:
        groups = unique.alike(session, before, rule)
        if groups:
            ids = [one for group in groups for one in group]
            says = _(
                "{count} records of {table} hold the same: {names}. Make them differ first.",
                count=len(ids),
                table=table.plural or table.label,
                names=_names(session, before, ids, len(ids)),
            )
            yield Problem(place, says, "not_unique")


def _of_checks(session: Session, at: str, before: Table, table: Table) -> Iterator[Problem]:
    for key, check in table.rules.checks.items():
        held = before.rules.checks.get(key)
        if held is not None and held.holds == check.holds:
            continue
        found = checks.broken(session, before, check, NAMED)
        if found is not None and found[0]:
            says = _(
                "{count} records of {table} do not satisfy this: {names}. They stay, and must be put right when they "
                "are changed.",
                count=found[0],
                table=table.plural or table.label,
                names=_names(session, before, found[1], found[0]),
            )
            yield Problem(f"{at}/checks/{key}", says, "check", severity="warning")


def _of_required(session: Session, at: str, before: Table, table: Table) -> Iterator[Problem]:
    sql = session.layout.sql(before)
    for one in table.declared:
        if not one.required or one.key not in before.fields or _was(before, one, "required"):
            continue
        if not session.layout.stored(before.fields[one.key]):
            continue
        ids = list(session.connection.execute(sa.select(sql.c.id).where(sql.c[one.key].is_(None))).scalars())
        if ids:
            says = _(
                "{count} records of {table} are empty there: {names}.",
                count=len(ids),
                table=table.plural or table.label,
                names=_names(session, before, ids, len(ids)),
            )
            yield Problem(f"{at}/fields/{one.key}/required", says, "required", severity="warning")


def _was(before: Table, field: Field, what: str) -> bool:
    held = before.fields.get(field.key)
    return held is not None and bool(getattr(held, what))


def _names(session: Session, table: Table, ids: list[str], count: int) -> str:
    """The titles of the first records, with dots when there are more."""
    some = ids[:NAMED]
    sql, title = session.layout.sql(table), table.fields[table.title]
    named = sql.c[title.key] if session.layout.stored(title) and not title.is_link else sql.c.id
    found = dict(session.connection.execute(sa.select(sql.c.id, named).where(among(session, sql.c.id, some))).all())
    names = [str(found.get(one) or one) for one in some]
    return ", ".join(names) + (" ..." if count > len(names) else "")
