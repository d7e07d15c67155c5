"""The access tests of an app as its document says them: what somebody with certain roles sees and may do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.text import Label

Part = Mapping[str, Any]
Belongs = Literal["member", "head", "none"]
# Who there is in a test, and what departments, as values name them: `@me`.
PEOPLE = ("me", "colleague", "other")
DEPARTMENTS = ("department", "department_below", "other_department")
RESERVED = frozenset({*PEOPLE, *DEPARTMENTS})

_KEY: Part = {"$ref": "#/$defs/key"}
_VALUES: Part = {
    "type": "object",
    "propertyNames": _KEY,
    "description": "By field. `@me` is the one who asks, `@colleague` somebody in a department below theirs, `@other` "
    "somebody of another; `@department`, `@department_below` and `@other_department` are these departments; `@name` "
    "is the record that is given under that name.",
}
_RECORDS = {"$ref": "#/$defs/keys"}
_FIELDS = {"type": "object", "propertyNames": _KEY, "additionalProperties": {"$ref": "#/$defs/keys"}}


def _object(properties: Part, *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*required], "additionalProperties": False}


def _act(name: str, properties: Part, *required: str) -> dict[str, Any]:
    case = {"properties": {"act": {"const": name}}, "required": ["act"]}
    return {"if": case, "then": _object({"act": True, **properties}, "act", *required)}


_ACT = {
    "type": "object",
    "properties": {"act": {"enum": ["create", "update", "delete"]}},
    "required": ["act"],
    "allOf": [
        _act("create", {"table": {"$ref": "#/$defs/table_name"}, "values": _VALUES}, "table", "values"),
        _act("update", {"record": _KEY, "values": _VALUES}, "record", "values"),
        _act("delete", {"record": _KEY}, "record"),
    ],
}
_TEST = _object(
    {
        "label": {"$ref": "#/$defs/label"},
        "as": _object(
            {
                "roles": {
                    "type": "array",
                    "items": {"type": "string", "pattern": "^([a-z][a-z0-9_]*\\.)?[a-z][a-z0-9_]*$"},
                    "description": "Of this app, or of others as `crm.rep`; where none is of an app, its default one.",
                    "maxItems": 20,
                },
                "guest": {"type": "boolean", "description": "A guest of the workspace, not a member."},
                "department": {
                    "enum": ["member", "head", "none"],
                    "description": "Whether they belong to `@department`, head it too, or belong to none.",
                },
            }
        ),
        "given": {
            "type": "object",
            "description": "The records that there are, in their order, made by `@other`. There are no others.",
            "propertyNames": _KEY,
            "additionalProperties": _object({"table": {"$ref": "#/$defs/table_name"}, "values": _VALUES}, "table"),
            "maxProperties": 50,
        },
        "sees": {**_RECORDS, "description": "Records that are seen."},
        "does_not_see": {**_RECORDS, "description": "Records that are not there for them."},
        "readable": {**_FIELDS, "description": "By record the fields whose values are seen."},
        "hidden": {**_FIELDS, "description": "By record the fields whose values are not."},
        "writable": {**_FIELDS, "description": "By record the fields that they may set."},
        "read_only": {**_FIELDS, "description": "By record the fields that are seen and not set."},
        "may": {"type": "array", "items": _ACT, "maxItems": 50},
        "may_not": {"type": "array", "items": _ACT, "maxItems": 50},
        "finds": {
            "type": "array",
            "items": _object(
                {
                    "table": {"$ref": "#/$defs/table_name"},
                    "where": {"$ref": "#/$defs/condition"},
                    "count": {"type": "integer", "minimum": 0},
                },
                "table",
                "count",
            ),
            "maxItems": 50,
        },
    }
)
# What an app's document may say about access tests, as JSON Schema.
SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "What must hold for whoever has certain roles; asked at every change, of records made for it.",
    "propertyNames": _KEY,
    "additionalProperties": _TEST,
    "maxProperties": 200,
}


@dataclass(frozen=True)
class Fixture:
    """A record that is there: of `table` (as the document names it), with these values."""

    table: str
    values: Part


@dataclass(frozen=True)
class Act:
    """Something to be tried: `create` in a table, `update` or `delete` of a given record."""

    act: Literal["create", "update", "delete"]
    table: str = ""
    record: str = ""
    values: Part | None = None


@dataclass(frozen=True)
class AccessTest:
    """One test; of `fields` the keys by what is said of them and by record, of `acts` those that may or may not be."""

    app: str
    key: str
    label: Label
    roles: Sequence[str]
    guest: bool
    department: Belongs
    given: Mapping[str, Fixture]
    sees: Sequence[str]
    does_not_see: Sequence[str]
    fields: Mapping[str, Mapping[str, Sequence[str]]]
    may: Sequence[Act]
    may_not: Sequence[Act]
    finds: Sequence[Part]

    @property
    def at(self) -> str:
        """Where it stands in the document."""
        return f"/access_tests/{self.key}"

    def acts(self) -> Iterator[tuple[str, bool, Act]]:
        """What is tried, each with its place and whether it may be done."""
        yield from ((f"{self.at}/may/{number}", True, one) for number, one in enumerate(self.may))
        yield from ((f"{self.at}/may_not/{number}", False, one) for number, one in enumerate(self.may_not))


FIELDS = ("readable", "hidden", "writable", "read_only")


def tests_of(app: str, tests: Part) -> dict[str, AccessTest]:
    """The access tests in an app's document (which the schema has accepted)."""
    return {key: _test(app, key, one) for key, one in tests.items()}


def _test(app: str, key: str, raw: Part) -> AccessTest:
    who = raw.get("as", {})
    return AccessTest(
        app=app,
        key=key,
        label=raw.get("label", key.replace("_", " ").capitalize()),
        roles=[one if "." in one else f"{app}.{one}" for one in who.get("roles", ())],
        guest=bool(who.get("guest")),
        department=who.get("department", "member"),
        given={name: Fixture(one["table"], one.get("values", {})) for name, one in raw.get("given", {}).items()},
        sees=raw.get("sees", ()),
        does_not_see=raw.get("does_not_see", ()),
        fields={name: raw.get(name, {}) for name in FIELDS},
        may=[_act_of(one) for one in raw.get("may", ())],
        may_not=[_act_of(one) for one in raw.get("may_not", ())],
        finds=raw.get("finds", ()),
    )


def _act_of(raw: Part) -> Act:
    return Act(raw["act"], raw.get("table", ""), raw.get("record", ""), raw.get("values"))
