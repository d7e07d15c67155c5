"""The language as one JSON Schema (2020-12), composed from the kinds that lie in the folders.

Options are tied to a type by `if type is X then ...`, since `oneOf` could only answer "not valid under any".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from engine.actions import actions
from engine.definitions import access_tests, roles, rules
from engine.definitions.conditions import MAX_NESTING, MAX_PARTS
from engine.definitions.language import PARTS_OF_MAIL
from engine.field_types import FieldType, field_types
from engine.field_types.select import COLORS
from engine.triggers import triggers
from engine.view_types import view_types

Schema = dict[str, Any]
# How a computed value may be shown; `select` takes a formula's text for the key of a choice.
FORMATS = ("number", "currency", "percent", "date", "date_time", "checkbox", "select")

KEY = {
    "type": "string",
    "pattern": "^(?!.*(__|\\n))[a-z][a-z0-9_]{0,39}$",
}  # `__` stands between keys, in SQL and in filters
_LABEL_REF = {"$ref": "#/$defs/label"}
_MOMENT = {"type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}$"}


@cache
def app_schema() -> Schema:
    """The JSON Schema of an app's document, as `formwork schema` prints it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Formwork app",
        **_object(
            {
                "$schema": {"type": "string"},
                "formwork": {"const": 1},
                "key": {"$ref": "#/$defs/key"},
                "label": _LABEL_REF,
                "description": _LABEL_REF,
                "version": {"type": "string", "pattern": "^\\d+\\.\\d+\\.\\d+$"},
                "icon": {"$ref": "#/$defs/icon"},
                "color": {"$ref": "#/$defs/color"},
                "provides": _by_key({"$ref": "#/$defs/key"}),
                "requires": _by_key({"$ref": "#/$defs/requirement"}),
                "bindings": _by_key({"type": "string", "pattern": "^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)?$"}),
                "settings": _by_key({"$ref": "#/$defs/setting"}),
                "connections": _by_key({"$ref": "#/$defs/connection"}),
                "tables": _by_key({"$ref": "#/$defs/table"}, least=1, most=500),
                "automations": _by_key({"$ref": "#/$defs/automation"}),
                "roles": roles.SCHEMA,
                "access_tests": access_tests.SCHEMA,
            },
            required=("formwork", "key", "tables"),
        ),
        "$defs": _definitions(),
    }


