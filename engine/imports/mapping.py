"""Which column of a file goes into which field, and how its cells are read: the JSON document that an import keeps.

```
{"columns": {"close_value": {"field": "amount", "reading": {"as": "currency", "decimal": "."}, "values": {"n/a": ""}},
             "product": {"field": "product", "values": {"GTXPro": "GTX Pro"}, "unknown": "refuse"}},
 "match": ["reference"], "blank": "keep", "conflicts": "keep", "automations": false,
 "new": {"app": "sales", "app_label": "Sales", "table": "deals", "label": "Deals", "title": "name"}}
```
`values` puts a text in the place of a cell's. `unknown`: what becomes of a name that no record, choice or person has:
the line is refused, the field is left empty, or the record or choice is created. `match`: the fields by which a record
that is there already is found and updated; without it every line is a new record. `blank`: whether a blank cell leaves
what such a record holds, or clears it. `conflicts`: what a line does that would overwrite something which was changed
here since an import last wrote the record: it keeps the record as it is here, or overwrites it. `automations`: whether
they run for what is imported. `new` only where a table is made for the file; each column then has the `definition` of
its field.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made_by
from typing import Any

from engine.definitions.apps import Apps
from engine.definitions.language import Document, Field, Table
from engine.errors import Problem, Refused
from engine.field_types import FieldType
from engine.importers import READINGS, Reading, reading_from
from engine.text import Text, _, label_in

UNKNOWN = ("refuse", "empty", "create")
BLANK = ("keep", "clear")
CONFLICTS = ("keep", "overwrite")


@dataclass(frozen=True)
class ColumnMapping:
    """One column on its way into a field. `definition` is the field's, where the table is yet to be made.

    `by`: the field by whose values the column names linked records, where that is not their title.
    """

    column: str
    field: str
    reading: Reading
    values: Mapping[str, str] = made_by(default_factory=dict)
    unknown: str = "refuse"
    definition: Mapping[str, Any] | None = None
    by: str = ""


@dataclass(frozen=True)
class NewTable:
    """The table that is made for a file, in an app that is there or made for it."""

    app: str
    app_label: str
    table: str
    label: str
    title: str

    @property
    def address(self) -> str:
        return f"{self.app}.{self.table}"


@dataclass(frozen=True)
class FileMapping:
    """All of the document above; `clear`, `overwrite` and `automations` as truth values.

    `system`: system fields of new records, each with the column that says what it holds. No document says that, since
    who may bring a file in may not say who made a record.
    """

    columns: tuple[ColumnMapping, ...]
    match: tuple[str, ...] = ()
    clear: bool = False
    overwrite: bool = False
    automations: bool = False
    new: NewTable | None = None
    system: Mapping[str, str] = made_by(default_factory=dict)


def reading_name(kind: FieldType) -> str:
    """The reading whose values a field of this type holds."""
    by_value = {"number": "number", "boolean": "checkbox", "date": "date", "date_time": "date_time"}
    return kind.reading or (kind.name if kind.name in READINGS else by_value.get(kind.holds, "text"))


def mapping_from(document: Any, columns: Sequence[str], table: Table | None) -> FileMapping:
    """The mapping that `document` says, for a file with these columns and a table that is there (or None).

    Raises `Refused` with every problem at its JSON pointer in `document`.
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("columns"), Mapping):
        raise Refused([Problem("", _("A mapping is an object with `columns`."), "mapping")])
    problems: list[Problem] = []
    mapped: list[ColumnMapping] = []
    for column, one in document["columns"].items():
        at = f"/columns/{_escaped(str(column))}"
        wrong = list(_column_problems(at, column, one, columns, table))
        taken = [other.column for other in mapped if isinstance(one, Mapping) and other.field == one.get("field")]
        if taken:
            says = _("{column} and {other} go into the same field.", column=column, other=taken[0])
            wrong.append(Problem(f"{at}/field", says, "field_twice"))
        if wrong:
            problems += wrong
            continue
        reading = reading_from(one.get("reading") or {"as": "text"})
        values = {str(cell): str(value) for cell, value in (one.get("values") or {}).items()}
        unknown, definition = one.get("unknown", "refuse"), one.get("definition")
        mapped.append(ColumnMapping(column, one["field"], reading, values, unknown, definition))
    problems += _whole_problems(document, {one.field for one in mapped}, table, refused=bool(problems))
    if problems:
        raise Refused(problems)
    new = NewTable(**document["new"]) if document.get("new") else None
    return FileMapping(
        tuple(mapped),
        tuple(document.get("match") or ()),
        document.get("blank") == "clear",
        document.get("conflicts") == "overwrite",
        bool(document.get("automations")),
        new,
    )


