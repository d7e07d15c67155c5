"""A field that becomes another type: its values are read as text and given to the new type.

What cannot be given back by converting once more is set aside, and is picked up when the field becomes what it was,
unless somebody has changed the value meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from engine import named, queries
from engine.definitions.alteration import Alteration
from engine.definitions.language import Field
from engine.definitions.plan import ConvertField
from engine.field_types import InvalidValue, field_types
from engine.imports.lookups import Names, names_of_kind, records_by_name
from engine.shown import shown_as
from engine.storage import record_rows
from engine.storage.alterations import alike
from engine.storage.layout import Layout
from engine.storage.rule_tables import set_aside
from engine.storage.session import Session, timestamp
from engine.values import is_empty, options_of
from engine.written import Written

EXAMPLES = 3  # values that a plan shows, of those that are kept and of those that are not

Aside = tuple[Any, Any]  # a value, and what it became

_c = set_aside.c


@dataclass
class Conversion:
    """What becomes of the values of one field, by record id.

    `kept` counts those that it can hold, `news` are those of them that are to be written, in the new type; `lost`
    those that it cannot hold, as they were; `aside` what would not come back by itself: the value as it was, and
    what it becomes. `examples` has some that are kept (True) and some that are not.
    """

    of: Field
    stored: str  # how the field held its values until now
    stays: bool  # whether the values lie where they lay
    kept: int = 0
    news: dict[str, Any] = field(default_factory=dict)
    lost: dict[str, Any] = field(default_factory=dict)
    aside: dict[str, Aside] = field(default_factory=dict)
    examples: dict[bool, list[tuple[str, str | None]]] = field(default_factory=lambda: {True: [], False: []})


def told(session: Session, alteration: ConvertField, after: Layout) -> ConvertField:
    """The alteration with how many values it keeps and how many it cannot keep, and some of each."""
    made = work_out(session, alteration, after)
    kept, lost = made.examples[True], made.examples[False]
    return replace(alteration, lost=len(made.lost), kept=made.kept, examples=(*kept, *lost))


def work_out_all(session: Session, alterations: Iterable[Alteration], after: Layout) -> list[Conversion]:
    """What becomes of the values of all fields that are about to be converted."""
    return [work_out(session, one, after) for one in alterations if isinstance(one, ConvertField)]


def work_out(session: Session, alteration: ConvertField, after: Layout) -> Conversion:
    """What becomes of the values of one field that is about to be converted."""
    address = f"{alteration.app}.{alteration.table}"
    old, new = session.layout.table(address).fields[alteration.field], after.table(address).fields[alteration.field]
    made = Conversion(new, _stored(old), alike(old, new))
    held = _held(session, old)
    aside = {} if new.kind.computed else _set_aside(session, new)
    kept = _that_exist(session, after, new, aside)
    forth = _Reading(session, session.layout, old, new, held)
    back = _Reading(session, after, new, old, held if forth.by_id else {})
    for record_id in dict.fromkeys([*held, *aside]):
        value = held.get(record_id)
        result = None if new.kind.computed else forth.converted(value)
        if record_id in kept and (old.kind.computed or _same(old, value, kept[record_id][1])):
            result = kept[record_id][0]
        if not is_empty(result):
            made.kept += 1
            if not (made.stays and result == value):
                made.news[record_id] = result
        elif not is_empty(value):
            made.lost[record_id] = value
        if not is_empty(value) and (is_empty(result) or back.converted(result) != value):
            made.aside[record_id] = (value, result)
        elif record_id in aside and record_id not in kept:
            made.aside[record_id] = aside[record_id]
        some = made.examples[not is_empty(result)]
        if not is_empty(value) and len(some) < EXAMPLES:
            some.append((forth.as_text(value), None if is_empty(result) else back.as_text(result)))
    return made


def write_after(session: Session, conversions: Iterable[Conversion]) -> Written:
    """Put what is kept into the new fields, and the rest aside; what was written."""
    written = Written()
    for one in conversions:
        of = one.of
        table = session.layout.table(of.table)
        gone = sa.and_(_c.table_address == of.table, _c.field == of.key, _c.stored.in_([one.stored, _stored(of)]))
        session.connection.execute(sa.delete(set_aside).where(gone))
        rows = [
            {
                "table_address": of.table,
                "field": of.key,
                "stored": one.stored,
                "record_id": record_id,
                "value": json.dumps(value, ensure_ascii=False),
                "became": json.dumps(became, ensure_ascii=False),
                "at": timestamp(session.now),
            }
            for record_id, (value, became) in one.aside.items()
        ]
        if rows:
            session.connection.execute(sa.insert(set_aside), rows)
        news = one.news | (dict.fromkeys(one.lost, of.kind.empty()) if one.stays else {})
        if news:
            record_rows.update(session, table, {record_id: {of.key: value} for record_id, value in news.items()})
        written.wrote(of.table, [of.key], None)
    return written


def follow_order(session: Session, fields: Iterable[Field]) -> None:
    """Put what these fields hold of their choices into the order of the choices: one combination is one value."""
    for one in fields:
        place = {key: number for number, key in enumerate(one.choices)}
        held = _held(session, one)
        ordered = {
            record_id: sorted(value, key=lambda key: place.get(key, len(place))) for record_id, value in held.items()
        }
        changed = {record_id: {one.key: value} for record_id, value in ordered.items() if value != held[record_id]}
        record_rows.update(session, session.layout.table(one.table), changed)


def _same(field: Field, value: Any, became: Any) -> bool:
    """Whether the field still holds what a conversion gave it."""
    empty = field.kind.empty()
    return bool((empty if is_empty(value) else value) == (empty if is_empty(became) else became))


def _stored(field: Field) -> str:
    """How the field holds its values, as it is written down."""
    return "computed" if field.kind.computed else json.dumps([field.type, field.target, field.many])


def _held(session: Session, field: Field) -> dict[str, Any]:
    """The values that there are, by record id."""
    table = session.layout.table(field.table)
    sql = session.layout.sql(table)
    if field.many:
        ids = session.connection.execute(sa.select(sql.c.id)).scalars().all()
        linked = record_rows.linked_ids(session, field, list(ids))
        return {record_id: others for record_id, others in linked.items() if others}
    if not session.layout.stored(field):
        return {}
    column = sql.c[field.key]
    found = session.connection.execute(sa.select(sql.c.id, column).where(column.is_not(None)).order_by(sql.c.id))
    return {record_id: value for record_id, value in found if not is_empty(value) and value != field.kind.empty()}


def _set_aside(session: Session, field: Field) -> dict[str, Aside]:
    """Values that the field held when it was as it is to be again: (value, what it became)."""
    wanted = sa.select(_c.record_id, _c.value, _c.became).where(
        _c.table_address == field.table, _c.field == field.key, _c.stored == _stored(field)
    )
    there = sa.select(session.layout.sql(session.layout.table(field.table)).c.id)
    return {
        record_id: (json.loads(value), json.loads(became))
        for record_id, value, became in session.connection.execute(wanted.where(_c.record_id.in_(there)))
    }


def _that_exist(session: Session, after: Layout, field: Field, aside: Mapping[str, Aside]) -> dict[str, Aside]:
    """Those of the values set aside that the field can hold: a record may be gone, or its table not be meant again."""
    if not field.is_link:
        return dict(aside)
    ids = {one for value, _became in aside.values() for one in _ids(value)}
    there: set[str] = set()
    inspector = sa.inspect(session.connection)
    for sql in [after.sql(after.table(address)) for address in field.targets] if ids else ():
        if inspector.has_table(sql.name):  # it may be about to be made, or to come back
            wanted = sa.select(sql.c.id).where(record_rows.among(session, sql.c.id, ids))
            there |= set(session.connection.execute(wanted).scalars())
    return {record_id: one for record_id, one in aside.items() if there.issuperset(_ids(one[0]))}


def _ids(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


class _Reading:
    """From the values of one field to those of another: as text, and read again."""

    def __init__(self, session: Session, layout: Layout, old: Field, new: Field, held: Mapping[str, Any]) -> None:
        """`layout` is the one in which the old field stands."""
        self.old, self.new = old, new
        shown, options = shown_as(layout, old)
        self.shown = field_types[shown]
        self.shown_by = {"time_zone": session.workspace.time_zone, **options}
        self.language = session.workspace.language
        self.alike = alike(old, new)
        self.by_id = old.is_link and new.is_link and bool(set(old.targets) & set(new.targets))
        self.options = options_of(session, new)
        self.names: Mapping[str, str] = {}
        self.known: Names | None = None
        self.there: set[str] = set()  # records that links hold, where the new one may lead, too
        if old.is_link:
            ids = {one for value in held.values() for one in _ids(value)}
            self.names = queries.titles_in(session, old.targets, ids)
        elif old.kind.names in named.KINDS:
            self.names = named.names(session, old.kind.names)
        if self.by_id:
            self.there = record_rows.existing_in(session, new.targets, self.names)
        elif new.is_link:
            self.known = records_by_name(session, new.targets)
        elif new.kind.names in named.KINDS:
            self.known = names_of_kind(session, new)

    def as_text(self, value: Any) -> str:
        """The value as people see it."""
        if isinstance(value, bool):
            return "yes" if value else ""
        if self.names:
            return ", ".join(self.names.get(one, one) for one in _ids(value))
        if isinstance(value, list) and not self.shown.listed:
            return ", ".join(self.as_text(one) for one in value if not is_empty(one))
        return self.shown.in_words(value, self.shown_by, self.language)

    def converted(self, value: Any) -> Any:
        """What the new field holds instead; None where it can hold no such value."""
        if self.by_id:
            there = [one for one in _ids(value) if one in self.there] if value else []
            return there if self.new.many else there[0] if len(there) == 1 else None
        if self.alike:
            try:
                return None if is_empty(value) else self.new.kind.accept(value, self.options)
            except InvalidValue:
                return None
        text = "" if is_empty(value) else self.as_text(value)
        if not text:
            return None
        if self.known is not None:
            names = text.split(", ") if self.new.several else [text]
            found = [ids[0] for ids in map(self.known.find, names) if len(ids) == 1]
            if len(found) < len(names):
                return None
            return found if self.new.several else found[0]
        if self.new.is_link:
            return None
        try:
            return self.new.kind.read(text, self.options)
        except InvalidValue:
            return None
