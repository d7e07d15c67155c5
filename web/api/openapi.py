"""What an app's part of the API is, as OpenAPI 3.1: each table with its fields, as the asker sees them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from engine.definitions.language import App, Table
from engine.storage.layout import Layout
from web.api.answering import Endpoints, answered
from web.api.callers import Caller
from web.api.naming import app_named, said
from web.api.record_schemas import SHARED, Schema, read_schema, written_schema
from web.api.writing import MOST

router = Endpoints()

_TEXT: Schema = {"type": "string"}
_FLAG: Schema = {"type": "boolean"}
_IDS: Schema = {"type": "array", "items": {"$ref": "#/components/schemas/RecordId"}, "minItems": 1, "maxItems": MOST}
_DELETED: Schema = {
    "type": "object",
    "properties": {"id": _TEXT, "deleted": {"const": True}},
    "required": ["id", "deleted"],
}
_COMMENT: Schema = {
    "type": "object",
    "properties": {"id": _TEXT, "text": _TEXT, "createdTime": {**_TEXT, "format": "date-time"}},
    "required": ["id", "author", "text", "createdTime"],
}
_NEW_COMMENT: Schema = {
    "type": "object",
    "properties": {"text": {**_TEXT, "minLength": 1, "maxLength": 10_000}, "parentCommentId": _TEXT},
    "required": ["text"],
}


@router.on("GET", "/{app}/openapi.json")
async def describe(request: Request, app: str) -> Response:
    """The description of an app's records and comments."""
    return await answered(request, _document, app)


def _document(caller: Caller, app: str) -> Any:
    with caller.read() as session:
        found = app_named(session.layout, app)
        return document(session.layout, found, session.workspace.language, caller.site.settings.public_url)


