"""From two revisions of an app's document to a short list of named changes that say themselves in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.definitions.alteration import Alteration
from engine.definitions.documents import own_tables
from engine.definitions.language import Document
from engine.definitions.plan_roles import released, role_alterations
from engine.field_types import field_types
from engine.text import Label, Text, _

Part = Mapping[str, Any]
_NOTHING: Part = {}


@dataclass(frozen=True)
class InstallApp(Alteration):
    label: Label = ""

    @property
    def says(self) -> Text:
        return _("Installs {app}.", app=self.label)


@dataclass(frozen=True)
class RemoveApp(Alteration):
    destroys: ClassVar[bool] = True
    label: Label = ""

    @property
    def says(self) -> Text:
        return _("Removes {app} with its {count} records.", app=self.label, count=self.lost)


@dataclass(frozen=True)
class TableAlteration(Alteration):
    table: str = ""
    label: Label = ""


@dataclass(frozen=True)
class AddTable(TableAlteration):
    @property
    def says(self) -> Text:
        return _("Adds the table {table}.", table=self.label)


@dataclass(frozen=True)
class RemoveTable(TableAlteration):
    destroys: ClassVar[bool] = True

    @property
    def says(self) -> Text:
        return _("Removes the table {table} with its {count} records.", table=self.label, count=self.lost)


@dataclass(frozen=True)
class FieldAlteration(TableAlteration):
    field: str = ""
    field_label: Label = ""


@dataclass(frozen=True)
class AddField(FieldAlteration):
    @property
    def says(self) -> Text:
        return _("Adds {field} to {table}.", field=self.field_label, table=self.label)


@dataclass(frozen=True)
class RemoveField(FieldAlteration):
    destroys: ClassVar[bool] = True

    @property
    def says(self) -> Text:
        return _(
            "Removes {field} from {table}; {count} records have a value there.",
            field=self.field_label,
            table=self.label,
            count=self.lost,
        )


@dataclass(frozen=True)
class ConvertField(FieldAlteration):
    destroys: ClassVar[bool] = True
    old_type: str = ""
    new_type: str = ""
    kept: int = 0  # values that the new type can hold
    examples: tuple[tuple[str, str | None], ...] = ()  # a value as text, and what becomes of it (None: it is set aside)

    @property
    def says(self) -> Text:
        if self.old_type == self.new_type:
            return _(
                "Changes where {field} of {table} leads; {kept} values are kept, {count} cannot be.",
                field=self.field_label,
                table=self.label,
                kept=self.kept,
                count=self.lost,
            )
        return _(
            "Turns {field} of {table} from {old} into {new}; {kept} values are kept, {count} cannot be.",
            field=self.field_label,
            table=self.label,
            old=field_types[self.old_type].label,
            new=field_types[self.new_type].label,
            kept=self.kept,
            count=self.lost,
        )


@dataclass(frozen=True)
class ChangeField(FieldAlteration):
    what: tuple[str, ...] = ()

    @property
    def says(self) -> Text:
        return _(
            "Changes {what} of {field} in {table}.",
            what=", ".join(self.what),
            field=self.field_label,
            table=self.label,
        )


@dataclass(frozen=True)
class ChangePart(Alteration):
    """A view, form, check, automation, setting, or the app's own texts: nothing that records hold."""

    verb: str = "changes"  # adds | changes | removes
    part: str = ""
    name: Label = ""

    @property
    def says(self) -> Text:
        part = _PARTS[self.part]
        if self.verb == "adds":
            return _("Adds the {part} {name}.", part=part, name=self.name)
        if self.verb == "removes":
            return _("Removes the {part} {name}.", part=part, name=self.name)
        return _("Changes the {part} {name}.", part=part, name=self.name)


_PARTS = {
    "app": _("app"),
    "table": _("table"),
    "view": _("view"),
    "form": _("form"),
    "check": _("check"),
    "unique": _("rule of what is unique"),
    "lock": _("lock"),
    "automation": _("automation"),
    "setting": _("setting"),
    "connection": _("connection"),
    "role": _("role"),
    "access_test": _("access test"),
}
_APP_COLLECTIONS = (
    ("automations", "automation"),
    ("settings", "setting"),
    ("connections", "connection"),
    ("roles", "role"),
    ("access_tests", "access_test"),
)
_TABLE_COLLECTIONS = (
    ("views", "view"),
    ("forms", "form"),
    ("checks", "check"),
    ("unique", "unique"),
    ("locks", "lock"),
)


