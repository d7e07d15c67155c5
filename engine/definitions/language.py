"""An app's document as objects: tables, fields, views, forms, automations.

`Apps` holds all apps of a workspace together, since links between them give both sides a field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from engine.definitions.roles import Role, roles_of
from engine.definitions.rules import Rules, rules_of
from engine.field_types import FieldType, Options, field_types
from engine.text import Label, _

if TYPE_CHECKING:
    from engine.access.rights import TableRights

Document = Mapping[str, Any]
Condition = Mapping[str, Any] | str

SYSTEM_FIELDS = ("created_at", "created_by", "updated_at", "updated_by")
RESERVED_KEYS = frozenset({"id", *SYSTEM_FIELDS, "error", "steps", "trigger", "record", "settings", "previous"})
COMMON_FIELD_KEYS = ("type", "label", "help", "required", "unique", "default", "released")


@dataclass(frozen=True)
class Field:
    """One field of a table. `targets` are the addresses of the tables that a link leads to: of most links one."""

    table: str
    key: str
    type: str
    label: Label
    options: Options = field(default_factory=dict)
    help: Label | None = None
    required: bool = False
    unique: bool = False
    default: Any = None
    targets: tuple[str, ...] = ()
    inverse_of: str | None = None  # the key of the link in the target table that this is the other side of
    declared: bool = True  # whether the document lists it; else it comes by itself
    released: bool = False  # shown also to roles that may not see all that it is worked out from
    masked: bool = False  # for the one who asks: seen in some records only (engine/access/)
    read_only: bool = False  # for the one who asks: seen, and not set

    @cached_property
    def kind(self) -> FieldType:
        """The behaviour of the field's type."""
        return field_types[self.type]

    @cached_property
    def many(self) -> bool:
        """Whether the field holds a list of records, which lies in a table of its own."""
        return self.kind.leads_to_many(self.options)

    @cached_property
    def expression(self) -> str | None:
        """The expression that works the field out; None where none does."""
        return self.kind.expression(self.options)

    @property
    def several(self) -> bool:
        """Whether people give the field a list: of records, choices, people or files."""
        return self.many or self.kind.listed

    @property
    def importable(self) -> bool:
        """Whether a file's column or a sample can go into it."""
        return self.brought and not self.is_side

    @property
    def is_link(self) -> bool:
        return bool(self.targets)

    @cached_property
    def target(self) -> str | None:
        """The table that a link leads to; None for what is no link, and for a link to any of several tables."""
        return self.targets[0] if self.targets and not self.kind.of_any_table else None

    @property
    def is_side(self) -> bool:
        """Whether its records are kept by a link of theirs that leads here, so that setting it sets that."""
        return self.inverse_of is not None

    @property
    def owns_lines(self) -> bool:
        """Whether its records are parts of this one: edited inside it, deleted when they are left out."""
        return self.is_side and self.declared

    @cached_property
    def ordered_by(self) -> str | None:
        """The number field of the linked records that keeps their order."""
        return self.kind.ordered_by(self.options)

    @property
    def choices(self) -> Mapping[str, Any]:
        """The choices whose keys the field holds, or a formula's texts stand for; empty for other fields."""
        choices: Mapping[str, Any] = self.options.get("choices") or self.options.get("format", {}).get("choices", {})
        return choices

    @property
    def inverse_key(self) -> str | None:
        """The key that this link's other side has in the target table."""
        inverse = self.options.get("inverse")
        return inverse["key"] if isinstance(inverse, Mapping) else inverse

    @property
    def writable(self) -> bool:
        """Whether people set it."""
        kind = self.kind
        return not (self.read_only or kind.computed or kind.system or kind.drawn or kind.copied)

    @property
    def brought(self) -> bool:
        """Whether a new record may bring a value: what people set, and a number that it had elsewhere."""
        return self.writable or (self.kind.drawn and not self.read_only)

    @property
    def on_delete(self) -> str:
        """What becomes of this link when the record it leads to is deleted."""
        return str(self.options.get("on_delete") or ("refuse" if self.required else "unlink"))


@dataclass(frozen=True)
class View:
    """A saved way to see a table; `options` are those of its type, with `filter` and `sort`."""

    key: str
    type: str
    label: Label
    options: Options

    @property
    def filter(self) -> Condition | None:
        return self.options.get("filter")

    @property
    def sort(self) -> list[str]:
        return list(self.options.get("sort", ()))


@dataclass(frozen=True)
class FormField:
    """One question of a form; label, help and required of the field unless said otherwise here."""

    field: str
    label: Label | None = None
    help: Label | None = None
    required: bool | None = None


@dataclass(frozen=True)
class Form:
    """A way to enter one record."""

    key: str
    label: Label
    fields: tuple[FormField, ...]
    description: Label | None = None
    public: bool = False
    submit: Label | None = None
    thanks: Label | None = None


@dataclass(frozen=True)
class Table:
    """One table with its fields: declared ones, then other sides of links, then those that every table has."""

    app: str
    key: str
    label: Label
    title: str
    fields: Mapping[str, Field]
    views: Mapping[str, View]
    forms: Mapping[str, Form]
    rules: Rules
    plural: Label | None = None
    description: Label | None = None
    icon: str = "table"
    color: str | None = None
    rights: TableRights | None = None  # of the one who asks; None: to everything

    @property
    def address(self) -> str:
        return f"{self.app}.{self.key}"

    @property
    def declared(self) -> list[Field]:
        """The fields that the document itself lists."""
        return [one for one in self.fields.values() if one.declared]

    def shown_in(self, view: View) -> list[Field]:
        """The fields that a view shows, the title first; without a choice of its own: the declared ones."""
        keys = view.options.get("fields")
        fields = [self.fields[key] for key in keys] if keys else [*self.declared]
        title = self.fields[self.title]
        return [title, *(one for one in fields if one.key != title.key)]


