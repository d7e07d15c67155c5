"""Ledgers: reversing entries, and what entries add up to at the end of a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine import queries, record_writes, records, totals
from engine.access import door
from engine.definitions.check import check_condition
from engine.definitions.language import Condition, Table
from engine.definitions.rules import Ledger
from engine.errors import NotFound, Problem, Refused
from engine.queries import Query
from engine.rules.ledger import opposite
from engine.storage.expressions import clock_of
from engine.storage.record_rows import Values
from engine.storage.session import Session, timestamp
from engine.text import _


@dataclass(frozen=True)
class Balance:
    """What the entries of one value of the dimension add up to: how many they are, and each amount's sum by key."""

    value: Any
    count: int
    amounts: Mapping[str, Any]


def reverse(session: Session, table: str, ids: Sequence[str]) -> list[str]:
    """Enter the opposite of each entry, dated today and linked to it; the ids of the new entries in the same order.

    Raises `Refused` for an entry that is reversed already, or is a reversal itself; `NotFound`.
    """
    of, ledger = _ledger(session, table)
    door.enter(session.principal, "create", of)
    held = record_writes.held(session, of, ids)
    mirrors = [{**_copied(of, held[one]), ledger.reversal: one, ledger.date: _today(session, of)} for one in ids]
    for mirror in mirrors:
        mirror.update({key: opposite(mirror.get(key)) for key in ledger.amounts})
    return records.create(session, table, mirrors)


def reversal_of(session: Session, table: str, record_id: str) -> str | None:
    """The entry that reverses this one, if there is any."""
    _of, ledger = _ledger(session, table)
    found = records.find(session, Query(table, [{"field": ledger.reversal, "op": "is", "value": record_id}], limit=1))
    return found.records[0].id if found.records else None


def balances(session: Session, table: str, by: str | None = None, as_of: str | None = None) -> list[Balance]:
    """What the entries dated `as_of` (a day; None: all) or earlier add up to, for each value of the field `by`.

    Without `by` the answer is one balance of all entries. Raises `Refused` at `/by` and `/as_of`.
    """
    of, ledger = _ledger(session, table)
    door.enter(session.principal, "read", of)
    if by is not None and by not in of.fields:
        raise Refused([Problem("/by", _("{table} has no field `{field}`.", table=of.label, field=by), "unknown_field")])
    until: list[Condition] = [{"field": ledger.date, "op": "is_on_or_before", "value": as_of}] if as_of else []
    wrong = [one for condition in until for one in check_condition(condition, session.layout.types.scope(table))]
    if wrong:
        raise Refused([replace(one, at="/as_of") for one in wrong])
    query, sums = Query(table, until), [("sum", key) for key in ledger.amounts]
    if by is None:
        whole = totals.totals(session, query, sums)
        return [Balance(None, queries.count(session, query), dict(zip(ledger.amounts, whole, strict=True)))]
    return [
        Balance(one.values[0], one.count, dict(zip(ledger.amounts, one.totals, strict=True)))
        for one in totals.groups(session, query, [by], sums)
    ]


def _ledger(session: Session, table: str) -> tuple[Table, Ledger]:
    of = session.layout.table(table)
    if of.rules.ledger is None:
        raise NotFound(_("{table} is not a ledger.", table=of.label))
    return of, of.rules.ledger


def _copied(table: Table, values: Values) -> Values:
    """What a reversing entry takes over: all that people set, but for what is unique to the entry."""
    alone = {one.fields[0] for one in table.rules.unique.values() if len(one.fields) == 1}
    taken = (one for one in table.declared if one.writable and not (one.unique or one.kind.drawn or one.key in alone))
    return {one.key: values.get(one.key) for one in taken if values.get(one.key) is not None}


def _today(session: Session, table: Table) -> str:
    date = table.fields[table.rules.ledger.date] if table.rules.ledger else None
    is_day = date is not None and date.kind.holds == "date"
    return clock_of(session).today.isoformat() if is_day else timestamp(session.now)
