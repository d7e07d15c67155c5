"""An app's document read apart into objects, and what names of tables mean in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.definitions.access_tests import tests_of
from engine.definitions.language import (
    COMMON_FIELD_KEYS,
    SYSTEM_FIELDS,
    App,
    Automation,
    Corrections,
    Document,
    Field,
    Form,
    FormField,
    Table,
    View,
)
from engine.definitions.roles import roles_of
from engine.definitions.rules import rules_of
from engine.field_types import field_types
from engine.text import Label, _


def address(document: Document, name: str) -> str:
    """The address that `name` means inside the app of `document`; an unbound requirement means its own table."""
    if name.startswith("@"):
        role = name[1:]
        bound = document.get("bindings", {}).get(role)
        return address(document, bound or document.get("requires", {}).get(role, {}).get("table", role))
    return name if "." in name else f"{document['key']}.{name}"


def own_tables(document: Document) -> dict[str, Any]:
    """The tables that the app brings: all, but for stand-ins whose requirement is bound to another app's table."""
    bindings = document.get("bindings", {})
    replaced = {
        requirement["table"]
        for role, requirement in document.get("requires", {}).items()
        if role in bindings and address(document, bindings[role]) != f"{document['key']}.{requirement['table']}"
    }
    return {key: table for key, table in document.get("tables", {}).items() if key not in replaced}


def merged(document: Any, changes: Any) -> Any:
    """A document with changes by key put into it, None taking away (RFC 7396). Neither is altered."""
    if not isinstance(changes, Mapping):
        return changes
    made = dict(document) if isinstance(document, Mapping) else {}
    for key, one in changes.items():
        if one is None:
            made.pop(key, None)
        else:
            made[key] = merged(made.get(key), one)
    return made


def read_app(document: Document, revision: int) -> App:
    """The app of a document that has been checked. Other sides of its links are added by `Apps`."""
    key = document["key"]
    return App(
        key=key,
        label=document.get("label", key),
        document=document,
        tables={name: _table(document, name, table) for name, table in own_tables(document).items()},
        automations={name: _automation(key, name, one) for name, one in document.get("automations", {}).items()},
        roles=roles_of(key, document.get("roles", {})),
        access_tests=tests_of(key, document.get("access_tests", {})),
        revision=revision,
    )


def label_of(key: str, part: Mapping[str, Any]) -> Label:
    """What a part of a document is called: as it says, else by its key."""
    label: Label = part.get("label", key.replace("_", " ").capitalize())
    return label


def _table(document: Document, key: str, table: Mapping[str, Any]) -> Table:
    where = f"{document['key']}.{key}"
    fields = {name: _field(document, where, name, one) for name, one in table["fields"].items()}
    for name in SYSTEM_FIELDS:
        fields[name] = Field(table=where, key=name, type=name, label=field_types[name].label, declared=False)
    views = {name: _view(name, one) for name, one in table.get("views", {}).items()}
    if not views:
        views["all"] = View("all", "grid", _("All"), {})
    return Table(
        app=document["key"],
        key=key,
        label=table.get("label", key),
        plural=table.get("plural"),
        description=table.get("description"),
        icon=table.get("icon", "table"),
        color=table.get("color"),
        order=table.get("order"),
        title=table.get("title") or next(iter(table["fields"])),
        fields=fields,
        views=views,
        forms={name: _form(name, one) for name, one in table.get("forms", {}).items()},
        rules=rules_of(table),
    )


def _field(document: Document, table: str, key: str, one: Mapping[str, Any]) -> Field:
    options = {name: value for name, value in one.items() if name not in COMMON_FIELD_KEYS}
    targets = field_types[one["type"]].leads_to(options, table.partition(".")[2])
    return Field(
        table=table,
        key=key,
        type=one["type"],
        label=label_of(key, one),
        options=options,
        help=one.get("help"),
        required=bool(one.get("required")),
        unique=bool(one.get("unique")) or field_types[one["type"]].drawn,
        default=one.get("default"),
        released=bool(one.get("released")),
        targets=tuple(dict.fromkeys(address(document, name) for name in targets)),
        inverse_of=field_types[one["type"]].leads_back_by(options),
    )


def _view(key: str, one: Mapping[str, Any]) -> View:
    options = {name: value for name, value in one.items() if name not in {"type", "label"}}
    return View(key, one["type"], label_of(key, one), options)


def _form(key: str, one: Mapping[str, Any]) -> Form:
    fields = tuple(FormField(item) if isinstance(item, str) else FormField(**item) for item in one["fields"])
    return Form(
        key,
        label_of(key, one),
        fields,
        description=one.get("description"),
        public=bool(one.get("public")),
        submit=one.get("submit"),
        thanks=one.get("thanks"),
        opens=one.get("opens"),
        closes=one.get("closes"),
        most=one.get("most"),
        corrections=Corrections(**one["corrections"]) if "corrections" in one else None,
        mail=one.get("mail", {}),
    )


def _automation(app: str, key: str, one: Mapping[str, Any]) -> Automation:
    return Automation(
        app=app,
        key=key,
        label=label_of(key, one),
        trigger=one["trigger"],
        steps=one["steps"],
        conditions=one.get("conditions"),
        description=one.get("description"),
        enabled=one.get("enabled", True),
        acts_as=one.get("acts_as", "app"),
    )
