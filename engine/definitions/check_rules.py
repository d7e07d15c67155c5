"""Whether the rules of a table make sense for its fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.definitions.check_conditions import check_condition, expression_problems
from engine.definitions.language import Field, Table
from engine.definitions.rules import Ledger, Lock
from engine.definitions.types import FieldTypes
from engine.errors import Problem
from engine.text import _


def rule_problems(at: str, table: Table, types: FieldTypes) -> Iterator[Problem]:
    """Every problem of the rules of the table, which stands at the JSON pointer `at`."""
    rules, scope = table.rules, types.scope(table.address)
    for key, check in rules.checks.items():
        asked = types.scope(table.address, types.before(table))
        yield from expression_problems(f"{at}/checks/{key}/holds", check.holds, asked, {"boolean"})
        yield from _fields_of(f"{at}/checks/{key}/field", [check.field] if check.field else [], table)
    for key, unique in rules.unique.items():
        if key.startswith("_"):
            continue
        yield from _fields_of(f"{at}/unique/{key}/fields", unique.fields, table)
        for field in (table.fields[one] for one in unique.fields if one in table.fields):
            if field.many or not field.writable:
                says = _("{field} holds many records or is kept by itself, so it cannot be unique.", field=field.label)
                yield Problem(f"{at}/unique/{key}/fields", says, "unique", field.key)
    for key, lock in rules.locks.items():
        yield from check_condition(lock.when, scope, f"{at}/locks/{key}/when")
        yield from _fields_of(f"{at}/locks/{key}/free", lock.free, table)
        yield from _line_problems(f"{at}/locks/{key}/lines", lock, table)
    if rules.ledger is not None:
        yield from _ledger_problems(f"{at}/ledger", rules.ledger, table, types)


def _line_problems(at: str, lock: Lock, table: Table) -> Iterator[Problem]:
    yield from _fields_of(at, lock.lines, table)
    for field in (table.fields[key] for key in lock.lines if key in table.fields):
        if field.inverse_of is None:
            says = _("{field} must be the other side of a link that leads here.", field=field.label)
            yield Problem(at, says, "not_lines", field.key)


def _ledger_problems(at: str, ledger: Ledger, table: Table, types: FieldTypes) -> Iterator[Problem]:
    yield from _fields_of(f"{at}/by", ledger.by, table)
    yield from _fields_of(f"{at}/free", ledger.free, table)
    for field in _known(f"{at}/date", [ledger.date], table):
        if isinstance(field, Problem):
            yield field
        elif field.kind.holds not in {"date", "date_time"} or not field.writable:
            yield Problem(f"{at}/date", _("{field} must be a date.", field=field.label), "type", field.key)
    for field in _known(f"{at}/amounts", ledger.amounts, table):
        if isinstance(field, Problem):
            yield field
        elif not field.writable or types.of(field).name != "number":
            yield Problem(f"{at}/amounts", _("{field} must be a number.", field=field.label), "type", field.key)
    for field in _known(f"{at}/reversal", [ledger.reversal], table):
        if isinstance(field, Problem):
            yield field
        elif field.target != table.address or field.many or field.inverse_of is not None or field.required:
            says = _("{field} must be a link to one entry of this table, and not required.", field=field.label)
            yield Problem(f"{at}/reversal", says, "type", field.key)


def _fields_of(at: str, keys: Iterable[str], table: Table) -> Iterator[Problem]:
    return (one for one in _known(at, keys, table) if isinstance(one, Problem))


def _known(at: str, keys: Iterable[str], table: Table) -> Iterator[Field | Problem]:
    for key in keys:
        if key in table.fields:
            yield table.fields[key]
        else:
            says = _("{table} has no field `{field}`.", table=table.label, field=key)
            yield Problem(at, says, "unknown_field", key)