def document(layout: Layout, app: App, language: str, public_url: str) -> dict[str, Any]:
    """The OpenAPI document of an app."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Schema] = {**SHARED, "Deleted": _DELETED, "Comment": _COMMENT, "NewComment": _NEW_COMMENT}
    for table in app.tables.values():
        schemas |= _schemas(layout, table, language)
        paths |= _paths(table, said(table.label, language, table.key))
    return {
        "openapi": "3.1.0",
        "info": {"title": said(app.label, language, app.key), "version": str(app.document.get("version", "1"))},
        "servers": [{"url": f"{public_url}/v0"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


def _schemas(layout: Layout, table: Table, language: str) -> dict[str, Schema]:
    record: Schema = {
        "type": "object",
        "properties": {
            "id": _ref("RecordId"),
            "createdTime": {**_TEXT, "format": "date-time"},
            "fields": _ref(f"{table.key}.fields"),
            "commentCount": {"type": "integer"},
        },
        "required": ["id", "createdTime", "fields"],
    }
    return {
        f"{table.key}.fields": read_schema(layout, table, language),
        f"{table.key}.written": written_schema(layout, table, language),
        f"{table.key}.record": record,
        f"{table.key}.records": _object({"records": _array(_ref(f"{table.key}.record"))}, "records"),
    }


def _paths(table: Table, label: str) -> dict[str, Any]:
    of = f"/{quote(table.app)}/{quote(table.key)}"
    one, many, written = (f"{table.key}.{part}" for part in ("record", "records", "written"))
    new = _object({"fields": _ref(written)}, "fields")
    changed = _object({"id": _ref("RecordId"), "fields": _ref(written)}, "id", "fields")
    merged = _object({"fieldsToMergeOn": {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": 3}})
    either = {"anyOf": [_ref(one), _ref(many)]}

    def does(name: str, says: str, answer: Schema, body: Schema | None = None, *query: Schema) -> dict[str, Any]:
        return _operation(f"{table.key}.{name}", label, says, answer, body, query)

    options = {"typecast": _FLAG, "returnFieldsByFieldId": _FLAG}
    one_or_many = {"anyOf": [_with(new, options), _many(new, options)]}
    named = {"name": "records[]", "in": "query", "required": True, "schema": _IDS}
    deleted = _object({"records": _array(_ref("Deleted"))}, "records")
    several = _object({"records": _list(changed), "performUpsert": merged, **options}, "records")
    return {
        of: {
            "get": does("list", "A page of records", _ref(many), None, *_list_options()),
            "post": does("create", "Create a record, or several", either, one_or_many),
            "patch": does("update", "Change several records", _ref(many), several),
            "put": does("replace", "Replace several records", _ref(many), several),
            "delete": does("delete", "Delete several records", deleted, None, named),
        },
        f"{of}/listRecords": {"post": does("listByPost", "A page of records", _ref(many), _list_body())},
        f"{of}/{{record}}": {
            "parameters": [_part("record", "RecordId")],
            "get": does("get", "One record", _ref(one), None, *_cell_options()),
            "patch": does("updateOne", "Change a record", _ref(one), _with(new, options)),
            "put": does("replaceOne", "Replace a record", _ref(one), _with(new, options)),
            "delete": does("deleteOne", "Delete a record", _ref("Deleted")),
        },
        f"{of}/{{record}}/comments": {
            "parameters": [_part("record", "RecordId")],
            "get": does(
                "comments", "What was said about a record",
                _object({"comments": _array(_ref("Comment")), "offset": _TEXT}, "comments"), None,
                _query("pageSize", {"type": "integer", "minimum": 1, "maximum": 100}), _query("offset", _TEXT),
            ),
            "post": does("comment", "Say something about a record", _ref("Comment"), _ref("NewComment")),
        },
    }  # fmt: skip


def _operation(
    name: str, label: str, says: str, answer: Schema, body: Schema | None, query: tuple[Schema, ...]
) -> dict[str, Any]:
    wrong = {"description": "What is wrong", "content": _json(_ref("Error"))}
    made: dict[str, Any] = {
        "operationId": name,
        "summary": says,
        "tags": [label],
        "responses": {
            "200": {"description": says, "content": _json(answer)},
            "304": {"description": "It is as the tag in If-None-Match says"},
            **dict.fromkeys(("400", "401", "403", "404", "409", "412", "413", "414", "422", "429", "503"), wrong),
        },
    }
    if query:
        made["parameters"] = list(query)
    return made if body is None else {**made, "requestBody": {"required": True, "content": _json(body)}}


def _cell_options() -> list[Schema]:
    return [
        _query("cellFormat", {"enum": ["json", "string"]}),
        _query("timeZone", _TEXT),
        _query("userLocale", _TEXT),
        _query("returnFieldsByFieldId", _FLAG),
    ]


def _list_options() -> list[Schema]:
    texts = {"type": "array", "items": _TEXT}
    plain = {name: _query(name, schema) for name, schema in _plain_options().items()}
    return [*plain.values(), _query("fields[]", texts), _query("recordMetadata[]", texts), *_cell_options()]


def _list_body() -> Schema:
    sort = _object({"field": _TEXT, "direction": {"enum": ["asc", "desc"]}}, "field")
    names: Schema = {"type": "array", "items": _TEXT}
    return _object({**_plain_options(), "fields": names, "sort": {"type": "array", "items": sort}})


def _plain_options() -> dict[str, Schema]:
    return {
        "filterByFormula": _TEXT,
        "search": _TEXT,
        "view": _TEXT,
        "pageSize": {"type": "integer", "minimum": 1, "maximum": 100},
        "maxRecords": {"type": "integer", "minimum": 1},
        "offset": _TEXT,
    }


def _object(properties: dict[str, Schema], *required: str) -> Schema:
    return {"type": "object", "properties": properties} | ({"required": list(required)} if required else {})


def _with(schema: Schema, more: dict[str, Schema]) -> Schema:
    return {**schema, "properties": {**schema["properties"], **more}}


def _many(schema: Schema, more: dict[str, Schema]) -> Schema:
    return _object({"records": _list(schema), **more}, "records")


def _array(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def _list(schema: Schema) -> Schema:
    return {"type": "array", "items": schema, "minItems": 1, "maxItems": MOST}


def _query(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "schema": schema}


def _part(name: str, schema: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": _ref(schema)}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(schema: Schema) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