@dataclass(frozen=True)
class Automation:
    """Trigger, conditions, steps: as the document says them."""

    app: str
    key: str
    label: Label
    trigger: Mapping[str, Any]
    steps: Mapping[str, Mapping[str, Any]]
    conditions: Condition | None = None
    description: Label | None = None
    enabled: bool = True

    @property
    def address(self) -> str:
        return f"{self.app}.{self.key}"


@dataclass(frozen=True)
class App:
    """One installed app."""

    key: str
    label: Label
    document: Document
    tables: Mapping[str, Table]
    automations: Mapping[str, Automation]
    roles: Mapping[str, Role] = field(default_factory=dict)
    revision: int = 1

    @property
    def icon(self) -> str:
        return str(self.document.get("icon", "apps"))

    @property
    def color(self) -> str:
        return str(self.document.get("color", "blue"))

    @property
    def settings(self) -> dict[str, Any]:
        """The values of the app's settings by key."""
        return {key: one.get("value") for key, one in self.document.get("settings", {}).items()}


class Apps(Mapping[str, App]):
    """All apps of a workspace by key, in the order in which people see them."""

    def __init__(self, documents: Iterable[tuple[Document, int]]) -> None:
        """From each app's document and the number of its revision. The documents have been checked."""
        pairs = list(documents)
        self._apps = {str(document["key"]): _app(document, revision) for document, revision in pairs}
        self._add_inverses()

    @classmethod
    def of(cls, apps: Iterable[App]) -> Apps:
        """Apps that are complete already, other sides of links included."""
        made = cls(())
        made._apps = {one.key: one for one in apps}
        made.__dict__.pop("tables", None)
        return made

    def __getitem__(self, key: str) -> App:
        return self._apps[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._apps)

    def __len__(self) -> int:
        return len(self._apps)

    @cached_property
    def tables(self) -> dict[str, Table]:
        """Every table by its address, `crm.accounts`."""
        return {table.address: table for app in self.values() for table in app.tables.values()}

    @cached_property
    def automations(self) -> dict[str, Automation]:
        """Every automation by its address, `crm.won_fans_out`."""
        return {one.address: one for app in self.values() for one in app.automations.values()}

    def address(self, app: str, name: str) -> str:
        """The address that `name` (`accounts`, `crm.accounts`, `@customer`) means inside `app`."""
        return address(self._apps[app].document, name)

    def step(self, table: Table | None, part: str) -> tuple[Field | None, Table | None]:
        """The field of a table that a part of a path names, and the table that it leads to.

        Of a link to any of several tables the part says which of them: `about@crm.leads`.
        """
        key, _at, address = part.partition("@")
        field = table.fields.get(key) if table else None
        return field, self.tables.get(address or field.target or "") if field else None

    def provider(self, role: str, without: str | None = None) -> str | None:
        """The address of the table that some installed app (not `without`) provides as `role`."""
        for app in self.values():
            if app.key != without and role in app.document.get("provides", {}):
                return address(app.document, app.document["provides"][role])
        return None

    def _add_inverses(self) -> None:
        links = [one for table in self.tables.values() for one in table.fields.values() if one.inverse_key]
        for link, address in [(one, address) for one in links for address in one.targets]:
            target = self.tables.get(address)
            if target is None or not link.inverse_key or link.inverse_key in target.fields:
                continue
            source = self.tables[link.table]
            inverse = link.options["inverse"]
            other_side = Field(
                table=target.address,
                key=link.inverse_key,
                type="link",
                label=(inverse.get("label") if isinstance(inverse, Mapping) else None) or source.plural or source.label,
                options={"to": source.address, "many": True},
                targets=(source.address,),
                inverse_of=link.key,
                declared=False,
            )
            own = {key: one for key, one in target.fields.items() if key not in SYSTEM_FIELDS}
            system = {key: target.fields[key] for key in SYSTEM_FIELDS}
            fields = {**own, other_side.key: other_side, **system}
            self._replace(replace(target, fields=fields))

    def _replace(self, table: Table) -> None:
        app = self._apps[table.app]
        self._apps[table.app] = replace(app, tables={**app.tables, table.key: table})
        self.__dict__.pop("tables", None)


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


def _app(document: Document, revision: int) -> App:
    key = document["key"]
    return App(
        key=key,
        label=document.get("label", key),
        document=document,
        tables={name: _table(document, name, table) for name, table in own_tables(document).items()},
        automations={name: _automation(key, name, one) for name, one in document.get("automations", {}).items()},
        roles=roles_of(key, document.get("roles", {})),
        revision=revision,
    )


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
        label=one.get("label", key.replace("_", " ").capitalize()),
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
    return View(key, one["type"], one.get("label", key.replace("_", " ").capitalize()), options)


def _form(key: str, one: Mapping[str, Any]) -> Form:
    fields = tuple(FormField(item) if isinstance(item, str) else FormField(**item) for item in one["fields"])
    return Form(
        key,
        one.get("label", key.replace("_", " ").capitalize()),
        fields,
        description=one.get("description"),
        public=bool(one.get("public")),
        submit=one.get("submit"),
        thanks=one.get("thanks"),
    )


def _automation(app: str, key: str, one: Mapping[str, Any]) -> Automation:
    return Automation(
        app=app,
        key=key,
        label=one.get("label", key.replace("_", " ").capitalize()),
        trigger=one["trigger"],
        steps=one["steps"],
        conditions=one.get("conditions"),
        description=one.get("description"),
        enabled=one.get("enabled", True),
    )
