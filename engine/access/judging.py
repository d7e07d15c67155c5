"""Whether the one who asks may write certain records: asked of the records themselves, before a write and after it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal

import sqlalchemy as sa

from engine.access.rights import Rule, TableRights
from engine.definitions.language import Condition, Table
from engine.errors import Problem, Refused
from engine.storage.conditions import condition_sql
from engine.storage.expressions import Records, clock_of, moment
from engine.storage.prepared import Prepared
from engine.storage.record_rows import Values, among_listed, listed
from engine.storage.session import Session
from engine.text import Label, Text, _

Stage = Literal["create", "before", "after", "delete"]  # before and after: of a change

_SAYS: Mapping[Stage, Text] = {
    "create": _("Your role does not let you create a record like this."),
    "before": _("Your role does not let you change this record."),
    "after": _("Your role does not let you change the record into this."),
    "delete": _("Your role does not let you delete this record."),
}


def problems(session: Session, address: str, stage: Stage, given: Mapping[str, Collection[str]]) -> list[Problem]:
    """What the principal may not write: at `/<number>` for a record, at `/<number>/<field>` for a field of one.

    `given` are the keys of the fields that are set, by record id in order. One statement for all of them, none where
    nothing depends on the records.
    """
    table = session.seen.apps.tables.get(address)
    if table is None:
        return [Problem(f"/{number}", _SAYS[stage], "not_allowed") for number, _id in enumerate(given)]
    if table.rights is None:
        return []
    wanted = {record_id: list(_asked(table.rights, stage, keys)) for record_id, keys in given.items()}
    asked = [rule for each in wanted.values() for _key, rule in each if not isinstance(rule, bool)]
    holding = _holding(session, address, asked, list(given))
    return [
        problem
        for number, (record_id, rules) in enumerate(wanted.items())
        for problem in _said(table, stage, number, [key for key, rule in rules if not _holds(rule, record_id, holding)])
    ]


def kept(
    table: Table, accepted: Mapping[str, Values], seen: Mapping[str, Values], before: Mapping[str, Values]
) -> dict[str, Values]:
    """The accepted values without those that change nothing that is seen, with what is not seen kept.

    `seen` is what the principal sees of the records now, `before` all that they hold. Ids in a link that it does not
    see stay.
    """
    changes: dict[str, Values] = {}
    for record_id, values in accepted.items():
        changes[record_id] = {}
        for key, value in values.items():
            field, shown, held = table.fields[key], seen[record_id].get(key), before[record_id].get(key)
            not_shown = shown is None and field.masked
            if value == shown or (_is_empty(value) and _is_empty(shown)) or (not_shown and value is False):
                continue
            if field.many and isinstance(held, list):
                value = [*value, *(one for one in held if one not in (shown or ()))]
            changes[record_id][key] = value
    return changes


@contextmanager
def telling(table: Table) -> Iterator[None]:
    """What is wrong with fields that the principal does not see is told without them."""
    try:
        yield
    except Refused as refused:
        raise Refused(told(table, refused.problems)) from None


def told(table: Table, found: Sequence[Problem]) -> list[Problem]:
    """The problems, those of fields that are not seen without a name."""
    return list(found) if table.rights is None else [_told(table, one) for one in found]


def _told(table: Table, problem: Problem) -> Problem:
    number, _slash, key = problem.at.removeprefix("/").partition("/")
    if not key or key.partition("/")[0] in table.fields or problem.code == "unknown_field":  # the asker named that one
        return problem
    says = _("This cannot be saved: something that you do not see speaks against it. Ask an owner.")
    return replace(problem, at=f"/{number}", says=says, code="not_allowed", value=None)


def _asked(rights: TableRights, stage: Stage, keys: Collection[str]) -> Iterator[tuple[str, Rule]]:
    """The rules that must hold for a record whose fields `keys` are set; each with its field, "" for the record."""
    whole: Rule = getattr(rights, stage)
    yield "", whole
    if stage != "delete":
        fields = ((key, getattr(rights.of(key), stage)) for key in keys)
        yield from ((key, rule) for key, rule in fields if rule != whole)


def _holds(rule: Rule, record_id: str, holding: Mapping[str, set[str]]) -> bool:
    return rule if isinstance(rule, bool) else record_id in holding[repr(rule)]


def _said(table: Table, stage: Stage, number: int, refused: Sequence[str]) -> Iterator[Problem]:
    if "" in refused:
        yield Problem(f"/{number}", _SAYS[stage], "not_allowed")
        return
    for key in refused:
        label: Label = table.fields[key].label if key in table.fields else key
        yield Problem(f"/{number}/{key}", _("You may not set {field} here.", field=label), "not_allowed")


def _holding(session: Session, address: str, rules: Sequence[Rule], ids: Sequence[str]) -> dict[str, set[str]]:
    """For each rule the records among `ids` for which it holds: what is unknown denies."""
    found = truths(session, address, [rule for rule in rules if not isinstance(rule, bool)], ids)
    return {name: {record_id for record_id, truth in each.items() if truth} for name, each in found.items()}


def truths(
    session: Session, address: str, conditions: Sequence[Condition], ids: Sequence[str]
) -> dict[str, dict[str, bool | None]]:
    """For each condition of a role, by its `repr`, whether it holds for the records with these ids, asked by the
    session's principal; None where that is unknown. One statement, whatever they may see.
    """
    named = {repr(one): one for one in conditions}
    if not named:
        return {}

    def made() -> Prepared:
        whole = session.whole
        table = whole.table(address)
        records = Records(whole, table, whole.sql(table), clock_of(session))
        tests = [condition_sql(one, records) for one in named.values()]
        return Prepared(sa.select(records.rows.c.id, *tests).where(among_listed(session, records.rows.c.id)))

    statement = session.seen.recall(("judging", address, *named), made)
    rows = session.rows(statement, {**moment(session), **listed(session, ids)})
    return {
        name: {row[0]: None if row[place] is None else bool(row[place]) for row in rows}
        for place, name in enumerate(named, 1)
    }


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or value == []
