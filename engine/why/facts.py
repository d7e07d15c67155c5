"""The values that decided: of the record, of what it links to, and of who is asked about."""

from __future__ import annotations

from engine import departments, records
from engine.definitions.scope import Path
from engine.text import Label
from engine.why.answers import Fact
from engine.why.question import Question, Subject

MOST = 5  # linked records whose values are told


def fact(of: Subject, path: Path) -> Fact | None:
    """The values at the end of a path from the record, as far as the asker sees the way there."""
    table, held = of.session.layout.apps.tables.get(of.table.address), [of.record.values]
    labels: list[Label] = []
    for number, part in enumerate(path, 1):
        field, behind = of.session.layout.apps.step(table, part)
        if field is None:
            return None
        labels.append(field.label)
        values = [one[field.key] for one in held if field.key in one]
        if number == len(path):
            return Fact(tuple(labels), field, tuple(values))
        ids = [each for value in values for each in ([value] if isinstance(value, str) else value or ())]
        table = behind
        found = records.get_many(of.session, table.address, ids[:MOST]) if table else []
        held = [one.values for one in found]
    return None


def asked_for(asked: Question, function: str) -> tuple[Label, ...]:
    """What a function that depends on who asks is for them: `ME`, `MY_DEPARTMENTS`, `MY_ROLES`."""
    if function == "ME":
        return (asked.name,) if asked.whom.user_id else ()
    if function == "MY_ROLES":
        return tuple(one.label for one in asked.roles)
    paths = departments.paths(asked.of.session)
    mine = departments.mine(asked.of.session, asked.whom.user_id or "")
    return tuple(path for one, path in paths.items() if one in mine)