def plan(old: Document | None, new: Document) -> list[Alteration]:
    """What has to happen so that `old` (None: not installed yet) becomes `new`. Both have been checked."""
    app = new["key"]
    label = _name(new, app)
    if old is None:
        tables = [AddTable(app, table=key, label=_name(one, key)) for key, one in own_tables(new).items()]
        return [InstallApp(app, label=label), *tables]
    return list(_differences(app, label, old, new))


def _changed(old: Part, new: Part) -> list[str]:
    """The options that say something else now; within one the order counts: of choices, of steps."""
    return [one for one in {**old, **new} if json.dumps(old.get(one)) != json.dumps(new.get(one))]


def _differences(app: str, label: Label, old: Document, new: Document) -> Iterator[Alteration]:
    before, after = own_tables(old), own_tables(new)
    for key, table in after.items():
        if key not in before:
            yield AddTable(app, table=key, label=_name(table, key))
        else:
            yield from _table_differences(app, key, before[key], table)
    for key, table in before.items():
        if key not in after:
            yield RemoveTable(app, table=key, label=_name(table, key))
    for collection, part in _APP_COLLECTIONS:
        yield from _parts(app, part, old.get(collection, _NOTHING), new.get(collection, _NOTHING), "")
    yield from role_alterations(app, old, new)
    collections = {"tables", *(name for name, _part in _APP_COLLECTIONS)}
    if _any_moved(old, new, collections) or _changed(_without(old, collections), _without(new, collections)):
        yield ChangePart(app, verb="changes", part="app", name=label)


def _table_differences(app: str, key: str, old: Part, new: Part) -> Iterator[Alteration]:
    label = _name(new, key)
    for name, field in new["fields"].items():
        where = {"table": key, "label": label, "field": name, "field_label": _name(field, name)}
        was = old["fields"].get(name)
        if was is None:
            yield AddField(app, **where)
        elif _stored_as(was, key) != _stored_as(field, key):
            yield ConvertField(app, **where, old_type=was["type"], new_type=field["type"])
        elif changed := [one for one in _changed(was, field) if one != "released"]:
            yield ChangeField(app, **where, what=tuple(sorted(changed)))
        yield from released(app, label, _name(field, name), was or _NOTHING, field)
    for name, field in old["fields"].items():
        if name not in new["fields"]:
            yield RemoveField(app, table=key, label=label, field=name, field_label=_name(field, name))
    for collection, part in _TABLE_COLLECTIONS:
        yield from _parts(app, part, old.get(collection, _NOTHING), new.get(collection, _NOTHING), label)
    collections = {"fields", *(name for name, _part in _TABLE_COLLECTIONS)}
    if _any_moved(old, new, collections) or _changed(_without(old, collections), _without(new, collections)):
        yield ChangePart(app, verb="changes", part="table", name=label)


def _stored_as(field: Part, table: str) -> tuple[object, ...]:
    """What decides what a field's values are; a change of it converts them."""
    kind = field_types[field["type"]]
    targets = kind.leads_to(field, table)
    if targets:
        named = tuple(sorted(targets)) if kind.of_any_table else targets[0]
        return ("link", named, kind.leads_to_many(field), kind.leads_back_by(field))
    if kind.computed:
        return ("computed",)
    return (field["type"],)


def _parts(app: str, part: str, old: Part, new: Part, of: Label) -> Iterator[Alteration]:
    for key, one in new.items():
        name = _name_of_part(of, one, key)
        if key not in old:
            yield ChangePart(app, verb="adds", part=part, name=name)
        elif _changed(old[key], one):
            yield ChangePart(app, verb="changes", part=part, name=name)
    for key, one in old.items():
        if key not in new:
            yield ChangePart(app, verb="removes", part=part, name=_name_of_part(of, one, key))


def _name(part: Part, key: str) -> Label:
    label: Label = part.get("label") or key
    return label


def _name_of_part(of: Label, part: Part, key: str) -> Label:
    """`Leads: Pipeline` for what belongs to a table."""
    name = _name(part, key)
    return Text("{table}: {name}", {"table": of, "name": name}) if of else name


def _without(part: Part, keys: set[str]) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key not in keys}


def _any_moved(old: Part, new: Part, collections: set[str]) -> bool:
    return any(_moved(old.get(one, _NOTHING), new.get(one, _NOTHING)) for one in collections)


def _moved(old: Part, new: Part) -> bool:
    kept = [key for key in old if key in new]
    return kept != [key for key in new if key in old]
