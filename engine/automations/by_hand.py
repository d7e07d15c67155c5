"""Running an automation because somebody asks for it, for records that they choose."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from engine import audit, automations, queries
from engine.automations import starts
from engine.automations.watches import Watch, watches_of
from engine.definitions.language import Table
from engine.errors import NotFound, Problem, Refused
from engine.storage.automation_tables import matching
from engine.storage.expressions import Records
from engine.storage.record_rows import among
from engine.storage.session import Session
from engine.text import Text, _

MOST = 100  # records at once


def run(session: Session, automation: str, ids: Sequence[str]) -> list[str]:
    """Start a run for each of the records, as if what the automation waits for had just happened; the runs' ids.

    The asker sees the records. It may be off. Raises `Refused` with the number of each record that is not there, or
    that does not match what it waits for; `NotFound`, `Forbidden`.
    """
    watch, ids = _watch(session, automation), list(dict.fromkeys(ids))
    if not 1 <= len(ids) <= MOST:
        raise Refused([Problem("/records", _("Name one record or more, at most {count}.", count=MOST), "records")])
    there, fitting = queries.titles(session, watch.table.address, ids), _fitting(session, watch, ids)
    wrong = [
        Problem(f"/records/{number}", says, "records", one)
        for number, one in enumerate(ids)
        if (says := _why_not(one in there, one in fitting))
    ]
    if wrong:
        raise Refused(wrong)
    with session.behind():  # what it does with them is its own affair
        made = starts.start(session, watch, ids)
    says = _("ran the automation {name} by hand, for {count} records", name=watch.automation.label, count=len(ids))
    audit.note(session, "automation.run", says, automation=automation, records=ids)
    return made


def offered(session: Session, automation: str, text: str) -> list[tuple[str, str]]:
    """Records that it may be run for now, as (id, title), whose title contains `text`.

    Raises `NotFound`, `Forbidden`.
    """
    watch = _watch(session, automation)
    return queries.find_titles(session, watch.table.address, text, offered=_offers(watch))


def table_of(session: Session, automation: str) -> Table:
    """The table whose records it may be run for. Raises `NotFound`, `Forbidden`."""
    return session.layout.table(_watch(session, automation).table.address)


def _watch(session: Session, automation: str) -> Watch:
    automations.steered(session, automation)  # which asks the door
    for one in watches_of(session.whole):
        if one.address == automation:
            return one
    raise NotFound(_("The table that this automation is about is not there."))


def _fitting(session: Session, watch: Watch, ids: Sequence[str]) -> set[str]:
    """Those of the records that match its condition, as its trigger knows it."""
    if watch.condition is None:
        return set(ids)
    c = matching.c
    known = sa.select(c.record_id).where(c.automation == watch.address, among(session, c.record_id, set(ids)))
    return set(session.connection.execute(known).scalars())


def _offers(watch: Watch) -> Callable[[Records], ColumnElement[bool]] | None:
    if watch.condition is None:
        return None
    known = sa.select(matching.c.record_id).where(matching.c.automation == watch.address)
    return lambda records: records.field("id").value.in_(known)


def _why_not(is_there: bool, fits: bool) -> Text | None:
    if not is_there:
        return _("There is no such record (any more).")
    return None if fits else _("This record does not match what the automation waits for.")
