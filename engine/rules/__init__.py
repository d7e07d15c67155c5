"""What the rules of a table say to a write, whichever way it comes: from a page, an import, an automation, an undo.

Asked before the write: locks, ledgers, states, what is unique together. Checks are asked after it, of its outcome
(`checks.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.definitions.language import Table
from engine.errors import Problem
from engine.rules import ledger, locks, states, unique
from engine.rules.locks import Locked
from engine.storage import record_rows
from engine.storage.record_rows import Values
from engine.storage.session import Session


def on_create(session: Session, table: Table, records: Mapping[str, Values], *, back: bool) -> list[Problem]:
    """What speaks against adding records, given whole by id: problems at `/<number>/<field>`.

    `back`: they were there before, so that they may come back in any state.
    """
    return [
        *locks.on_create(session, table, records),
        *ledger.on_create(session, table, records),
        *(() if back else states.on_create(table, records)),
        *unique.problems(session, table, records),
    ]


def on_update(
    session: Session, table: Table, changed: Mapping[str, Values], before: Mapping[str, Values], *, back: bool
) -> list[Problem]:
    """What speaks against setting values of records whose stored values are `before`: problems at `/<number>/<field>`.

    `back`: the values were there before, so that the way back is open whatever the transitions say.
    """
    fields = {key for values in changed.values() for key in values}
    watched = any(fields & set(rule.fields) for rule in table.rules.unique.values())
    whole = {record_id: {**before[record_id], **values} for record_id, values in changed.items()} if watched else {}
    return [
        *ledger.on_update(table, changed),
        *locks.on_update(session, table, changed, before),
        *(() if back else states.on_update(session, table, changed, before)),
        *unique.problems(session, table, whole),
    ]


def on_delete(session: Session, table: Table, before: Mapping[str, Values]) -> list[Problem]:
    """What speaks against deleting records: problems at `/<number>`."""
    return [*ledger.on_delete(table, before), *locks.on_delete(session, table, before)]


def closed(session: Session, table: Table, record_id: str, values: Values) -> list[Locked]:
    """Why a record can be changed no more, with the fields that can be; empty when nothing is in the way."""
    with session.behind() as layout:
        if table.rights is not None:  # what locks a record may be something that the asker does not see
            table = layout.table(table.address)
            values = record_rows.read(session, table, [record_id]).get(record_id, values)
        found = locks.reasons(session, table, record_id, values)
    if table.rules.ledger is not None:
        found.append(Locked(ledger.never_changed(table), table.rules.ledger.free))
    return found
