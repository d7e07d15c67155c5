"""What stands in records of a table, as JSON Schema: of answers, and of what may be sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.definitions.language import Field, Table
from engine.storage.layout import Layout
from web.api.field_configs import field_config
from web.api.naming import names_of, said
from web.api.shapes import TEXT, Schema

_NUMBER: Schema = {"type": "number"}
_PERSON: Schema = {"$ref": "#/components/schemas/Collaborator"}
_BY_TYPE: Mapping[str, Schema] = {
    "number": _NUMBER,
    "currency": _NUMBER,
    "percent": _NUMBER,
    "rating": {"type": "integer"},
    "duration": {**_NUMBER, "description": "seconds"},
    "autoNumber": {"type": "integer"},
    "count": {"type": "integer"},
    "checkbox": {"type": "boolean"},
    "date": {**TEXT, "format": "date"},
    "dateTime": {**TEXT, "format": "date-time"},
    "createdTime": {**TEXT, "format": "date-time"},
    "lastModifiedTime": {**TEXT, "format": "date-time"},
    "singleCollaborator": _PERSON,
    "createdBy": _PERSON,
    "lastModifiedBy": _PERSON,
    "multipleCollaborators": {"type": "array", "items": _PERSON},
    "multipleRecordLinks": {"type": "array", "items": {"$ref": "#/components/schemas/RecordId"}},
    "multipleAttachments": {"type": "array", "items": {"$ref": "#/components/schemas/Attachment"}},
    "barcode": {"type": "object", "properties": {"text": TEXT}, "required": ["text"]},
    "button": {"type": "object", "properties": {"label": TEXT, "url": TEXT}},
    "multipleLookupValues": {"type": "array", "items": {}},
}
# Types of ours that clients know as texts, and that hold something else.
_OF_OURS: Mapping[str, Schema] = {"json": {}, "location": {"type": "object"}, "signature": {}}
SHARED: Mapping[str, Schema] = {
    "RecordId": {**TEXT, "pattern": "^rec[0-9A-Za-z]{14}$"},
    "Collaborator": {
        "type": "object",
        "properties": {"id": TEXT, "email": TEXT, "name": TEXT},
        "required": ["id"],
    },
    "Attachment": {
        "type": "object",
        "properties": {"id": TEXT, "url": TEXT, "filename": TEXT, "size": {"type": "integer"}, "type": TEXT},
        "required": ["id"],
    },
    "WrongCell": {"type": "object", "properties": {"error": TEXT}, "required": ["error"]},
    "Error": {
        "type": "object",
        "properties": {
            "error": {
                "anyOf": [
                    TEXT,
                    {
                        "type": "object",
                        "properties": {"type": TEXT, "message": TEXT},
                        "required": ["type", "message"],
                    },
                ]
            }
        },
        "required": ["error"],
    },
}


def read_schema(layout: Layout, table: Table, language: str) -> Schema:
    """The fields of a record in an answer, by name; what is empty is left out."""
    names = names_of(layout, table, language)
    properties = {names.labels[key]: _read(layout, table.fields[key], language) for key in names.shown}
    return {"type": "object", "properties": properties}


def written_schema(layout: Layout, table: Table, language: str) -> Schema:
    """The fields that may be sent, by name; null empties one."""
    names = names_of(layout, table, language)
    keys = [key for key in names.shown if table.fields[key].writable]
    properties = {names.labels[key]: _written(layout, table.fields[key], language) for key in keys}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _read(layout: Layout, field: Field, language: str) -> Schema:
    config = field_config(layout, field, language)
    schema = _of_config(field, config)
    if field.kind.computed and not field.is_link:
        schema = {"anyOf": [schema, {"$ref": "#/components/schemas/WrongCell"}]}
    return _described(field, schema, language)


def _of_config(field: Field, config: Mapping[str, Any]) -> Schema:
    if field.type in _OF_OURS:
        return dict(_OF_OURS[field.type])
    kind, options = config["type"], config.get("options", {})
    if kind in ("singleSelect", "multipleSelects"):
        one: Schema = {"enum": [choice["name"] for choice in options["choices"]]}
        return one if kind == "singleSelect" else {"type": "array", "items": one}
    if kind in ("formula", "rollup"):
        # What is worked out over several records may be a list, and what it is called may be anything.
        result = _of_config(field, options["result"]) if kind == "formula" else {}
        return result if "enum" not in result else {}
    return dict(_BY_TYPE.get(kind, TEXT))


def _written(layout: Layout, field: Field, language: str) -> Schema:
    config = field_config(layout, field, language)
    schema = _of_config(field, config)
    if config["type"] in ("singleCollaborator", "multipleCollaborators"):
        who = {"type": "object", "properties": {"id": TEXT, "email": TEXT}}
        schema = who if config["type"] == "singleCollaborator" else {"type": "array", "items": who}
    return _described(field, {"anyOf": [schema, {"type": "null"}]}, language)


def _described(field: Field, schema: Schema, language: str) -> Schema:
    about = {"title": field.key} | ({"description": said(field.help, language)} if field.help else {})
    return {**about, **schema}
