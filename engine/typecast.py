"""Values that a program sends as texts, made into what the fields hold: numbers, dates, choices, links by name.

`add_choices` changes the definition, which is a transaction of its own; `typecast` then belongs to the one that writes.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from engine import apps, records
from engine.access import door
from engine.definitions.language import Field, Table
from engine.errors import Problem, Refused
from engine.imports.lookups import (
    Names,
    choices_by_label,
    folded,
    names_in,
    names_of_kind,
    new_choices,
    nothing_called,
    records_by_name,
    records_by_values,
)
from engine.storage.session import Session
from engine.text import _
from engine.values import Values, is_empty

Given = Mapping[str, Any]


def missing_choices(session: Session, table: str, given: Sequence[Given]) -> dict[str, list[str]]:
    """The labels, by field key, that selects do not have yet."""
    of = session.layout.table(table)
    missing: dict[str, list[str]] = {}
    for field in of.fields.values():
        if field.kind.names != "choices" or not field.writable:
            continue
        known = choices_by_label(field)
        for label in _texts(given, field):
            if not known.find(label):
                missing.setdefault(field.key, []).append(label)
    return missing


def add_choices(session: Session, table: str, missing: Mapping[str, Sequence[str]]) -> None:
    """Give selects the choices that they lack. Raises `Forbidden` for who may not build."""
    of = session.layout.table(table)
    document = copy.deepcopy(dict(apps.export(session, of.app)))
    for key, labels in missing.items():
        document["tables"][of.key]["fields"][key]["choices"] |= new_choices(of.fields[key], labels)
    apps.apply(session, document)


def typecast(session: Session, table: str, given: Sequence[Given]) -> list[Values]:
    """The same records with choices, people, departments and links by their keys and ids.

    A linked record that is missing is made, unless its table could be any of several. What is a text still is for
    `records.create(..., reading="text")` to read.
    """
    of = session.layout.table(table)
    cast = called(session, table, given)
    for field in _given_in(of, cast):
        if field.target is not None and not field.owns_lines:
            _link(session, field, cast)
        elif field.kind.of_any_table:
            _call(records_by_name(session, field.targets), field, cast)
        elif field.kind.holds == "text":
            for values in cast:
                if isinstance(values.get(field.key), (int, float)):
                    values[field.key] = str(values[field.key])
    return cast


def named(session: Session, table: str, given: Sequence[Given]) -> list[Values]:
    """The same records with all that they name by its key or id, linked records too.

    Raises `Refused` for every name that no record has, or several have; what else nothing is called stays.
    """
    of = session.layout.table(table)
    cast = called(session, table, given)
    problems: list[Problem] = []
    for field in _given_in(of, cast):
        if field.is_link and not field.owns_lines and any(_names(values.get(field.key)) for values in cast):
            names = records_by_name(session, field.targets)
            problems += _unclear(session, names, field, cast)
            _call(names, field, cast)
    if problems:
        raise Refused(problems)
    return cast


def called(session: Session, table: str, given: Sequence[Given]) -> list[Values]:
    """The same records with choices, people and departments by their keys and ids; what nothing is called stays."""
    of = session.layout.table(table)
    cast = [dict(values) for values in given]
    for field in _given_in(of, cast):
        if field.kind.names:
            _call(names_of_kind(session, field), field, cast)
    return cast


def _given_in(of: Table, given: Sequence[Given]) -> list[Field]:
    fields = (field for field in of.fields.values() if field.writable)
    return [field for field in fields if any(not is_empty(values.get(field.key)) for values in given)]


def _call(names: Names, field: Field, given: Iterable[Values]) -> None:
    for values in given:
        if not is_empty(values.get(field.key)):
            values[field.key] = _found(names, field, values[field.key])


def _found(names: Names, field: Field, value: Any) -> Any:
    """What a text, or each text of a list, names; what names nothing, or several, stays as it is."""
    if isinstance(value, list):
        return [_one(names, one) if isinstance(one, str) else one for one in value]
    if not isinstance(value, str):
        return value
    if field.several:
        return [_one(names, one) for one in names_in(field, value, names)]
    return _one(names, value)


def _unclear(session: Session, names: Names, field: Field, given: Iterable[Values]) -> Iterator[Problem]:
    for number, values in enumerate(given):
        for text in _names(values.get(field.key)):
            for name in names_in(field, text, names):
                found, at = names.find(name), f"/{number}/{field.key}"
                if not found and _is_name(name):
                    says = nothing_called(session, field, name.strip(), names.similar(name))
                    yield Problem(at, says, "unknown_record", name)
                elif len(found) > 1:
                    says = _("{count} are called {name}. Say which by its id.", count=len(found), name=name.strip())
                    yield Problem(at, says, "ambiguous", name)


def _one(names: Names, name: str) -> str:
    found = names.find(name)
    return found[0] if len(found) == 1 else name


def _link(session: Session, field: Field, given: Iterable[Values]) -> None:
    """Names of linked records become their ids; of several records with one name, that of the first."""
    target = session.layout.table(field.target or "")
    door.enter(session.principal, "read", target)
    wanted = {name.strip() for values in given for name in _names(values.get(field.key))}
    known: dict[str, str] = {}
    if session.layout.stored(target.fields[target.title]):
        exact = records_by_values(session, target, [target.title], {(name,) for name in wanted})
        known = {str(name): min(ids) for (name,), ids in exact.items()}
    if left := [name for name in wanted if name not in known]:
        titles = records_by_name(session, [target.address])
        known |= {name: min(found) for name in left if (found := titles.find(name))}
    if missing := {folded(name): name for name in left if name not in known}:
        made = records.create(session, target.address, [{target.title: name} for name in missing.values()])
        ids = dict(zip(missing, made, strict=True))
        known |= {name: ids[folded(name)] for name in left if name not in known}
    for values in given:
        if _names(values.get(field.key)):
            held = values[field.key] if isinstance(values[field.key], list) else [values[field.key]]
            values[field.key] = [known[one.strip()] if _is_name(one) else one for one in held]


def _names(value: Any) -> list[str]:
    return [one for one in (value if isinstance(value, list) else [value]) if _is_name(one)]


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and not (value.startswith("rec") and len(value) == 17)


def _texts(given: Iterable[Given], field: Field) -> list[str]:
    known = choices_by_label(field)
    held = (values.get(field.key) for values in given)
    several = (one for value in held for one in (value if isinstance(value, list) else [value]))
    texts = (name for one in several if isinstance(one, str) for name in names_in(field, one, known))
    return list(dict.fromkeys(one.strip() for one in texts))