def _definitions() -> Schema:
    return {
        "key": KEY,
        "table_name": {"type": "string", "pattern": "^(@?[a-z][a-z0-9_]*|[a-z][a-z0-9_]*\\.[a-z][a-z0-9_]*)$"},
        "way": {
            "type": "string",
            "pattern": "^[a-z][a-z0-9_]*(\\.(@?[a-z][a-z0-9_]*|[a-z][a-z0-9_]*\\.[a-z][a-z0-9_]*))?$",
        },
        "sort": {"type": "array", "maxItems": 5, "items": {"type": "string", "pattern": "^-?[a-z][a-z0-9_]*$"}},
        "keys": {"type": "array", "items": {"$ref": "#/$defs/key"}, "uniqueItems": True},
        "label": {
            "anyOf": [
                {"type": "string", "minLength": 1, "maxLength": 2000},
                {
                    "type": "object",
                    "minProperties": 1,
                    "propertyNames": {"pattern": "^[a-z]{2}(_[A-Z]{2})?$"},
                    "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 2000},
                },
            ]
        },
        "icon": {"type": "string", "pattern": "^[a-z0-9-]{1,40}$"},
        "color": {"enum": list(COLORS)},
        "expression": {"type": "string", "minLength": 1, "maxLength": 32_768},
        "condition": _condition(MAX_NESTING),
        "format": {
            "type": "object",
            "properties": {"type": {"enum": list(FORMATS)}},
            "required": ["type"],
            "allOf": [
                _when("type", name, {"type": True, **field_types[name].options}, field_types[name].required_options)
                for name in FORMATS
            ],
        },
        "requirement": _object(
            {
                "label": _LABEL_REF,
                "description": _LABEL_REF,
                "fields": {"$ref": "#/$defs/keys"},
                "table": {"$ref": "#/$defs/key"},
            },
            required=("table",),
        ),
        "setting": {
            "type": "object",
            "properties": {"type": {"enum": ["text", "number", "currency", "percent", "checkbox", "date"]}},
            "required": ["type", "value"],
            "allOf": [
                _when("type", name, {"type": True, "label": _LABEL_REF, "help": _LABEL_REF, "value": True, **options})
                for name in ("text", "number", "currency", "percent", "checkbox", "date")
                for options in (field_types[name].options,)
            ],
        },
        "connection": _object(
            {"type": {"enum": ["webhook"]}, "label": _LABEL_REF, "description": _LABEL_REF}, required=("type",)
        ),
        "table": _object(
            {
                "label": _LABEL_REF,
                "plural": _LABEL_REF,
                "description": _LABEL_REF,
                "icon": {"$ref": "#/$defs/icon"},
                "color": {"$ref": "#/$defs/color"},
                "title": {"$ref": "#/$defs/key"},
                "order": {
                    "$ref": "#/$defs/key",
                    "description": (
                        "The field by which its records stand where others lead to them: in groups, in lists to choose"
                        " from, and where records are sorted by the link. By their names if not said."
                    ),
                },
                "fields": _by_key({"$ref": "#/$defs/field"}, least=1, most=500),
                **rules.SCHEMA,
                "views": _by_key({"$ref": "#/$defs/view"}),
                "forms": _by_key({"$ref": "#/$defs/form"}),
            },
            required=("fields",),
        ),
        "field": _field(),
        "view": _view(),
        "form": _form(),
        "automation": _automation(),
    }


def _field() -> Schema:
    names = [name for name, kind in field_types.items() if not kind.system]
    return {
        "type": "object",
        "properties": {"type": {"enum": names}},
        "required": ["type"],
        "allOf": [
            _when(
                "type",
                name,
                {**_common(field_types[name]), **field_types[name].options},
                field_types[name].required_options,
            )
            for name in names
        ],
    }


def _common(kind: FieldType) -> Schema:
    """What may be said of a field of this type beside its own options."""
    words: Schema = {"type": True, "label": _LABEL_REF, "help": _LABEL_REF}
    if kind.computed or kind.copied:
        words["released"] = {
            "type": "boolean",
            "description": "Shown also to roles that may not see all that it is worked out from.",
        }
    if kind.computed:
        return words
    unique = {"unique": {"type": "boolean"}} if kind.can_be_unique else {}
    given: Schema = {} if kind.drawn or kind.copied else {"default": True}  # the rest has its value from elsewhere
    return {**words, "required": {"type": "boolean"}, **unique, **given}


def _view() -> Schema:
    common = {
        "type": True,
        "label": _LABEL_REF,
        "icon": {"$ref": "#/$defs/icon"},
        "filter": {"$ref": "#/$defs/condition"},
        "sort": {"$ref": "#/$defs/sort"},
    }
    return {
        "type": "object",
        "properties": {"type": {"enum": list(view_types)}},
        "required": ["type"],
        "allOf": [
            _when("type", name, {**common, **kind.options}, kind.required_options) for name, kind in view_types.items()
        ],
    }


