"""How programs ask for the records of a table: the same few requests in three languages, and values of its fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from engine.text import Text, _
from web.api.shapes import Schema

TOKEN = "fwk_..."  # noqa: S105 - stands for one
_RECORD = "rec00000000000000"
_OF_FORMAT = {"date": "2026-03-31", "date-time": "2026-03-31T14:30:00.000Z"}
_OF_TYPE: Mapping[str, Any] = {
    "number": 12.5,
    "integer": 3,
    "boolean": True,
    "string": "Text",
    "object": {},
    "array": [],
}


@dataclass(frozen=True)
class Subject:
    """What the examples are about: where the server is, a table, one of its records, and values to write into it."""

    url: str
    app: str
    table: str
    record: str
    values: Mapping[str, Any]

    @property
    def path(self) -> str:
        """The address of the table's records."""
        return f"/v0/{quote(self.app)}/{quote(self.table)}"


@dataclass(frozen=True)
class Address:
    """What one can ask, and where; `try_it`: asking for it changes nothing."""

    says: Text
    method: str
    path: str
    body: str = ""


def addresses(subject: Subject) -> list[Address]:
    """What is asked most often of a table."""
    path, record = subject.path, f"{subject.path}/{subject.record or _RECORD}"
    new = json.dumps({"fields": subject.values}, ensure_ascii=False)
    return [
        Address(_("Records, page by page"), "GET", f"{path}?pageSize=3"),
        Address(_("One record"), "GET", record),
        Address(_("Create a record"), "POST", path, new),
        Address(_("Change a record"), "PATCH", record, new),
        Address(_("Delete a record"), "DELETE", record),
        Address(_("Groups and totals"), "GET", f"{path}/groups"),
        Address(_("Comments on a record"), "GET", f"{record}/comments"),
        Address(_("History of a record"), "GET", f"{record}/history"),
        Address(_("All records as a file"), "POST", f"{path}/exports", '{"format": "csv"}'),
    ]


def in_curl(subject: Subject) -> str:
    """At the command line."""
    say = f'curl "{subject.url}{subject.path}?pageSize=3" -H "Authorization: Bearer $TOKEN"'
    body = json.dumps({"fields": subject.values}, ensure_ascii=False).replace("'", "'\\''")
    return "\n".join(
        [
            f"TOKEN={TOKEN}",
            say,
            "",
            f'curl -X POST "{subject.url}{subject.path}" -H "Authorization: Bearer $TOKEN" \\',
            f"  -H 'Content-Type: application/json' -d '{body}'",
        ]
    )


def in_python(subject: Subject) -> str:
    """With pyairtable, a library for the API that this one has the shape of."""
    return "\n".join(
        [
            "# pip install pyairtable",
            "from pyairtable import Api",
            "",
            f"api = Api({TOKEN!r}, endpoint_url={subject.url!r})",
            f"table = api.table({subject.app!r}, {subject.table!r})",
            "",
            "for record in table.all(max_records=3):",
            '    print(record["id"], record["fields"])',
            "",
            *([f"record = table.get({subject.record!r})"] if subject.record else []),
            f"made = table.create({dict(subject.values)!r})",
            'table.delete(made["id"])',
        ]
    )


def in_javascript(subject: Subject) -> str:
    """With airtable.js, in a browser or with Node."""
    url, app, table = (json.dumps(one) for one in (subject.url, subject.app, subject.table))
    return "\n".join(
        [
            "// npm install airtable",
            'import Airtable from "airtable";',
            "",
            f'const base = new Airtable({{ apiKey: "{TOKEN}", endpointUrl: {url} }}).base({app});',
            "",
            f"const records = await base({table}).select({{ maxRecords: 3 }}).firstPage();",
            "for (const record of records) console.log(record.id, record.fields);",
            "",
            f"await base({table}).create({json.dumps(subject.values, ensure_ascii=False)});",
        ]
    )


def example_of(schema: Schema) -> Any:
    """A value that such a field may have."""
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0])
    if "enum" in schema:
        return next(iter(schema["enum"]), "")
    if "$ref" in schema:
        return {"RecordId": _RECORD, "Collaborator": {"email": "ana@example.com"}}.get(
            schema["$ref"].rpartition("/")[2], {}
        )
    if schema.get("type") == "array" and schema.get("items"):
        return [example_of(schema["items"])]
    return _OF_FORMAT.get(schema.get("format", ""), _OF_TYPE.get(schema.get("type", ""), "Text"))
