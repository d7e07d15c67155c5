"""From what was given for a record to what is stored: every value judged by its field, all problems told at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import sqlalchemy as sa

from engine import computed, formulas
from engine.definitions.conditions import expression, is_expression
from engine.definitions.language import Field, Table
from engine.errors import Problem
from engine.field_types import InvalidValue, Options, TakesFiles
from engine.held_files import file_problems
from engine.storage import record_rows, workspace_tables
from engine.storage.expressions import Records, clock_of, moment
from engine.storage.layout import sql_type
from engine.storage.record_rows import MOST_VALUES, among_values
from engine.storage.session import Session
from engine.text import Label, Text, _

LONGEST_UNIQUE = 600  # characters: an index of PostgreSQL takes 2,704 bytes
Given = Mapping[str, Any]
Values = dict[str, Any]
Reading = Literal["json", "text"]  # text: what a person typed, such as "1,234.50" or a choice's label


def accept(
    session: Session, table: Table, given: Sequence[Given], reading: Reading = "json", *, new: bool = False
) -> tuple[list[Values], list[Problem]]:
    """The stored values of each given record, and what is wrong, each at `/<number>/<field>`.

    `new`: the records do not exist yet, so they may bring numbers that the engine would draw.
    """
    accepted: list[Values] = [{} for _record in given]
    problems: list[Problem] = []
    for key, numbers in _columns(given).items():
        values = [given[number][key] for number in numbers]
        field = table.fields.get(key)
        if field is None or not (field.brought if new else field.writable):
            problems += [_not_set(key, field, number, value) for number, value in zip(numbers, values, strict=True)]
            continue
        found, refused = _judged(session, field, values, reading)
        for number, value in zip(numbers, found, strict=True):
            accepted[number][key] = value
        for place, problem in refused.items():
            del accepted[numbers[place]][key]
            problems.append(replace(problem, at=f"/{numbers[place]}/{key}"))
    problems += check_links(session, table, accepted)
    problems += _missing_named(session, table, accepted)
    problems += file_problems(session, table, accepted)
    return accepted, problems


def accept_all(
    session: Session, table: Table, field: Field, given: Sequence[Any], reading: Reading = "json"
) -> tuple[list[Any], dict[int, Problem]]:
    """The same of values for one field that names nothing: the stored ones, and by number what is wrong."""
    accepted, refused = _judged(session, field, given, reading)
    if isinstance(field.kind, TakesFiles):
        for problem in file_problems(session, table, [{field.key: value} for value in accepted]):
            refused[int(problem.at.split("/")[1])] = problem
    return accepted, refused


def _columns(given: Sequence[Given]) -> dict[str, Sequence[int]]:
    """The keys that are given, each with the numbers of the records that have it."""
    keys = given[0].keys() if given else ()
    if all(record.keys() == keys for record in given):
        return dict.fromkeys(keys, range(len(given)))
    columns: dict[str, Sequence[int]] = {}
    for number, record in enumerate(given):
        for key in record:
            columns.setdefault(key, []).append(number)  # type: ignore[attr-defined]
    return columns


def _judged(
    session: Session, field: Field, given: Sequence[Any], reading: Reading
) -> tuple[list[Any], dict[int, Problem]]:
    """The values of one field as they are stored, and by their number those that it refuses."""
    options = options_of(session, field)
    accepted: list[Any] = []
    refused: dict[int, Problem] = {}
    for value in given:
        is_text = reading == "text" and isinstance(value, str)
        if is_empty(value) or (is_text and value.isspace()):
            accepted.append([] if field.many else field.kind.empty())
            continue
        try:
            accepted.append(field.kind.read(value, options) if is_text else field.kind.accept(value, options))
        except InvalidValue as error:
            says = _("{field} {problem}.", field=_name(field), problem=error.says)
            refused[len(accepted)] = Problem("", says, "invalid_value", value)
            accepted.append(None)
    return accepted, refused


def _not_set(key: str, field: Field | None, number: int, value: Any) -> Problem:
    at = f"/{number}/{key}"
    if field is None:
        return Problem(at, _("There is no field {field} here.", field=key), "unknown_field", value)
    if field.read_only:
        return Problem(at, _("You may not set {field}.", field=_name(field)), "not_allowed", value)
    says = _("{field} is kept by itself and cannot be set.", field=_name(field))
    return Problem(at, says, "computed", value)


def check_required(table: Table, records: Sequence[Given], keys: Collection[str] | None = None) -> list[Problem]:
    """A problem for each required field that is empty; only among `keys` if given."""
    required = [one for one in table.fields.values() if one.required and (keys is None or one.key in keys)]
    return [
        Problem(f"/{number}/{field.key}", _("{field} is needed.", field=_name(field)), "required")
        for number, values in enumerate(records)
        for field in required
        if (keys is None or field.key in values) and is_empty(values.get(field.key))
    ]


def check_taken(session: Session, table: Table, records: Mapping[str, Given]) -> list[Problem]:
    """A problem for each value that its field, as it is by now, takes no more; `records` by id, in order."""
    problems = []
    for field in table.fields.values():
        given = {number: one[field.key] for number, one in enumerate(records.values()) if field.key in one}
        if given and field.writable and not field.is_link:
            numbers = list(given)
            _found, refused = _judged(session, field, list(given.values()), "json")
            problems += [replace(problem, at=f"/{numbers[at]}/{field.key}") for at, problem in refused.items()]
    return problems


def check_unique(session: Session, table: Table, records: Mapping[str, Given]) -> list[Problem]:
    """A problem for each value of a unique field that another record already has; `records` by id, in order."""
    problems = []
    for field in table.fields.values():
        if not field.unique or field.many:
            continue
        given = {record_id: values.get(field.key) for record_id, values in records.items()}
        wanted = {record_id: value for record_id, value in given.items() if not is_empty(value)}
        if not wanted:
            continue
        sql = session.layout.sql(table)
        column = sql.c[field.key]
        taken: dict[Any, str] = {}
        values = list(set(wanted.values()))
        for start in range(0, len(values), MOST_VALUES):
            some = among_values(session, column, values[start : start + MOST_VALUES])
            taken |= {row[0]: row[1] for row in session.connection.execute(sa.select(column, sql.c.id).where(some))}
        seen: dict[Any, str] = {}
        for number, (record_id, values_of) in enumerate(records.items()):
            value = values_of.get(field.key)
            if is_empty(value):
                continue
            if isinstance(value, str) and len(value) > LONGEST_UNIQUE:
                says = _(
                    "{field} may have at most {most} characters, since no two are alike.",
                    field=_name(field),
                    most=LONGEST_UNIQUE,
                )
                problems.append(Problem(f"/{number}/{field.key}", says, "too_long", value))
                continue
            holder = seen.get(value) or taken.get(value)
            if holder is not None and holder != record_id and (holder not in records or value in seen):
                says = _("Another record already has this {field}.", field=_name(field))
                problems.append(Problem(f"/{number}/{field.key}", says, "not_unique", value))
            seen[value] = record_id
    return problems


def check_links(
    session: Session, table: Table, records: Sequence[Given], held: Mapping[str, set[str]] | None = None
) -> list[Problem]:
    """A problem for each link to a record that is not there. Those that are there stay until the transaction ends.

    `held`: by link those that were found before in this transaction; they are not asked for again.
    """
    problems = []
    for field in table.fields.values():
        if not field.is_link or field.is_side:  # other sides are judged in sides.py
            continue
        wanted = {one for values in records for one in _ids(values.get(field.key))}
        if held is not None:
            wanted -= held[field.key]
        if not wanted:
            continue
        seen = (table.address, field.key) in computed.read_through(session)
        hold: record_rows.Hold = "unchanged" if seen else "there"
        found = record_rows.existing_in(session, field.targets, wanted, hold=hold)
        if held is not None:
            held[field.key].update(found)
        missing = wanted - found
        if missing:
            problems += [
                Problem(
                    f"/{number}/{field.key}",
                    _("{field} leads to a record that does not exist.", field=_name(field)),
                    "unknown_record",
                    values[field.key],
                )
                for number, values in enumerate(records)
                if missing & set(_ids(values.get(field.key)))
            ]
    return problems


def defaults(session: Session, table: Table) -> Values:
    """What the fields of a new record hold when nothing is given."""
    values: Values = {}
    asked: dict[str, Any] = {}
    records = Records(session.layout, table, None, clock_of(session))
    for field in table.fields.values():
        if not field.writable or field.default is None:
            continue
        if is_expression(field.default):
            asked[field.key] = _default(session, field, records)
        else:
            values[field.key] = field.default
    if asked:
        row = session.connection.execute(sa.select(*asked.values()), moment(session)).one()
        values |= {key: value for key, value in zip(asked, row, strict=True) if not is_empty(value)}
    accepted = ((table.fields[key], value) for key, value in values.items())
    return {field.key: found for field, value in accepted if (found := _fitting(session, field, value)) is not None}


def _default(session: Session, field: Field, records: Records) -> sa.ColumnElement[Any]:
    """The SQL of a default that is an expression."""
    scope, text = session.layout.types.scope(field.table), expression(field.default)
    checked = formulas.check(text, scope)
    if field.kind.holds == "text" and checked.type.name not in {"text", "blank"}:
        checked = formulas.check(f"CONCATENATE({text})", scope)
    return sa.type_coerce(formulas.compile(checked, records).value, sql_type(checked.type))


def _fitting(session: Session, field: Field, value: Any) -> Any:
    """A default as the field holds it; None where it does not fit (any more), so that the field is just empty."""
    try:
        return field.kind.accept(value, options_of(session, field))
    except InvalidValue:
        return None


def is_empty(value: Any) -> bool:
    """Nothing there. False and 0 are something."""
    return value is None or value == "" or value == []


def options_of(session: Session, field: Field) -> Options:
    """The options of the field's type, where times are typed and shown in the workspace's zone."""
    if field.kind.holds == "date_time":
        return {"time_zone": session.workspace.time_zone, **field.options}
    return field.options


# Where those whom fields name are known: those who left and what was removed too, for records keep naming them.
_NAMED = {
    "people": (workspace_tables.people.c.id, _("{field} must be a person of this workspace."), "unknown_person"),
    "departments": (
        workspace_tables.departments.c.id,
        _("{field} must be a department of this workspace."),
        "unknown_department",
    ),
}


def _missing_named(session: Session, table: Table, records: Sequence[Values]) -> list[Problem]:
    problems: list[Problem] = []
    for names, (known_ids, says, code) in _NAMED.items():
        fields = [one for one in table.fields.values() if one.kind.names == names and one.writable]
        wanted = {named for values in records for one in fields for named in _ids(values.get(one.key))}
        if not wanted:
            continue
        known = set(session.connection.execute(sa.select(known_ids).where(known_ids.in_(wanted))).scalars())
        problems += [
            Problem(f"/{number}/{field.key}", Text(says.message, {"field": _name(field)}), code, values[field.key])
            for number, values in enumerate(records)
            for field in fields
            if not known.issuperset(_ids(values.get(field.key)))
        ]
    return problems


def _ids(value: Any) -> list[str]:
    if not value:
        return []
    return [value] if isinstance(value, str) else value


def _name(field: Field) -> Label:
    return field.label
