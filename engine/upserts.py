"""Records that are there already, found by what some of their fields hold: these are updated, the others created."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine import records
from engine.access import door
from engine.errors import Problem, Refused
from engine.imports.lookups import records_by_values
from engine.storage.session import Session
from engine.text import _
from engine.values import Reading, accept, is_empty

MAX_FIELDS = 3  # to find a record by


@dataclass(frozen=True)
class Upserted:
    """The ids in the order of what was given (twice where two meant one record), and which of them are new."""

    ids: list[str]
    created: list[str]
    updated: list[str]


def upsert(
    session: Session,
    table: str,
    given: Sequence[tuple[str | None, Mapping[str, Any]]],
    merge_on: Sequence[str],
    *,
    reading: Reading = "json",
) -> Upserted:
    """Update or create records: `given` are (id or None, values by key).

    What has an id is updated by it. Anything else is looked for by the fields `merge_on`: one match is updated,
    without any (or with an empty value to look for) a record is created. Raises `Refused` where several match.
    """
    of = session.layout.table(table)
    door.enter(session.principal, "read", of)
    wrong = [key for key in merge_on if not of.fields[key].writable or of.fields[key].several]
    if wrong or not 1 <= len(merge_on) <= MAX_FIELDS:
        name = ", ".join(wrong)
        says = _("Records cannot be found by {field}.", field=name) if wrong else _("Name one to three fields.")
        raise Refused([Problem("/fieldsToMergeOn", says, "merge", name)])
    accepted, problems = accept(session, of, [values for _id, values in given], reading)
    if problems:
        raise Refused(problems)
    looked_for = [
        _wanted(values, merge_on) if record_id is None else None
        for (record_id, _g), values in zip(given, accepted, strict=True)
    ]
    there = records_by_values(session, of, merge_on, {one for one in looked_for if one is not None})
    several = [
        Problem(f"/{number}", _("More than one record has these values."), "several")
        for number, one in enumerate(looked_for)
        if one is not None and len(there.get(one, ())) > 1
    ]
    if several:
        raise Refused(several)
    return _write(session, table, given, looked_for, {one: ids[0] for one, ids in there.items()}, reading)


def _wanted(values: Mapping[str, Any], merge_on: Sequence[str]) -> tuple[Any, ...] | None:
    found = tuple(values.get(key) for key in merge_on)
    return None if any(is_empty(one) for one in found) else found


def _write(
    session: Session,
    table: str,
    given: Sequence[tuple[str | None, Mapping[str, Any]]],
    looked_for: Sequence[tuple[Any, ...] | None],
    there: Mapping[tuple[Any, ...], str],
    reading: Reading,
) -> Upserted:
    new: list[dict[str, Any]] = []
    changed: dict[str, dict[str, Any]] = {}
    coming: dict[tuple[Any, ...], int] = {}  # what was looked for -> number among the new records
    places: list[str | int] = []
    for (record_id, values), wanted in zip(given, looked_for, strict=True):
        found = record_id or (there.get(wanted) if wanted else None)
        if found is not None:
            changed.setdefault(found, {}).update(values)
            places.append(found)
        elif wanted in coming:
            new[coming[wanted]].update(values)
            places.append(coming[wanted])
        else:
            if wanted is not None:
                coming[wanted] = len(new)
            places.append(len(new))
            new.append(dict(values))
    made = records.create(session, table, new, reading=reading) if new else []
    if changed:
        records.update(session, table, changed, reading=reading)
    ids = [one if isinstance(one, str) else made[one] for one in places]
    return Upserted(ids, made, list(changed))
