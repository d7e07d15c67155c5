"""Fields whose value limits what may follow it, and says which others must be filled (a status)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.definitions.language import Field, Table
from engine.errors import Problem
from engine.field_types import FieldType
from engine.storage.record_rows import Values
from engine.storage.session import Session
from engine.text import _
from engine.values import is_empty


def on_create(table: Table, records: Mapping[str, Values]) -> list[Problem]:
    """Problems for new records that begin in a wrong state, or lack what it needs, at `/<number>/<field>`."""
    return [
        problem
        for field in _states(table)
        for number, values in enumerate(records.values())
        for problem in _problems(table, field, number, {}, values)
    ]


def on_update(
    session: Session, table: Table, changed: Mapping[str, Values], before: Mapping[str, Values]
) -> list[Problem]:
    """Problems for records that go a way that is not allowed, or lack what their state needs.

    What a record lacked before is not held against a change of other fields.
    """
    return [
        problem
        for field in (_allowed(session, one) for one in _states(table))
        for number, (record_id, values) in enumerate(changed.items())
        for problem in _problems(table, field, number, before[record_id], {**before[record_id], **values})
        if field.key in values or problem.at.rpartition("/")[2] in values
    ]


def _allowed(session: Session, field: Field) -> Field:
    """The field with the ways that the one who acts may go."""
    return replace(field, options=field.kind.for_roles(field.options, session.roles[field.table.partition(".")[0]]))


def _problems(table: Table, field: Field, number: int, old: Values, new: Values) -> list[Problem]:
    before, value = old.get(field.key), new.get(field.key)
    refused = field.kind.refused(before, value, field.options)
    if refused is not None:
        says = _("{field} {problem}.", field=field.label, problem=refused)
        return [Problem(f"/{number}/{field.key}", says, "transition", value)]
    state = field.choices.get(str(value), {}).get("label", value)
    lacking = [one for one in field.kind.needs(before, value, field.options) if is_empty(new.get(one))]
    return [
        Problem(
            f"/{number}/{key}",
            _("{field} is needed for {state}.", field=table.fields[key].label, state=state),
            "required",
        )
        for key in lacking
    ]


def _states(table: Table) -> list[Field]:
    """The fields whose type says anything about what may follow."""
    plain = FieldType.refused, FieldType.needs
    return [one for one in table.fields.values() if (type(one.kind).refused, type(one.kind).needs) != plain]
