"""What the API is, as OpenAPI 3.1: every route that the application has, for one app, each table with its own fields.

It is put together from what each endpoint tells of itself, so nothing can be left out; the asker is told of the tables
and fields that they see.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount

from engine.definitions.language import App, Table
from engine.storage.layout import Layout
from web.api.answering import Endpoints, Operation, answered
from web.api.callers import Caller
from web.api.naming import app_named, said
from web.api.record_schemas import SHARED, read_schema, written_schema
from web.api.shapes import ANYTHING, JSON, MOMENT, TEXT, WHOLE, Schema, Told, array, page_of, ref, shape

router = Endpoints()

OF_A_TABLE = "/{app}/{table}"
WRONG = ("400", "401", "403", "404", "409", "412", "413", "414", "422", "429", "503")


@router.on("GET", "/{app}/openapi.json", ANYTHING)
async def describe(request: Request, app: str) -> Response:
    """This document."""
    return await answered(request, _document, app, operations(request.app))


def operations(app: FastAPI) -> list[Operation]:
    """All operations of the API."""
    (mount,) = (one for one in app.routes if isinstance(one, Mount) and one.name == "api")
    return [one for one in mount.routes if isinstance(one, Operation)]


def _document(caller: Caller, app: str, known: Sequence[Operation]) -> Any:
    with caller.read() as session:
        found = app_named(session.layout, app)
        return document(session.layout, found, known, session.workspace.language, caller.site.settings.public_url)


def document(layout: Layout, app: App, known: Sequence[Operation], language: str, public_url: str) -> dict[str, Any]:
    """The OpenAPI document of an app."""
    paths: dict[str, dict[str, Any]] = {}
    schemas: dict[str, Schema] = dict(SHARED)
    for table in app.tables.values():
        schemas |= _schemas(layout, table, language)
    for one in known:
        for of in app.tables.values() if one.path.startswith(OF_A_TABLE) else (None,):
            path, told = _about(one, app, of)
            parts = paths.setdefault(path, {"parameters": list(_parts(path, app))})
            label = one.path.split("/")[1] if of is None else said(of.label, language, of.key)
            parts[one.method.lower()] = _operation(one, told, of, label)
    return {
        "openapi": "3.1.0",
        "info": {"title": said(app.label, language, app.key), "version": str(app.document.get("version", "1"))},
        "servers": [{"url": f"{public_url}/v0"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


def _schemas(layout: Layout, table: Table, language: str) -> dict[str, Schema]:
    of = table.key
    record = shape({"commentCount": WHOLE}, id=ref("RecordId"), createdTime=MOMENT, fields=ref(f"{of}.fields"))
    return {
        f"{of}.fields": read_schema(layout, table, language),
        f"{of}.written": written_schema(layout, table, language),
        f"{of}.record": record,
        f"{of}.records": shape(records=array(ref(f"{of}.record"))),
        f"{of}.page": page_of("records", ref(f"{of}.record")),
    }


def _about(one: Operation, app: App, table: Table | None) -> tuple[str, Told]:
    """The path of an operation for this app and table, and what is told of it."""
    path, told = one.path.replace("{app}", quote(app.key)), one.told
    if table is None:
        return path, told
    answer, body = (json.loads(json.dumps(one).replace("{table}", table.key)) for one in (told.answer, told.body))
    return path.replace("{table}", quote(table.key)), Told(told.says, answer, body, told.query, told.media)


def _parts(path: str, app: App) -> Iterator[Schema]:
    for name in re.findall(r"{(\w+)}", path):
        schema = {"record": ref("RecordId"), "table": {"enum": list(app.tables)}}.get(name, TEXT)
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _operation(one: Operation, told: Told, table: Table | None, label: str) -> dict[str, Any]:
    name = f"{table.key}.{one.name}" if table is not None else one.name
    wrong = {"description": "What is wrong", "content": {JSON: {"schema": ref("Error")}}}
    made: dict[str, Any] = {
        "operationId": name,
        "summary": told.says,
        "tags": [label],
        "responses": {
            "200": {"description": told.says, "content": _content(told)},
            **({"304": {"description": "It is as the tag in If-None-Match says"}} if one.method == "GET" else {}),
            **dict.fromkeys(WRONG, wrong),
        },
    }
    if told.query:
        made["parameters"] = list(told.query)
    if told.body is not None:
        made["requestBody"] = {"required": True, "content": {JSON: {"schema": told.body}}}
    return made


def _content(told: Told) -> dict[str, Any]:
    return {one: {"schema": told.answer} if one == JSON else {} for one in told.media}
