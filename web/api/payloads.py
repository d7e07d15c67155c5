"""What a hook has to tell, as clients know it: `{"timestamp", "actionMetadata", "changedTablesById": {...}}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import people
from engine.definitions.language import Table
from engine.hooks import Payload
from engine.hooks.specification import SOURCES
from engine.people import Person
from engine.storage.session import Session
from web.api.field_configs import type_named
from web.api.levels import LEVELS
from web.api.past_cells import PastCells

Part = dict[str, Any]
# The parts of a table, as they are kept and as they are told.
_OF_TABLE = {"created": "createdRecordsById", "changed": "changedRecordsById", "destroyed": "destroyedRecordIds"}


class Payloads:
    """Turns kept payloads of one app into the objects of an answer."""

    def __init__(self, session: Session, app: str) -> None:
        self._session = session
        self._tables = {one.key: one for one in session.layout.apps[app].tables.values()}
        self._people: dict[str, Person] = {one.id: one for one in people.everybody_ever(session)}
        self._cells: dict[str, PastCells] = {}

    def object_of(self, payload: Payload) -> Part:
        """One payload."""
        held = payload.document
        told: Part = {
            "timestamp": payload.at,
            "baseTransactionNumber": payload.number,
            "payloadFormat": "v0",
            "actionMetadata": self._by(held["by"]),
        }
        tables: dict[str, Part] = {}
        for key, parts in held.get("records", {}).items():
            tables[key] = self._records(key, parts)
        for key, parts in held.get("tables", {}).items():
            tables.setdefault(key, {}).update(_definitions(parts))
        if tables:
            told["changedTablesById"] = tables
        if created := held.get("tables_created"):
            told["createdTablesById"] = {
                key: {"metadata": one["metadata"], "fieldsById": _fields(one["fields"]), "recordsById": {}}
                for key, one in created.items()
            }
        if destroyed := held.get("tables_destroyed"):
            told["destroyedTableIds"] = destroyed
        return told

    def _by(self, by: Mapping[str, Any]) -> Part:
        told: Part = {"source": SOURCES.get(by["kind"], "unknown"), "sourceMetadata": {}}
        who = self._people.get(by["user"] or "")
        if who is not None:
            told["sourceMetadata"]["user"] = {
                "id": who.id,
                "email": who.email,
                "name": who.name,
                "permissionLevel": LEVELS.get(who.role, "none"),
            }
        return told

    def _records(self, key: str, parts: Mapping[str, Any]) -> Part:
        table = self._tables.get(key)
        told: Part = {}
        if "created" in parts:
            told[_OF_TABLE["created"]] = {
                record_id: {"createdTime": one["at"], **self._values(table, record_id, one["values"])}
                for record_id, one in parts["created"].items()
            }
        if "changed" in parts:
            told[_OF_TABLE["changed"]] = {
                record_id: {name: self._values(table, record_id, values) for name, values in one.items()}
                for record_id, one in parts["changed"].items()
            }
        if "destroyed" in parts:
            told[_OF_TABLE["destroyed"]] = parts["destroyed"]
        return told

    def _values(self, table: Table | None, record_id: str, values: Mapping[str, Any]) -> Part:
        """Cells by field; what became empty is told as null. Of a table that is gone they are as they were kept."""
        if table is None:
            return {"cellValuesByFieldId": dict(values)}
        cells = self._cells.setdefault(table.key, PastCells(self._session, table, by_key=True))
        return {"cellValuesByFieldId": cells.values(record_id, values)}


def _definitions(parts: Mapping[str, Any]) -> Part:
    told: Part = {}
    if "metadata" in parts:
        told["changedMetadata"] = parts["metadata"]
    if "fields_created" in parts:
        told["createdFieldsById"] = _fields(parts["fields_created"])
    if "fields_destroyed" in parts:
        told["destroyedFieldIds"] = parts["fields_destroyed"]
    if "fields_changed" in parts:
        told["changedFieldsById"] = {
            key: {name: _field(field) for name, field in one.items()} for key, one in parts["fields_changed"].items()
        }
    return told


def _fields(fields: Mapping[str, Mapping[str, Any]]) -> Part:
    return {key: _field(one) for key, one in fields.items()}


def _field(one: Mapping[str, Any]) -> Part:
    return {"name": one["name"], "type": type_named(one["type"])}
