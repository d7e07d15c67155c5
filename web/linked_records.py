"""The records that link to one record: a short list per link, with the way to all of them and to a new one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine import records
from engine.access import door
from engine.definitions.language import Field, Table
from engine.queries import Query
from engine.records import Record
from engine.storage.session import Session
from engine.text import Label
from web.addresses import At
from web.asked import Asked, Test, Tests
from web.fields import Shown, shown_field
from web.names import Names, ids_of, names_of

SHOWN = 6  # records of one list
FIELDS = 4


@dataclass(frozen=True)
class Linked:
    """One list. `records_at` is the address of a record without its id, `new` of a new one, "" if none may be made."""

    key: str
    label: Label
    icon: str
    table: Table
    count: int
    fields: list[Shown]
    records: list[Record]
    names: Names
    records_at: str
    all: str
    new: str


def linked_to(session: Session, at: At, table: Table, record: Record) -> list[Linked]:
    """The lists of a record, in the order of the table's fields."""
    sides = [one for one in table.fields.values() if one.is_side and not one.owns_lines]
    return [_linked(session, at, side, record) for side in sides]


def _linked(session: Session, at: At, side: Field, record: Record) -> Linked:
    table = session.layout.table(side.target or "")
    link = table.fields[side.inverse_of or ""]
    test = Test(link.key, "contains" if link.many else "is", (record.id,))
    count = len(ids_of(record.values.get(side.key)))
    view = next(iter(table.views.values()))
    fields = [one for one in table.shown_in(view) if one.key != link.key and not one.many][:FIELDS]
    found: list[Record] = []
    if count:
        value: Any = [record.id] if link.many else record.id
        where = {"field": link.key, "op": test.op, "value": value}
        keys = [one.key for one in fields]
        found = records.find(
            session, Query(table.address, where=[where], sort=view.sort, fields=keys, limit=SHOWN)
        ).records
    return Linked(
        key=side.key,
        label=side.label,
        icon=table.icon,
        table=table,
        count=count,
        fields=[shown_field(session.layout, one) for one in fields],
        records=found,
        names=names_of(session, at, table, [one.key for one in fields], [one.values for one in found]),
        records_at=at.record(table.app, table.key, ""),
        all=at.view(table.app, table.key, view.key) + Asked(Tests(tests=(test,))).query(),
        new=at.new_record(table.app, table.key, **{link.key: record.id})
        if door.may(session.principal, "create", table)
        else "",
    )
