"""The rules of a table as its document says them: checks, what is unique together, locks, whether it is a ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.text import Label, _

if TYPE_CHECKING:
    from engine.definitions.language import Condition

Part = Mapping[str, Any]

_KEYS = {"$ref": "#/$defs/keys"}
_LABEL = {"$ref": "#/$defs/label"}
_SOME_KEYS = {**_KEYS, "minItems": 1}


def _rules(properties: Part, required: tuple[str, ...], says: str) -> dict[str, Any]:
    one = {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}
    names = {"propertyNames": {"$ref": "#/$defs/key"}, "maxProperties": 100}
    return {"type": "object", "description": says, "additionalProperties": one, **names}


# What a table's document may say about rules, as JSON Schema.
SCHEMA: dict[str, Any] = {
    "checks": _rules(
        {
            "holds": {"$ref": "#/$defs/expression", "description": "What must be true, such as `{stock} >= 0`."},
            "message": _LABEL,
            "field": {"$ref": "#/$defs/key", "description": "Where the message stands in forms."},
        },
        ("holds", "message"),
        "What must hold for every record after every write, also through links: `SUM({lines.debit}) <= 100`.",
    ),
    "unique": _rules(
        {
            "fields": {**_SOME_KEYS, "maxItems": 10},
            "ignore": {
                "type": "array",
                "items": {"enum": ["case", "spaces"]},
                "uniqueItems": True,
                "description": "What makes no difference between two texts.",
            },
            "message": _LABEL,
        },
        ("fields",),
        "Fields that no two records hold alike. Empty counts as a value, unless all of the fields are empty.",
    ),
    "locks": _rules(
        {
            "when": {"$ref": "#/$defs/condition", "description": "Which records can be changed or deleted no more."},
            "message": _LABEL,
            "free": {**_KEYS, "description": "Fields that may be changed all the same."},
            "lines": {**_KEYS, "description": "Links to the records that belong to this one and are locked with it."},
        },
        ("when", "message"),
        "Which records are finished: nobody changes or deletes them, whichever way they come.",
    ),
    "ledger": {
        "type": "object",
        "description": "Entries of this table are never changed or deleted; reversing entries put mistakes right.",
        "properties": {
            "date": {"$ref": "#/$defs/key", "description": "The date from which an entry counts."},
            "amounts": {
                **_SOME_KEYS,
                "description": "The numbers that add up; a reversing entry holds their opposites.",
            },
            "by": {**_KEYS, "description": "What balances are asked by, such as the item and the warehouse."},
            "reversal": {
                "$ref": "#/$defs/key",
                "description": "The link from a reversing entry to the one it reverses.",
            },
            "free": {**_KEYS, "description": "Fields that may be changed all the same."},
        },
        "required": ["date", "amounts", "reversal"],
        "additionalProperties": False,
    },
}


@dataclass(frozen=True)
class Check:
    """What must hold for every record of a table, what to say when it does not, and at which field."""

    key: str
    holds: str
    message: Label
    field: str | None = None


@dataclass(frozen=True)
class Unique:
    """Fields that no two records hold alike; `ignore` names what makes no difference between texts."""

    key: str
    fields: tuple[str, ...]
    ignore: frozenset[str] = frozenset()
    message: Label | None = None


@dataclass(frozen=True)
class Lock:
    """Records that satisfy `when` are changed only in their `free` fields; `lines` are links to what is locked too."""

    key: str
    when: Condition
    message: Label
    free: frozenset[str] = frozenset()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ledger:
    """How the entries of a ledger add up, and how one is reversed."""

    date: str
    amounts: tuple[str, ...]
    reversal: str
    by: tuple[str, ...] = ()
    free: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rules:
    """All rules of one table."""

    checks: Mapping[str, Check]
    unique: Mapping[str, Unique]
    locks: Mapping[str, Lock]
    ledger: Ledger | None = None

    @property
    def refuse(self) -> bool:
        """Whether there are any, so that records with right values may be refused."""
        return bool(self.checks or self.unique or self.locks or self.ledger)


def rules_of(table: Part) -> Rules:
    """The rules in a table's document (which the schema has accepted)."""
    ledger = _ledger(table["ledger"]) if "ledger" in table else None
    unique = {
        key: Unique(key, tuple(one["fields"]), frozenset(one.get("ignore", ())), one.get("message"))
        for key, one in table.get("unique", {}).items()
    }
    if ledger is not None:
        # An entry is reversed once, also by two people in the same moment.
        once = Unique("_reversal", (ledger.reversal,), message=_("This entry is reversed already."))
        unique[once.key] = once
    return Rules(
        checks={
            key: Check(key, one["holds"], one["message"], one.get("field"))
            for key, one in table.get("checks", {}).items()
        },
        unique=unique,
        locks={
            key: Lock(key, one["when"], one["message"], frozenset(one.get("free", ())), tuple(one.get("lines", ())))
            for key, one in table.get("locks", {}).items()
        },
        ledger=ledger,
    )


def _ledger(one: Part) -> Ledger:
    return Ledger(
        one["date"], tuple(one["amounts"]), one["reversal"], tuple(one.get("by", ())), frozenset(one.get("free", ()))
    )