def _form() -> Schema:
    question = _object(
        {
            "field": {"$ref": "#/$defs/key"},
            "label": _LABEL_REF,
            "help": _LABEL_REF,
            "required": {"type": "boolean"},
        },
        required=("field",),
    )
    return _object(
        {
            "label": _LABEL_REF,
            "description": _LABEL_REF,
            "fields": {"type": "array", "minItems": 1, "items": {"anyOf": [{"$ref": "#/$defs/key"}, question]}},
            "public": {"type": "boolean"},
            "submit": _LABEL_REF,
            "thanks": _LABEL_REF,
            "opens": {
                **_MOMENT,
                "description": "When strangers may begin to send a public form, in the workspace's time.",
            },
            "closes": {**_MOMENT, "description": "From when on they may send it no more."},
            "most": {
                "type": "integer",
                "minimum": 1,
                "maximum": 1_000_000,
                "description": "How many records may come by it.",
            },
            "corrections": {
                **_object(
                    {"days": {"type": "integer", "minimum": 1, "maximum": 3650}, "mail_to": {"$ref": "#/$defs/key"}}
                ),
                "description": "Whoever sent the form gets a link to correct it, while it is open, for so many days; "
                "also by mail to the address in the field `mail_to`.",
            },
            "mail": {
                **_object({part: {"$ref": "#/$defs/key"} for part in PARTS_OF_MAIL}),
                "minProperties": 1,
                "description": "A mail that is handed over to this form makes a record: which part goes into which of "
                "its fields.",
            },
        },
        required=("fields",),
    )


def _automation() -> Schema:
    return _object(
        {
            "label": _LABEL_REF,
            "description": _LABEL_REF,
            "enabled": {"type": "boolean"},
            "acts_as": {
                "enum": ["app", "person"],
                "description": "Whose rights its steps have: the app's own, which are full, or those of who caused it.",
            },
            "trigger": {
                "type": "object",
                "properties": {"type": {"enum": list(triggers)}},
                "required": ["type"],
                "allOf": [
                    _when("type", name, {"type": True, **kind.options}, kind.required)
                    for name, kind in triggers.items()
                ],
            },
            "conditions": {"$ref": "#/$defs/condition"},
            "steps": _by_key(
                {
                    "type": "object",
                    "properties": {"action": {"enum": list(actions)}},
                    "required": ["action"],
                    "allOf": [
                        _when(
                            "action",
                            name,
                            {"action": True, "label": _LABEL_REF, "if": {"$ref": "#/$defs/condition"}, **kind.options},
                            kind.required,
                        )
                        for name, kind in actions.items()
                    ],
                },
                least=1,
                most=100,
            ),
        },
        required=("trigger", "steps"),
    )


def _condition(levels: int) -> Schema:
    """A filter of field, operator and value, nested to a fixed depth; or an expression."""
    simple = _object({"field": {"type": "string"}, "op": {"type": "string"}, "value": True}, ("field", "op"))
    inner: Schema = {"anyOf": [{"$ref": "#/$defs/expression"}, simple]}
    for _level in range(levels):
        group = {"type": "array", "items": inner, "maxItems": MAX_PARTS}
        inner = {
            "if": {"type": "object", "anyOf": [{"required": ["all"]}, {"required": ["any"]}]},
            "then": {**_object({"all": group, "any": group}), "maxProperties": 1},
            "else": {"if": {"type": "string"}, "then": {"$ref": "#/$defs/expression"}, "else": simple},
        }
    return inner


def _when(option: str, name: str, properties: Mapping[str, Any], required: Iterable[str] = ()) -> Schema:
    return {
        "if": {"properties": {option: {"const": name}}, "required": [option]},
        "then": _object(properties, required),
    }


def case(part: Schema) -> tuple[str, str] | None:
    """The option and its value that `part` is for (`("type", "text")`), if it is a case of `if ... then ...`."""
    if part.keys() != {"if", "then"} or len(part["if"].get("properties", ())) != 1:
        return None
    option, asked = next(iter(part["if"]["properties"].items()))
    if part["if"].get("required") == [option] and isinstance(asked.get("const"), str):
        return option, asked["const"]
    return None


def _object(properties: Mapping[str, Any], required: Iterable[str] = ()) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def _by_key(schema: Schema, least: int = 0, most: int = 1000) -> Schema:
    return {
        "type": "object",
        "propertyNames": {"$ref": "#/$defs/key"},
        "additionalProperties": schema,
        "minProperties": least,
        "maxProperties": most,
    }
