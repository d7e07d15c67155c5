"""Records in groups by the items of lists, page by page: one with two tags stands below both of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from engine import named, queries, records
from engine.access import door
from engine.definitions.language import Field, Table
from engine.queries import LIMIT, OFFSET, Query, ask, tests_of
from engine.records import Record
from engine.storage.expressions import Records
from engine.storage.items import placed, with_items
from engine.storage.ordering import keys_of
from engine.storage.session import Session
from engine.view_types import EACH

Standing = tuple[tuple[Any, ...], Record]  # the values of the groups in which a record stands here, and the record


def page(session: Session, query: Query, by: Sequence[str], items: Mapping[str, Sequence[str]]) -> list[Standing]:
    """A page of the records that the query finds, group by group, `query.limit` of them from `query.offset` on.

    `items` has for each `each:tags` of `by` the items in the order of their groups; what has none comes last. Raises
    `Refused` for a wrong query.
    """
    of = session.layout.table(query.table)
    door.enter(session.principal, "read", of)
    ordered = {one.removeprefix("-"): one for one in query.sort}
    after = [one for one in query.sort if one.removeprefix("-") not in by]

    def made(table: Table, found: Records) -> sa.Select[Any]:
        source, values = with_items(session.dialect, found, by)
        order: list[Any] = []
        for number, (name, value) in enumerate(zip(by, values, strict=True)):
            if name.startswith(EACH):
                given = sa.bindparam(f"items_{number}", type_=sa.Text)
                places, tie, place = placed(session.dialect, given, value)
                source = source.outerjoin(places, tie)
                order.append(place.nulls_last())
            else:
                order += [key.clause for key in keys_of(found, [ordered.get(name, name)])[:-1]]
        order += [key.clause for key in keys_of(found, after)]
        wanted = sa.select(found.rows.c.id, *values).select_from(source)
        return wanted.where(*tests_of(session, table, found, query)).order_by(*order).limit(LIMIT).offset(OFFSET)

    given = {f"items_{number}": json.dumps(list(items[name])) for number, name in enumerate(by) if name in items}
    rows = ask(
        session,
        query,
        ("by item", tuple(by), tuple(query.sort)),
        made,
        {**given, LIMIT.key: query.limit, OFFSET.key: query.offset},
    )
    ids = list(dict.fromkeys(row[0] for row in rows))
    there = {one.id: one for one in records.get_many(session, query.table, ids)}
    return [(tuple(row[1:]), there[row[0]]) for row in rows if row[0] in there]


def in_order(session: Session, field: Field, items: Sequence[str]) -> list[str]:
    """The items of a list as their groups stand: choices in their order, people and records by their names."""
    if field.choices:
        places = {key: number for number, key in enumerate(field.choices)}
        return sorted(items, key=lambda one: (places.get(one, len(places)), one))
    if field.is_link:
        names: Mapping[str, str] = queries.titles_in(session, field.targets, items)
    else:
        names = named.names(session, field.kind.names)
    return sorted(items, key=lambda one: (names.get(one, one).casefold(), one))
