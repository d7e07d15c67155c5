"""What follows from the records of an archive once all of them are there, and what must hold of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import sqlalchemy as sa

from engine import computed, limits, trees, verifying
from engine.archives.filling import record_links
from engine.archives.parts import PAGE
from engine.archives.wrong import MOST_TOLD, Wrong
from engine.definitions.language import Table
from engine.errors import Refused
from engine.rules import checks, ledger
from engine.storage import record_rows
from engine.storage.session import Session
from engine.text import Text, _
from engine.written import Written

Rule = Callable[[Session, Written, Table, Sequence[str]], None]


def settle(session: Session, tables: Sequence[Table], wrong: Wrong, *, despite_rules: bool) -> None:
    """Work out what follows from the records, and ask of all of them what must hold. Raises `Refused`.

    `despite_rules` leaves out what an app may have come to ask only after its records were there: checks, what is
    needed, where links may lead.
    """
    written = Written()
    for table in tables:
        written.wrote(table.address, ["id", *table.fields], None)
        session.touch(table.address, None)
    own = [one for table in tables for one in table.fields.values()]
    computed.refresh(
        session, written, {(one.table, one.key) for one in own if one.kind.computed and session.layout.stored(one)}
    )
    _ask_links(session, tables, wrong)
    rules: list[Rule] = [trees.after_write] if despite_rules else [trees.after_write, limits.after_write]
    for table in tables:
        for ids in _pages(session, table):
            _ask_ledger(session, table, ids, wrong)
            for after_write in rules:
                try:
                    after_write(session, written, table, ids)
                except Refused as refused:
                    wrong.add_of(table, ids, refused.problems)
        if not despite_rules:
            _ask_checks(session, table, wrong)
    wrong.refuse()


def _ask_links(session: Session, tables: Sequence[Table], wrong: Wrong) -> None:
    """Each link leads to a record."""
    own = {(table.address, one.key): (table, one) for table in tables for one in record_links(table)}
    for one in verifying.links(session):
        if (one.table, one.field) in own:
            table, field = own[one.table, one.field]
            for record_id in one.records:
                says = _("{field} leads to a record that is not in the archive.", field=field.label)
                wrong.add(table, record_id, field.key, says, "unknown_record")
            wrong.more(one.count - len(one.records))


def _ask_ledger(session: Session, table: Table, ids: list[str], wrong: Wrong) -> None:
    """A reversal mirrors what it reverses, which may come after it."""
    if table.rules.ledger is not None:
        held = record_rows.read(session, table, ids)
        wrong.add_of(table, ids, ledger.on_create(session, table, {one: held[one] for one in ids}))


def _ask_checks(session: Session, table: Table, wrong: Wrong) -> None:
    for check in table.rules.checks.values():
        count, ids = checks.broken(session, table, check, MOST_TOLD) or (0, [])
        for record_id in ids:
            wrong.add(table, record_id, check.field or "", Text("{says}", {"says": check.message}), "check")
        wrong.more(count - len(ids))


def _pages(session: Session, table: Table) -> Iterator[list[str]]:
    sql, last = session.layout.sql(table), ""
    fields = table.fields.values()
    if table.rules.ledger is None and not any(one.kind.tree or "where" in one.options for one in fields):
        return
    while True:
        wanted = sa.select(sql.c.id).where(sql.c.id > last).order_by(sql.c.id).limit(PAGE)
        ids = list(session.connection.execute(wanted).scalars())
        if not ids:
            return
        yield ids
        last = ids[-1]