def document_with(apps: Apps, mapping: FileMapping) -> dict[str, Any]:
    """The definition of the app with the table that the mapping asks for."""
    new = mapping.new
    if new is None:
        raise Refused([Problem("/new", _("Say what the new table is to be."), "mapping")])
    held: Document = apps[new.app].document if new.app in apps else _empty_app(new)
    document = copy.deepcopy(dict(held))
    document["tables"][new.table] = {
        "label": new.label,
        "title": new.title,
        "fields": {one.field: dict(one.definition or {"type": "text"}) for one in mapping.columns},
    }
    return document


def _empty_app(new: NewTable) -> Document:
    return {"formwork": 1, "key": new.app, "label": new.app_label, "version": "1.0.0", "tables": {}}


def _column_problems(at: str, column: str, one: Any, columns: Sequence[str], table: Table | None) -> Iterator[Problem]:
    if column not in columns:
        yield Problem(at, _("The file has no column {column}.", column=column), "unknown_column", column)
    if not isinstance(one, Mapping) or not isinstance(one.get("field"), str):
        yield Problem(at, _("Say which `field` {column} goes into.", column=column), "mapping")
        return
    for key in one:
        if key not in {"field", "reading", "values", "unknown", "definition"}:
            yield Problem(f"{at}/{_escaped(str(key))}", _("There is no `{name}` here.", name=key), "mapping")
    if table is not None and (says := _unfit(table.fields.get(one["field"]), one["field"])):
        yield Problem(f"{at}/field", says, "unknown_field", one["field"])
    if one.get("unknown", "refuse") not in UNKNOWN:
        yield Problem(f"{at}/unknown", _one_of(one["unknown"], UNKNOWN), "mapping")
    if not isinstance(one.get("values") or {}, Mapping):
        yield Problem(f"{at}/values", _("`values` is an object: a cell's text, and what it means."), "mapping")
    if one.get("definition") is not None and not isinstance(one["definition"], Mapping):
        yield Problem(f"{at}/definition", _("A definition is an object."), "mapping")
    try:
        reading_from(one.get("reading") or {"as": "text"})
    except (ValueError, TypeError) as error:
        yield Problem(f"{at}/reading", error.args[0] if error.args else _("There is no such reading."), "mapping")


def _whole_problems(
    document: Mapping[str, Any], fields: set[str], table: Table | None, *, refused: bool
) -> Iterator[Problem]:
    for key in document:
        if key not in {"columns", "match", "blank", "conflicts", "automations", "new"}:
            yield Problem(f"/{_escaped(str(key))}", _("There is no `{name}` here.", name=key), "mapping")
    if document.get("blank", "keep") not in BLANK:
        yield Problem("/blank", _one_of(document["blank"], BLANK), "mapping")
    if document.get("conflicts", "keep") not in CONFLICTS:
        yield Problem("/conflicts", _one_of(document["conflicts"], CONFLICTS), "mapping")
    if not fields and not refused:
        yield Problem("/columns", _("No column goes anywhere. Choose a field for at least one."), "empty")
    match = document.get("match") or []
    for number, key in enumerate(match if isinstance(match, list) else [match]):
        if key not in fields and not refused:
            says = _("Records cannot be found by {field}, since no column goes there.", field=key)
            yield Problem(f"/match/{number}", says, "unknown_field", key)
        if table is not None and key in table.fields and table.fields[key].several:
            yield Problem(f"/match/{number}", _("Records cannot be found by {field}.", field=key), "unknown_field", key)
    new = document.get("new")
    names = {"app", "app_label", "table", "label", "title"}
    if table is None and (not isinstance(new, Mapping) or set(new) != names or not all(map(str, new.values()))):
        yield Problem("/new", _("Say what the new table is to be: {names}.", names=", ".join(sorted(names))), "mapping")
    elif table is None and isinstance(new, Mapping) and new["title"] not in fields and not refused:
        yield Problem("/new/title", _("The records' title must be one of the fields."), "unknown_field", new["title"])
    elif table is not None and new:
        yield Problem("/new", _("This import goes into a table that is there already."), "mapping")


def _unfit(one: Field | None, key: str) -> Text | None:
    if one is None:
        return _("There is no field {field} here.", field=key)
    if not one.importable:
        return _("{field} is kept by itself and cannot be set.", field=label_in(one.label, "en", key))
    return None


def _one_of(value: Any, words: Sequence[str]) -> Text:
    return _("{value} is not one of {words}.", value=str(value), words=", ".join(words))


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")
