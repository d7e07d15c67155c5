"""Shapes of requests and answers, as JSON Schema: each endpoint says its own, and `openapi.py` puts them together.

In a shape `{table}` stands for the table of the address, so that records are told with the fields that they have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 200}
FLAG: Schema = {"type": "boolean"}
WHOLE: Schema = {"type": "integer"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
ANYTHING: Schema = {"type": "object"}
TEXTS: Schema = {"type": "array", "items": TEXT}
JSON = "application/json"


@dataclass(frozen=True)
class Told:
    """What an operation takes and gives. `media`: other kinds of content than JSON that it answers with."""

    says: str
    answer: Schema
    body: Schema | None = None
    query: Sequence[Schema] = ()
    media: Sequence[str] = (JSON,)


def shape(maybe: Mapping[str, Schema] | None = None, /, **needed: Schema) -> Schema:
    """An object with what it always has, and what it may have."""
    made: Schema = {"type": "object", "properties": {**needed, **(maybe or {})}}
    return {**made, "required": list(needed)} if needed else made


def array(of: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": of}


def some(of: Schema, most: int) -> Schema:
    """A list of at least one."""
    return {"type": "array", "items": of, "minItems": 1, "maxItems": most}


def or_null(one: Schema) -> Schema:
    """The same, or null."""
    return {"anyOf": [one, {"type": "null"}]}


def one_of(*words: str) -> Schema:
    """One of these words."""
    return {"enum": list(words)}


def page_of(name: str, of: Schema) -> Schema:
    """A page of a list; `offset` leads to the next one."""
    return shape({"offset": TEXT}, **{name: array(of)})


def ref(name: str) -> Schema:
    """A shape that the document has under a name."""
    return {"$ref": f"#/components/schemas/{name}"}


def asked(name: str, schema: Schema = TEXT, *, required: bool = False) -> Schema:
    """A parameter of the query."""
    return {"name": name, "in": "query", "schema": schema} | ({"required": True} if required else {})


def number(least: int, most: int | None = None) -> Schema:
    """A whole number between two."""
    return {**WHOLE, "minimum": least} | ({} if most is None else {"maximum": most})


PAGE: Sequence[Schema] = (asked("pageSize", number(1, 100)), asked("offset"))
DELETED = shape(id=TEXT, deleted={"const": True})
# Somebody, as answers name them.
WHO = shape(id=TEXT, email=TEXT, name=TEXT)
PROBLEM = shape(at=TEXT, message=TEXT, code=TEXT, severity=one_of("error", "warning"))
