"""Tables and fields made and renamed one at a time, each as a change of the app's definition like any other.

A definition here is as a document has it, but for what has a place of its own: what is called (`label`) becomes a key.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine import apps
from engine.definitions.documents import label_of
from engine.definitions.language import RESERVED_APPS, RESERVED_KEYS
from engine.errors import NotFound, Problem, Refused
from engine.importers import key_for
from engine.storage.session import Session
from engine.text import Label, Text, _, label_in


@dataclass(frozen=True)
class NewField:
    """A field to be made: its type and options; `help` is what it is for."""

    label: str
    definition: Mapping[str, Any]
    help: str = ""


@dataclass(frozen=True)
class NewTable:
    """A table to be made; records are called by its first field."""

    label: str
    fields: Sequence[NewField]
    description: str = ""


def create_app(session: Session, label: str, tables: Sequence[NewTable]) -> str:
    """Make an app with these tables; its key. Raises `Refused`, `Forbidden` for who may not build."""
    _check_named(label, (), "/name")
    if not tables:
        raise Refused([Problem("/tables", _("An app needs a table."), "required")])
    key = key_for(label, set(session.layout.apps), RESERVED_KEYS | RESERVED_APPS, "app_1", prefix="app_")
    document: dict[str, Any] = {"formwork": 1, "key": key, "label": label.strip(), "version": "1.0.0", "tables": {}}
    for number, table in enumerate(tables):
        _put_table(session, document, table, f"/tables/{number}")
    apps.apply(session, document)
    return key


def create_table(session: Session, app: str, table: NewTable) -> str:
    """Add a table to an app; its address. Raises as `create_app` does, `NotFound`."""
    document = _document(session, app)
    key = _put_table(session, document, table, "")
    apps.apply(session, document)
    return f"{app}.{key}"


def create_field(session: Session, table: str, field: NewField) -> str:
    """Add a field to a table; its key. Raises as `create_table` does."""
    of = session.layout.table(table)
    document = _document(session, of.app)
    key = _put_field(session, document, of.key, field, "")
    apps.apply(session, document)
    return key


def describe_table(session: Session, table: str, *, label: str | None = None, description: str | None = None) -> None:
    """Call a table by another name, or say something else of it; the other languages' words stay.

    Raises as `create_table` does.
    """
    of = session.layout.table(table)
    document = _document(session, of.app)
    others = _labels({key: one for key, one in document["tables"].items() if key != of.key})
    _describe(session, document["tables"][of.key], label, "description", description, others)
    apps.apply(session, document)


def describe_field(
    session: Session, table: str, field: str, *, label: str | None = None, help: str | None = None
) -> None:
    """The same for a field; of the other side of a link, too. Raises as `create_table` does."""
    of = session.layout.table(table)
    if field not in of.fields:
        raise NotFound(_("There is no field {field} in {table}.", field=field, table=of.label))
    document = _document(session, of.app)
    fields = document["tables"][of.key]["fields"]
    others = [each for key, one in of.fields.items() if key != field for each in _spellings(one.label)]
    held = of.fields[field]
    if field in fields:
        _describe(session, fields[field], label, "help", help, others)
    elif held.inverse_of is not None and held.target is not None and held.target.startswith(f"{of.app}."):
        link = document["tables"][held.target.partition(".")[2]]["fields"][held.inverse_of]
        side = link["inverse"] if isinstance(link["inverse"], dict) else {"key": field, "label": held.label}
        _describe(session, side, label, "", None, others)
        link["inverse"] = side
    else:
        raise Refused([Problem("/name", _("What every record has is always called like this."), "fixed")])
    apps.apply(session, document)


def _document(session: Session, app: str) -> dict[str, Any]:
    return copy.deepcopy(dict(apps.export(session, app)))


def _put_table(session: Session, document: dict[str, Any], table: NewTable, at: str) -> str:
    tables = document["tables"]
    _check_named(table.label, _labels(tables), f"{at}/name")
    key = key_for(table.label, tables, RESERVED_KEYS, f"table_{len(tables) + 1}", prefix="table_")
    if not table.fields:
        raise Refused([Problem(f"{at}/fields", _("A table needs a field."), "required")])
    tables[key] = {"label": table.label.strip(), "fields": {}}
    if table.description.strip():
        tables[key]["description"] = table.description.strip()
    keys = [
        _put_field(session, document, key, field, f"{at}/fields/{number}") for number, field in enumerate(table.fields)
    ]
    tables[key]["title"] = keys[0]
    return key


def _put_field(session: Session, document: dict[str, Any], table: str, field: NewField, at: str) -> str:
    of = document["tables"][table]
    labels = [*_labels(of["fields"]), *_labels_of_sides(session, document["key"], table)]
    _check_named(field.label, labels, f"{at}/name")
    taken = {*of["fields"], *_keys_of_sides(session, document["key"], table)}
    key = key_for(field.label, taken, RESERVED_KEYS, f"field_{len(taken) + 1}")
    definition = {**field.definition, "label": field.label.strip()}
    if field.help.strip():
        definition["help"] = field.help.strip()
    if definition["type"] == "link" and "inverse" not in definition and definition.get("to") != table:
        _add_other_side(session, document, table, definition)
    of["fields"][key] = definition
    return key


def _add_other_side(session: Session, document: dict[str, Any], table: str, link: dict[str, Any]) -> None:
    """A link to another table of the app is seen there, too, under the name of its own table."""
    target = document["tables"].get(link.get("to"))
    if target is None:
        return
    label = _text_of(session, document["tables"][table]["label"])
    taken = [*_labels(target["fields"]), *_labels_of_sides(session, document["key"], link["to"])]
    name, number = label, 2
    while name.casefold() in map(str.casefold, taken):
        name, number = f"{label} {number}", number + 1
    keys = {*target["fields"], *_keys_of_sides(session, document["key"], link["to"])}
    link["inverse"] = {"key": key_for(name, keys, RESERVED_KEYS, f"field_{len(keys) + 1}"), "label": name}


def _keys_of_sides(session: Session, app: str, table: str) -> Collection[str]:
    known = session.layout.apps.tables.get(f"{app}.{table}")
    return known.fields.keys() if known else ()


def _labels_of_sides(session: Session, app: str, table: str) -> list[str]:
    known = session.layout.apps.tables.get(f"{app}.{table}")
    sides = [one for one in known.fields.values() if one.is_side] if known else []
    return [each for one in sides for each in _spellings(one.label)]


def _describe(
    session: Session,
    part: dict[str, Any],
    label: str | None,
    says: str,
    text: str | None,
    others: Collection[str],
) -> None:
    if label is not None and label.strip() != _text_of(session, part.get("label")):
        _check_named(label, others, "/name")
        part["label"] = _in_language(session, part.get("label"), label.strip())
    if text is not None:
        if text.strip():
            part[says] = _in_language(session, part.get(says), text.strip())
        else:
            part.pop(says, None)


def _in_language(session: Session, held: Label | None, text: str) -> Label:
    """What is said in several languages changes in the workspace's."""
    return {**held, session.workspace.language: text} if isinstance(held, Mapping) else text


def _text_of(session: Session, label: Label | None) -> str:
    return label_in(label, session.workspace.language)


def _labels(parts: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [each for key, one in parts.items() for each in _spellings(label_of(key, one))]


def _spellings(label: Label | None) -> list[str]:
    if label is None or isinstance(label, Text):
        return []
    return [label] if isinstance(label, str) else list(label.values())


def _check_named(label: str, taken: Collection[str], at: str) -> None:
    if not label.strip():
        raise Refused([Problem(at, _("Give it a name."), "name")])
    if label.strip().casefold() in map(str.casefold, taken):
        raise Refused([Problem(at, _("There is one called {name} already.", name=label.strip()), "name", label)])
