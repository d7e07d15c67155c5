"""An app's document as objects: tables, fields, views, forms, automations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from engine.definitions.access_tests import AccessTest
from engine.definitions.roles import Role, Steering
from engine.definitions.rules import Rules
from engine.field_types import FieldType, Options, field_types
from engine.text import Label

if TYPE_CHECKING:
    from engine.access.rights import TableRights

Document = Mapping[str, Any]
Condition = Mapping[str, Any] | str

SYSTEM_FIELDS = ("created_at", "created_by", "updated_at", "updated_by")
RESERVED_APPS = frozenset({"meta", "bases"})  # words of addresses of the API
# What PostgreSQL calls the columns that each of its tables has beside our own.
_OF_POSTGRESQL = ("ctid", "xmin", "xmax", "cmin", "cmax", "tableoid")
RESERVED_KEYS = frozenset(
    {"id", *SYSTEM_FIELDS, "error", "steps", "trigger", "record", "settings", "previous", *_OF_POSTGRESQL}
)
_TEXT = frozenset({"text"})
# The parts of a mail that a form may put into its fields, and what such a field holds.
PARTS_OF_MAIL: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("subject", "text", "sender", "name"), _TEXT),
    "date": frozenset({"date", "date_time"}),
    "attachments": frozenset({"files"}),
}
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
    narrowed: bool = False  # of a link to any of several tables: as far as it leads to one of them
    former: tuple[str, ...] = field(default=(), compare=False)  # names that it had: programs may go on using them

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
    def has_items(self) -> bool:
        """Whether records can be grouped by each of the records, choices or people that the field lists."""
        return (self.many and not self.owns_lines) or (self.kind.listed and bool(self.kind.names))

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

    def narrowed_to(self, address: str) -> Field:
        """A link to any of several tables as a plain link to the records of this one; it holds the same."""
        options = {"to": address, "many": self.many}
        return replace(self, type="link", options=options, targets=(address,), narrowed=True)

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
class Corrections:
    """For how many days whoever sent a public form may correct it, and the e-mail field whose address gets the link."""

    days: int = 30
    mail_to: str = ""


@dataclass(frozen=True)
class Form:
    """A way to enter one record. Strangers may send a public one from `opens` to `closes` (the workspace's time, such
    as `2026-12-31T17:00`), until `most` of the records that came by it are there.
    """

    key: str
    label: Label
    fields: tuple[FormField, ...]
    description: Label | None = None
    public: bool = False
    submit: Label | None = None
    thanks: Label | None = None
    opens: str | None = None
    closes: str | None = None
    most: int | None = None
    corrections: Corrections | None = None
    mail: Mapping[str, str] = field(default_factory=dict)  # which part of a mail goes into which field


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
    order: str | None = None  # the field by which its records stand where others lead to them
    rights: TableRights | None = None  # of the one who asks; None: to everything
    former: tuple[str, ...] = field(default=(), compare=False)  # names that it had: programs may go on using them

    @property
    def address(self) -> str:
        return f"{self.app}.{self.key}"

    @property
    def declared(self) -> list[Field]:
        """The fields that the document itself lists."""
        return [one for one in self.fields.values() if one.declared]

    @property
    def stands_by(self) -> list[str]:
        """The fields by which its records stand where others lead to them: its order, then what they are called."""
        keys = dict.fromkeys(key for key in (self.order, self.title) if key is not None)
        return [key for key in keys if key in self.fields and not self.fields[key].many]

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
    acts_as: Literal["app", "person"] = "app"  # whose rights its steps have; a person: who caused the run
    # In a sight what a role gives of it: then only what it is about is there, not what it does. None: all of it is.
    rights: Steering | None = None

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
    access_tests: Mapping[str, AccessTest] = field(default_factory=dict)
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
