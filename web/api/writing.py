"""Values as they come in requests, by field key; and what a request to write must look like."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from engine import people, typecast
from engine.definitions.language import Field
from engine.errors import Problem, Refused
from engine.imports.lookups import Names as KnownNames
from engine.imports.lookups import departments_by_name
from engine.storage.session import Session
from engine.text import _
from engine.values import Reading, Values
from web.api.answering import Body, is_true
from web.api.callers import Caller
from web.api.errors import ApiRefusal, NoSuchThing
from web.api.naming import Names, names_of, table_named, unknown_field

MOST = 1_000  # records of one request
_RECORD_ID = re.compile(r"rec[0-9A-Za-z]{14}")


@dataclass(frozen=True)
class Given:
    """The records of a request: `(id or None, values by the names sent)`, and how they are to be read."""

    records: list[tuple[str | None, Mapping[str, Any]]]
    single: bool  # one record without a list around it; the answer is one record then
    typecast: bool
    by_key: bool

    @property
    def reading(self) -> Reading:
        """For the verbs of `records.py`."""
        return "text" if self.typecast else "json"


def given_in(body: Body, *, ids: bool | None = False) -> Given:
    """What a body brings. `ids`: whether each record must have one (None: may). Raises `ApiRefusal`."""
    typecast_, by_key = is_true(body.get("typecast")), is_true(body.get("returnFieldsByFieldId"))
    if "records" not in body:
        return Given([(None, _fields_of(body))], True, typecast_, by_key)
    listed = body["records"]
    if not isinstance(listed, list) or not listed or not all(isinstance(one, dict) for one in listed):
        raise ApiRefusal(422, "INVALID_RECORDS", 'Invalid request: "records" must be a list of at least one object')
    if len(listed) > MOST:
        raise ApiRefusal(422, "INVALID_RECORDS", f"Invalid request: at most {MOST} records at once")
    found = [(_id_of(one, ids), _fields_of(one)) for one in listed]
    named = [record_id for record_id, _fields in found if record_id]
    if len(named) != len(set(named)):
        raise ApiRefusal(422, "INVALID_RECORDS", "Invalid request: a record may be there only once")
    return Given(found, False, typecast_, by_key)


def check_id(record_id: str) -> str:
    """The id of a path. Raises `NoSuchThing` for what cannot be one."""
    if not _RECORD_ID.fullmatch(record_id):
        raise NoSuchThing
    return record_id


@contextmanager
def values_in(session: Session, names: Names, given: Given) -> Iterator[list[Values]]:
    """The values of each record by field key, choices, people and links as the engine takes them: to write with.

    What is named wrongly is left out, and refused when the block ends or is refused itself, so that all problems
    are told at once: raises `Refused` with each at `/<number>/<name>`.
    """
    problems: list[Problem] = []
    found: list[Values] = []
    reader = _Reader(session)
    for number, (_id, fields) in enumerate(given.records):
        values: Values = {}
        for name, value in fields.items():
            field = names.fields.get(name)
            at = f"/{number}/{name}"
            if field is None:
                problems.append(Problem(at, unknown_field(name), "unknown_field", value))
            elif not field.brought:
                says = _('Field "{name}" cannot accept a value because the field is computed', name=name)
                problems.append(Problem(at, says, "computed", value))
            else:
                values[field.key] = reader.read(field, value)
        found.append(values)
    if not given.typecast:
        problems += _unknown_choices(names, found)
    told = {problem.at for problem in problems}
    try:
        yield typecast.typecast(session, names.table.address, found) if given.typecast else found
    except Refused as refused:
        raise Refused(problems + [one for one in refused.problems if one.at not in told]) from refused
    if problems:
        raise Refused(problems)


def make_choices(caller: Caller, app: str, table: str, given: Given) -> None:
    """With typecast, selects get the choices that a request names, if its caller may build."""
    if not given.typecast or caller.principal.role not in {"owner", "builder"}:
        return
    with caller.read() as session:
        of = table_named(session.layout, app, table)
        names = names_of(session.layout, of, session.workspace.language)
        by_key = [
            {names.fields[name].key: value for name, value in fields.items() if name in names.fields}
            for _id, fields in given.records
        ]
        missing = typecast.missing_choices(session, of.address, by_key)
    if missing:
        with caller.write() as session:
            typecast.add_choices(session, of.address, missing)


class _Reader:
    """Makes of what clients send for some kinds what the engine's fields take; what has names is looked up once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._people: dict[str, str] | None = None
        self._departments: KnownNames | None = None

    def read(self, field: Field, value: Any) -> Any:
        if value is None:
            return None
        if not field.kind.names:
            return value
        if isinstance(value, list) and field.kind.listed:
            return [self._named(field, one) for one in value]
        return self._named(field, value)

    def _named(self, field: Field, value: Any) -> Any:
        if field.kind.names == "people":
            return self._person(value)
        if field.kind.names == "departments":
            return self._department(value)
        return choice_named(field, value) if isinstance(value, str) else value

    def _person(self, value: Any) -> Any:
        wanted = (value.get("id") or value.get("email")) if isinstance(value, Mapping) else value
        if not isinstance(wanted, str) or "@" not in wanted:
            return wanted
        if self._people is None:
            self._people = {one.email: one.id for one in people.everybody(self._session)}
        return self._people.get(wanted.casefold(), wanted)

    def _department(self, value: Any) -> Any:
        value = (value.get("id") or value.get("name")) if isinstance(value, Mapping) else value
        if not isinstance(value, str):
            return value
        if self._departments is None:
            self._departments = departments_by_name(self._session)
        found = self._departments.find(value)
        return found[0] if len(found) == 1 else value


def choice_named(field: Field, name: str) -> str:
    """The key of the choice with this label in any language, else `name` itself."""
    choices = field.options["choices"]
    if name in choices:
        return name
    for key, choice in choices.items():
        label = choice["label"]
        if name == label or (isinstance(label, Mapping) and name in label.values()):
            return str(key)
    return name


def _unknown_choices(names: Names, found: Sequence[Values]) -> list[Problem]:
    selects = {one.key: one for one in names.table.fields.values() if one.kind.names == "choices"}
    return [
        Problem(
            f"/{number}/{key}",
            _('Insufficient permissions to create new select option "{name}"', name=name),
            "unknown_choice",
            name,
        )
        for number, values in enumerate(found)
        for key, value in values.items()
        if key in selects
        for name in (value if isinstance(value, list) else [value])
        if isinstance(name, str) and name and name not in selects[key].options["choices"]
    ]


def _fields_of(one: Mapping[str, Any]) -> Mapping[str, Any]:
    fields = one.get("fields")
    if fields is None:
        raise ApiRefusal(422, "INVALID_REQUEST_MISSING_FIELDS", 'Could not find field "fields" in the request body')
    if not isinstance(fields, dict):
        raise ApiRefusal(422, "INVALID_REQUEST_UNKNOWN", 'Invalid request: "fields" must be an object')
    return fields


def _id_of(one: Mapping[str, Any], ids: bool | None) -> str | None:
    record_id = one.get("id")
    if ids is False or (ids is None and record_id is None):
        return None
    if not isinstance(record_id, str) or not _RECORD_ID.fullmatch(record_id):
        raise ApiRefusal(422, "INVALID_RECORDS", 'Invalid request: each record needs its "id"')
    return record_id
