"""What people, departments and linked records of a page are called: one question per table, however many records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine import files, named, queries
from engine.definitions.language import Field, Table
from engine.field_types import Input
from engine.filters import HELD, held_for
from engine.formulas.types import FILE
from engine.storage.layout import Layout
from engine.storage.session import Session
from web.addresses import At
from web.attached import attached

# The id of a person or department -> the name; a record's -> {"title", "href", "icon", "table"}, the last two of its
# table; a file's -> `Attached`.
Names = dict[str, Any]


def names_of(
    session: Session, at: At, table: Table, keys: Iterable[str], records: Iterable[Mapping[str, Any]]
) -> Names:
    """The names of everybody and everything that the fields `keys` of `records` (values by key) name."""
    layout, held = session.layout, list(records)
    fields = [table.fields[key] for key in keys if key in table.fields]
    targets = [(field.key, target) for field in fields for target in layout.tables_named(field)]
    wanted: dict[str, set[str]] = {}
    for values in held:
        for key, target in targets:
            wanted.setdefault(target, set()).update(ids_of(values.get(key)))
    names = titles_of(session, at, wanted)
    for kind in {HELD[held_for(layout.held_type(field))].names for field in fields}:
        names |= named.names(session, kind)
    return names | files_of(session, at, [field.key for field in fields if holds_files(layout, field)], held)


def files_of(session: Session, at: At, keys: Iterable[str], records: Iterable[Mapping[str, Any]]) -> Names:
    """The files in the fields `keys` of `records`, by id."""
    keys = list(keys)
    ids = {one for values in records for key in keys for one in ids_of(values.get(key))} if keys else set()
    return {file_id: attached(at, file) for file_id, file in files.known(session, ids).items()}


def titles_of(session: Session, at: At, wanted: Mapping[str, Iterable[str]]) -> Names:
    """Records' titles and addresses; `wanted` is ids by table."""
    names: Names = {}
    for address, ids in wanted.items():
        table = session.layout.table(address)
        records = at.record(table.app, table.key, "")
        for record_id, title in queries.titles(session, address, sorted(ids)).items():
            shown = {
                "title": title,
                "href": f"{records}{record_id}" if records else "",
                "icon": table.icon,
                "table": table.label,
            }
            names[record_id] = shown
    return names


def offered_for(session: Session, inputs: Iterable[Input | None]) -> dict[str, dict[str, str]]:
    """What these inputs offer to choose from: names by id, by what `Input.offers` says."""
    return named.offered(session, [one.offers for one in inputs if one is not None])


def holds_files(layout: Layout, field: Field) -> bool:
    """Whether the field's values are files."""
    if field.is_link or not (field.kind.listed or field.kind.computed):
        return False
    return layout.held_type(field).item == FILE


def ids_of(value: Any) -> list[str]:
    """The ids in a link's value, to one or to many."""
    if not value or isinstance(value, Mapping):
        return []
    # Lines that were typed and refused are no ids (yet).
    return [value] if isinstance(value, str) else [one for one in value if isinstance(one, str)]
