"""Fields that no two records hold alike: asked before a write, and held by an index beneath it."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from engine.definitions.language import Table
from engine.definitions.rules import Unique
from engine.errors import Problem
from engine.storage.record_rows import Values, among, read
from engine.storage.rule_tables import unique_keys
from engine.storage.session import Session
from engine.text import Text, _

LONGEST = 200  # characters of a key; of a longer one its fingerprint is kept
SLICE = 1_000  # records read at once when a rule is new

_c = unique_keys.c


def key_of(rule: Unique, values: Mapping[str, Any]) -> str | None:
    """What a record with these values holds in the fields of the rule; None when all of them are empty."""
    parts = [_part(rule, values.get(field)) for field in rule.fields]
    if all(one is None for one in parts):
        return None
    key = json.dumps(parts, ensure_ascii=False)
    return key if len(key) <= LONGEST else hashlib.sha256(key.encode()).hexdigest()


def problems(session: Session, table: Table, records: Mapping[str, Values]) -> list[Problem]:
    """A problem at `/<number>/<field>` for each of `records` (whole, by id, in order) that holds what another does."""
    found = []
    for rule in table.rules.unique.values():
        keys = {record_id: key_of(rule, values) for record_id, values in records.items()}
        wanted = {key for key in keys.values() if key is not None}
        if not wanted:
            continue
        holders = {
            key: holder
            for key, holder in session.connection.execute(
                sa.select(_c.key, _c.record_id).where(*_of(table, [rule]), among(session, _c.key, wanted))
            )
            if holder not in records
        }
        for number, (record_id, key) in enumerate(keys.items()):
            if key is not None and holders.setdefault(key, record_id) != record_id:
                found.append(Problem(f"/{number}/{rule.fields[-1]}", told(rule, table), "not_unique"))
    return found


def told(rule: Unique, table: Table) -> Text:
    """What to say to somebody who breaks the rule."""
    if rule.message is not None:
        return Text("{says}", {"says": rule.message})
    names = {f"field_{number}": table.fields[key].label for number, key in enumerate(rule.fields)}
    fields = Text(", ".join(f"{{{name}}}" for name in names), names)
    return _("Another record already has this: {fields}.", fields=fields)


def keep(session: Session, table: Table, records: Mapping[str, Values]) -> None:
    """Write down what these whole records hold now. Raises `sqlalchemy.exc.IntegrityError` if another was first."""
    rules = table.rules.unique.values()
    if not rules or not records:
        return
    session.connection.execute(sa.delete(unique_keys).where(*_of(table, rules), among(session, _c.record_id, records)))
    rows = [
        {"table_address": table.address, "rule": rule.key, "key": key, "record_id": record_id}
        for rule in rules
        for record_id, values in records.items()
        if (key := key_of(rule, values)) is not None
    ]
    if rows:
        session.connection.execute(sa.insert(unique_keys), rows)


def forget(session: Session, table: Table, ids: Collection[str]) -> None:
    """These records are gone; what they held is free."""
    if table.rules.unique:
        of = _of(table, table.rules.unique.values())
        session.connection.execute(sa.delete(unique_keys).where(*of, among(session, _c.record_id, ids)))


def alike(session: Session, table: Table, rule: Unique) -> list[list[str]]:
    """The records of the table as it is now that hold the same by a rule that is to come, in groups."""
    groups: dict[str, list[str]] = defaultdict(list)
    for record_id, values in _all_records(session, table):
        key = key_of(rule, values)
        if key is not None:
            groups[key].append(record_id)
    return [ids for ids in groups.values() if len(ids) > 1]


def follow_definition(session: Session, before: Table | None, table: Table) -> None:
    """Keep the keys of the rules that the table has now; those of other rules go."""
    old = before.rules.unique if before else {}
    gone = [one for one in old.values() if table.rules.unique.get(one.key) != one]
    if gone:
        session.connection.execute(sa.delete(unique_keys).where(*_of(table, gone)))
    new = [one for one in table.rules.unique.values() if old.get(one.key) != one]
    rows = [
        {"table_address": table.address, "rule": rule.key, "key": key, "record_id": record_id}
        for record_id, values in (_all_records(session, table) if new else ())
        for rule in new
        if (key := key_of(rule, values)) is not None
    ]
    if new:
        session.connection.execute(sa.delete(unique_keys).where(*_of(table, new)))
    if rows:
        session.connection.execute(sa.insert(unique_keys), rows)


def _all_records(session: Session, table: Table) -> Iterable[tuple[str, Values]]:
    ids = list(session.connection.execute(sa.select(session.layout.sql(table).c.id)).scalars())
    for start in range(0, len(ids), SLICE):
        yield from read(session, table, ids[start : start + SLICE]).items()


def _of(table: Table, rules: Iterable[Unique]) -> list[sa.ColumnElement[bool]]:
    return [_c.table_address == table.address, _c.rule.in_([one.key for one in rules])]


def _part(rule: Unique, value: Any) -> Any:
    if value is None or value == "" or value == []:
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str):
        if "spaces" in rule.ignore:
            value = "".join(value.split())
        if "case" in rule.ignore:
            value = unicodedata.normalize("NFKC", value).casefold()
    return value
