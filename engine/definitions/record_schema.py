"""A table as a JSON Schema (2020-12) of its records, and a table made from a JSON Schema that someone brings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.definitions.language import Table
from engine.definitions.types import FieldTypes
from engine.errors import Problem, Refused
from engine.field_types.select import COLORS
from engine.text import Text, _, label_in

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_RESULT: Mapping[str, Any] = {
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "date_time": {"type": "string", "format": "date-time"},
    "list": {"type": "array"},
}


def record_schema(table: Table, types: FieldTypes, language: str = "en") -> dict[str, Any]:
    """The JSON Schema of a record's values by field key; computed fields are `readOnly`."""
    properties: dict[str, Any] = {}
    for one in table.fields.values():
        schema = dict(one.kind.value_schema(one.options))
        if one.kind.computed:
            schema = {**_RESULT.get(types.of(one).name, {"type": "string"}), "readOnly": True}
        if not one.writable:
            schema["readOnly"] = True
        schema["title"] = label_in(one.label, language, one.key)
        if one.help:
            schema["description"] = label_in(one.help, language)
        if one.default is not None and not (isinstance(one.default, str) and one.default.startswith("=")):
            schema["default"] = one.default
        properties[one.key] = schema
    return {
        "$schema": DIALECT,
        "title": label_in(table.label, language, table.key),
        "type": "object",
        "properties": properties,
        "required": [one.key for one in table.fields.values() if one.required],
        "additionalProperties": False,
    }


@dataclass
class Taken:
    """Tables made from a JSON Schema, the main one first; `left` lists what could not be taken over and why."""

    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    left: list[tuple[str, Text]] = field(default_factory=list)


_FORMATS = {
    "time": "time",
    "date": "date",
    "date-time": "date_time",
    "email": "email",
    "uri": "url",
    "uri-reference": "url",
}
_TAKEN = {
    "type", "title", "description", "default", "enum", "format", "maxLength", "pattern", "minimum", "maximum",
    "items", "properties", "required", "readOnly", "examples", "additionalProperties", "$schema", "$id",
    "minLength", "multipleOf", "minItems", "maxItems", "uniqueItems",
}  # fmt: skip


def tables_from(schema: Mapping[str, Any], key: str) -> Taken:
    """The definition of a table `key` (and of one more per nested list of objects) from a JSON Schema.

    Nothing is fetched: a `$ref` is not followed and is told among what could not be taken over.
    Raises `Refused` for what is no JSON Schema of an object, with every problem at its JSON pointer.
    """
    _check_schema(schema)
    taken = Taken()
    _take_table(schema, key, "", taken)
    return taken


def _check_schema(schema: Any) -> None:
    from jsonschema import Draft202012Validator

    # The schema of schemas is made of several, each of which says the same about one mistake.
    wrong = {
        ("".join(f"/{part}" for part in error.absolute_path), error.message): None
        for error in Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(schema)
    }
    problems = [Problem(at, says, "schema") for at, says in wrong]
    if not problems and not isinstance(schema.get("properties") if isinstance(schema, Mapping) else None, Mapping):
        says = _("This describes no record: a table is made from a schema with `properties`.")
        problems.append(Problem("/properties", says, "schema"))
    if problems:
        raise Refused(problems)


def _take_table(schema: Mapping[str, Any], key: str, at: str, taken: Taken) -> None:
    fields: dict[str, Any] = {}
    table: dict[str, Any] = {"label": schema.get("title", _spelled(key)), "fields": fields}
    if "description" in schema:
        table["description"] = schema["description"]
    taken.tables[key] = table
    required = set(schema.get("required", ()))
    for name, one in schema.get("properties", {}).items():
        place = f"{at}/properties/{name}"
        if not isinstance(one, Mapping):
            taken.left.append((place, _("This says nothing about the value.")))
            continue
        field_key = _key(name, fields)
        child = _nested(one)
        if child is not None:
            child_key = _key(f"{key}_{field_key}", taken.tables)
            _take_table(child, child_key, f"{place}/items", taken)
            link = {"type": "link", "to": key, "label": table["label"], "inverse": field_key, "on_delete": "cascade"}
            taken.tables[child_key]["fields"] = {**taken.tables[child_key]["fields"], _key(key, {}): link}
            continue
        made = _field(one, place, taken)
        if made is None:
            continue
        fields[field_key] = {"label": one.get("title", _spelled(name)), **made}
        if "description" in one:
            fields[field_key]["help"] = one["description"]
        if name in required and made["type"] != "checkbox":
            fields[field_key]["required"] = True
    if not fields:
        fields["name"] = {"type": "text", "label": "Name"}
    titles = [name for name, one in fields.items() if one["type"] in {"text", "email"}]
    table["title"] = titles[0] if titles else next(iter(fields))


def _nested(schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
    items = schema.get("items")
    if schema.get("type") == "array" and isinstance(items, Mapping) and "properties" in items:
        return items
    return None


def _field(schema: Mapping[str, Any], at: str, taken: Taken) -> dict[str, Any] | None:
    kinds = schema.get("type")
    kind = next((one for one in kinds if one != "null"), None) if isinstance(kinds, list) else kinds
    for word in schema:
        if word not in _TAKEN:
            taken.left.append((f"{at}/{word}", _("`{word}` is not taken over.", word=word)))
    if "enum" in schema or "const" in schema:
        return _select(schema.get("enum", [schema.get("const")]))
    match kind:
        case "string":
            return _text(schema)
        case "integer" | "number":
            words = {"minimum": "min", "maximum": "max"}
            limits = {ours: schema[theirs] for theirs, ours in words.items() if theirs in schema}
            return {"type": "number", "decimals": 0 if kind == "integer" else 2, **limits}
        case "boolean":
            return {"type": "checkbox"}
        case "object" if {"lat", "lng"} <= set(schema.get("properties", ())):
            return {"type": "location"}
        case "object":
            return {"type": "json"}
        case "array" if isinstance(schema.get("items"), Mapping) and "enum" in schema["items"]:
            return {**_select(schema["items"]["enum"]), "type": "multi_select"}
        case _:
            says = _("Values of type {type} are not taken over.", type=str(kind or "?"))
            taken.left.append((at, says))
            return None


def _text(schema: Mapping[str, Any]) -> dict[str, Any]:
    if schema.get("format") in _FORMATS:
        return {"type": _FORMATS[schema["format"]]}
    longest = schema.get("maxLength")
    if longest is not None and longest > 1_000:
        return {"type": "long_text"}
    options: dict[str, Any] = {}
    if longest is not None:
        options["max_length"] = max(1, longest)
    if schema.get("minLength"):
        options["min_length"] = schema["minLength"]
    if "pattern" in schema and len(schema["pattern"]) <= 200:
        options["pattern"] = schema["pattern"]
    return {"type": "text", **options}


def _select(values: list[Any]) -> dict[str, Any]:
    choices: dict[str, Any] = {}
    for number, value in enumerate(value for value in values if value is not None):
        choices[_key(str(value), choices)] = {"label": str(value) or "-", "color": COLORS[number % len(COLORS)]}
    return {"type": "select", "choices": choices}


def _key(name: str, taken: Mapping[str, Any]) -> str:
    """A permanent ASCII key for `name` that is not taken yet."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    base = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")[:36]
    base = base if base and base[0].isalpha() else f"field_{base}".rstrip("_")
    key, number = base, 2
    while key in taken:
        key, number = f"{base}_{number}", number + 1
    return key


def _spelled(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").capitalize()
