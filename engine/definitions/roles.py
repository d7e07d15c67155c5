"""The roles of an app as its document says them: which tables, records and fields they give, and for what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeGuard

from engine.text import Label

if TYPE_CHECKING:
    from engine.definitions.language import Condition

Part = Mapping[str, Any]
RecordAct = Literal["read", "create", "update", "delete", "export"]
Default = bool | Literal["members", "guests"]
ACTS: tuple[RecordAct, ...] = ("read", "create", "update", "delete", "export")
EVERY_TABLE = "*"  # stands for all tables that the role does not name
EVERY_FIELD = "*"  # stands for all fields that the role does not name
EVERY_AUTOMATION = "*"  # stands for all automations that the role does not name
Steering = Literal["seen", "steered"]

_CONDITION = {"$ref": "#/$defs/condition"}
_RECORDS: dict[str, Any] = {"if": {"type": "boolean"}, "else": _CONDITION}
_SAYS: Mapping[RecordAct, str] = {
    "read": "Which records are seen: all (`true`), none, or those that satisfy a condition such as `={owner} = ME()`.",
    "create": "Whether records can be created; a condition must hold for the new record.",
    "update": "Which of the records that are seen can be changed; a condition must hold before and after the change.",
    "delete": "Which of the records that are seen can be deleted.",
    "export": "Which of the records that are seen can be taken along as a file.",
}
_BY_ACT: dict[str, Any] = {act: {**_RECORDS, "description": says} for act, says in _SAYS.items()}
_TABLE = {
    "type": "object",
    "properties": {
        "where": {**_CONDITION, "description": "Of which records all that follows is given; of all when not said."},
        **_BY_ACT,
        "fields": {
            "type": "object",
            "description": "What is said of fields, `*` of those not named. Of which nothing is said are `open`.",
            "propertyNames": {"pattern": "^(\\*|[a-z][a-z0-9_]{0,39})$"},
            "properties": {EVERY_FIELD: {"enum": ["hidden", "read_only"]}},
            "additionalProperties": {
                "if": {"enum": ["hidden", "read_only", "open"]},
                "else": {
                    "if": {"type": "object", "required": ["set"]},
                    "then": {
                        "type": "object",
                        "properties": {
                            "set": {
                                **_CONDITION,
                                "description": "The field is set in new records, and in those that satisfy it.",
                            }
                        },
                        "additionalProperties": False,
                    },
                    "else": {**_CONDITION, "description": "The field is seen in the records that satisfy it."},
                },
            },
            "maxProperties": 500,
        },
        "views": {"$ref": "#/$defs/keys", "description": "The views that are offered; all when not said."},
        "forms": {"$ref": "#/$defs/keys", "description": "The forms that are offered; all when not said."},
    },
    "required": [],
    "additionalProperties": False,
}
# What an app's document may say about roles, as JSON Schema.
SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "Who may see and do what. Without roles, members see and change everything, and guests see it.",
    "propertyNames": {"$ref": "#/$defs/key"},
    "maxProperties": 100,
    "additionalProperties": {
        "type": "object",
        "properties": {
            "label": {"$ref": "#/$defs/label"},
            "description": {"$ref": "#/$defs/label"},
            "default": {
                "enum": [True, False, "members", "guests"],
                "description": "Who has it that has no other role in this app: everybody (`true`), members, or guests.",
            },
            "tables": {
                "type": "object",
                "description": "What is given of each table, `*` for those not named. A table not named is not seen.",
                "propertyNames": {"pattern": "^(\\*|[a-z][a-z0-9_]{0,39})$"},
                "additionalProperties": _TABLE,
            },
            "automations": {
                "type": "object",
                "description": "Of which automations runs are `seen` (those about records that the role sees, without "
                "what it does not see), and which are also `steered`: paused, resumed, and what failed tried again. "
                "`*` stands for those not named. The others are not there.",
                "propertyNames": {"pattern": "^(\\*|[a-z][a-z0-9_]{0,39})$"},
                "additionalProperties": {"enum": ["seen", "steered"]},
                "maxProperties": 500,
            },
        },
        "required": ["tables"],
        "additionalProperties": False,
    },
}


@dataclass(frozen=True)
class TableAccess:
    """What a role gives of one table: for each act which records; of fields what is said of them.

    That is `hidden`, `read_only`, `open` (seen where its record is, and set where that is changed), a condition (where
    it is seen), or `{"set": condition}` (seen, and where it is set).
    """

    where: bool | Condition = True  # the records that the acts are given of
    acts: Mapping[RecordAct, bool | Condition] = field(default_factory=dict)
    fields: Mapping[str, str | Condition] = field(default_factory=dict)  # hidden | read_only | where it is seen
    views: frozenset[str] | None = None
    forms: frozenset[str] | None = None

    def of(self, act: RecordAct) -> bool | Condition:
        """Which records `act` can be done with."""
        return within(self.where, self.acts.get(act, False))

    def shows(self, key: str) -> bool | Condition:
        """In which of the records that are read the field is seen."""
        said = self._said_of(key)
        return True if said in ("read_only", "open") or limits_setting(said) else False if said == "hidden" else said

    def sets(self, key: str) -> bool | Condition:
        """In which of the records that are changed the field is set."""
        said = self._said_of(key)
        if said in ("hidden", "read_only"):
            return False
        return True if said == "open" else said["set"] if limits_setting(said) else said

    def _said_of(self, key: str) -> str | Condition:
        return self.fields.get(key) or self.fields.get(EVERY_FIELD) or "open"


def within(where: bool | Condition, given: bool | Condition) -> bool | Condition:
    """What is given of the records that satisfy `where`."""
    if where is True or given is False:
        return given
    return where if given is True else {"all": [where, given]}


def limits_setting(said: Any) -> TypeGuard[Mapping[str, Condition]]:
    """Whether what is said of a field is where it is set."""
    return isinstance(said, Mapping) and "set" in said


NOTHING = TableAccess()


@dataclass(frozen=True)
class Role:
    """One role of an app."""

    app: str
    key: str
    label: Label
    default: Default
    tables: Mapping[str, TableAccess]
    description: Label | None = None
    automations: Mapping[str, Steering] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"{self.app}.{self.key}"

    def is_default_of(self, role: str) -> bool:
        """Whether those with `role` in the workspace have this one when they have no other."""
        return self.default is True or self.default == ("guests" if role == "guest" else "members")

    def gives(self, table: str) -> TableAccess:
        """What it gives of the app's table with this key."""
        return self.tables.get(table) or self.tables.get(EVERY_TABLE) or NOTHING

    def steers(self, automation: str) -> Steering | None:
        """What it gives of the app's automation with this key."""
        return self.automations.get(automation) or self.automations.get(EVERY_AUTOMATION)


def roles_of(app: str, roles: Part) -> dict[str, Role]:
    """The roles in an app's document (which the schema has accepted)."""
    return {
        key: Role(
            app,
            key,
            one.get("label", key.replace("_", " ").capitalize()),
            one.get("default", False),
            {name: _access(table) for name, table in one["tables"].items()},
            one.get("description"),
            dict(one.get("automations", {})),
        )
        for key, one in roles.items()
    }


def _access(table: Part) -> TableAccess:
    return TableAccess(
        table.get("where", True),
        {act: table[act] for act in ACTS if act in table},
        dict(table.get("fields", {})),
        frozenset(table["views"]) if "views" in table else None,
        frozenset(table["forms"]) if "forms" in table else None,
    )
