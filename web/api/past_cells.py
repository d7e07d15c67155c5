"""Values as they once were, as cells of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.definitions.language import Table
from engine.records import Record
from engine.storage.session import Session
from web.api.cells import Cells
from web.api.naming import names_of


class PastCells:
    """Shapes former values of one table's records; `by_key`: named by key, not by label."""

    def __init__(self, session: Session, table: Table, *, by_key: bool) -> None:
        self._session = session
        self._table = table
        self._names = names_of(session.layout, table, session.workspace.language)
        self._by_key = by_key
        self._cells: dict[tuple[str, ...], Cells] = {}

    def values(self, record_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Each value by its field, null where it was empty; fields that are gone since are as they were kept."""
        known = tuple(key for key in values if key in self._table.fields)
        record = Record(record_id, {"created_at": "", **{key: values[key] for key in known}})
        shaped = self._cells_of(known).record(record)["fields"]
        return {
            key if self._by_key or key not in known else self._names.labels[key]: (
                shaped.get(key) if key in known else values[key]
            )
            for key in values
        }

    def _cells_of(self, keys: tuple[str, ...]) -> Cells:
        if keys not in self._cells:
            self._cells[keys] = Cells(self._session, self._names, keys, by_key=True)
        return self._cells[keys]
