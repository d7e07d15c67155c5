"""What may be written into a ledger: entries, and reversals that mirror them. Nothing is changed or deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.definitions.language import Table
from engine.definitions.rules import Ledger
from engine.errors import Problem
from engine.storage.record_rows import Values, read
from engine.storage.session import Session
from engine.text import Text, _


def on_create(session: Session, table: Table, records: Mapping[str, Values]) -> list[Problem]:
    """Problems for entries that say they reverse another one and do not mirror it, at `/<number>/<field>`."""
    ledger = table.rules.ledger
    if ledger is None:
        return []
    reversed_ids = {values[ledger.reversal] for values in records.values() if values.get(ledger.reversal)}
    originals = {
        **read(session, table, reversed_ids),
        **{key: dict(records[key]) for key in reversed_ids & set(records)},
    }
    found = []
    for number, values in enumerate(records.values()):
        original = originals.get(values.get(ledger.reversal) or "")
        if original is None:
            continue
        at = f"/{number}/{ledger.reversal}"
        if original.get(ledger.reversal):
            says = _("This entry is a reversal itself. Enter what is right as a new entry.")
            found.append(Problem(at, says, "reversal"))
        elif not _mirrors(ledger, values, original):
            says = _("It does not hold the opposite of the entry that it reverses. Use Reverse, which makes it so.")
            found.append(Problem(at, says, "reversal"))
    return found


def on_update(table: Table, changed: Mapping[str, Values]) -> list[Problem]:
    """A problem at `/<number>/<field>` for each value of an entry that would be changed."""
    ledger = table.rules.ledger
    if ledger is None:
        return []
    says = never_changed(table)
    return [
        Problem(f"/{number}/{key}", says, "ledger", value)
        for number, values in enumerate(changed.values())
        for key, value in values.items()
        if key not in ledger.free
    ]


def on_delete(table: Table, before: Mapping[str, Values]) -> list[Problem]:
    """A problem at `/<number>` for each entry that would be deleted."""
    if table.rules.ledger is None:
        return []
    says = _("Entries of {table} are never deleted. Reverse the entry instead.", table=table.label)
    return [Problem(f"/{number}", says, "ledger") for number in range(len(before))]


def never_changed(table: Table) -> Text:
    """What to say to somebody who would change an entry."""
    return _("Entries of {table} are never changed. Reverse the entry, then enter it anew.", table=table.label)


def opposite(value: Any) -> Any:
    """The amount of a reversing entry."""
    return None if value is None else -value + 0  # 0 rather than -0.0


def _mirrors(ledger: Ledger, values: Values, original: Values) -> bool:
    amounts = all(values.get(key) == opposite(original.get(key)) for key in ledger.amounts)
    return amounts and all(values.get(key) == original.get(key) for key in ledger.by)
