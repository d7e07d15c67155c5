"""What a query answers of each record: which columns, and the values that come of their rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from engine.definitions.language import Field, Table
from engine.storage.expressions import Records
from engine.storage.prepared import Row
from engine.storage.record_rows import Values, linked_ids
from engine.storage.session import Session

ERROR = "#ERROR!"


@dataclass(frozen=True)
class Answer:
    """A record's id, the values of some fields, and after them why some are missing; links to many are read apart."""

    fields: Sequence[Field]
    may_fail: Sequence[Field]
    many: Sequence[Field]

    def columns(self, records: Records) -> list[ColumnElement[Any]]:
        """What to select. More columns may follow them."""
        values = [
            sa.type_coerce(records.field(one.key).value, records.layout.column_type(one)).label(None)
            for one in self.fields
        ]
        return [records.field("id").value, *values, *(_error(records, one) for one in self.may_fail)]

    def read(self, session: Session, rows: Sequence[Row]) -> dict[str, Values]:
        """The values by record id."""
        keys = [one.key for one in self.fields]
        reasons = [(place, one.key) for place, one in enumerate(self.may_fail, len(keys) + 1)]
        found: dict[str, Values] = {}
        for row in rows:
            values = found[row[0]] = dict(zip(keys, row[1:], strict=False))
            for place, key in reasons:
                if row[place] is not None:
                    values[key] = {"error": ERROR, "reason": row[place]}
        for one in self.many:
            for record_id, linked in linked_ids(session, one, found).items():
                found[record_id][one.key] = linked
        return found


def answer(session: Session, table: Table, wanted: Sequence[str] | None) -> Answer:
    """The answer with the fields that are wanted (None: all)."""
    layout = session.layout

    def made() -> Answer:
        fields = list(table.fields.values()) if wanted is None else [table.fields[key] for key in wanted]
        single = [one for one in fields if not one.many]
        may_fail = [one for one in single if one.kind.computed and layout.types.of(one).can_fail]
        return Answer(single, may_fail, [one for one in fields if one.many])

    return layout.recall(("answer", table.address, None if wanted is None else tuple(wanted)), made)


def _error(records: Records, field: Field) -> ColumnElement[Any]:
    error = records.field(field.key).error
    return sa.null() if error is None else error
