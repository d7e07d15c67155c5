"""What a share shows: of what the person who made it sees, one view of one table, or one record.

It is a layout like a sight, made out of that person's own: the records are those of the view (so its filter needs no
field to be there), the fields those that it shows. Of the records that they link to there is the name alone, of their
lines what the list of lines shows, where records of that table may be taken along, too. What is
worked out from fields that are not shown stays as it is: the person sees both, and chose to show the result.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, FromClause

from engine.access import sight
from engine.access.partial import Partial
from engine.access.principals import Shared
from engine.access.rights import ONLY_READ
from engine.access.sight import SeenTypes
from engine.definitions.apps import Apps
from engine.definitions.language import Field, Table, View
from engine.definitions.rules import Rules
from engine.storage import sql_types
from engine.storage.conditions import condition_sql
from engine.storage.expressions import Clock, Records, clock_of
from engine.storage.layout import ERROR_SUFFIX, Layout
from engine.storage.session import Session
from engine.view_types import grouped_field, keys_in, view_types

# Options of links that name fields of the other table.
_NAMING = frozenset({"where", "inverse", "totals", "order"})
_NO_RULES = Rules({}, {}, {})


def of(session: Session) -> Layout:
    """The workspace as the one who asks sees it: what a share shows, else what somebody with their roles sees."""
    shared, seen = session.principal.shared, sight.of(session)
    if shared is None:
        return seen
    whole, clock = session.whole, clock_of(session)
    key = ("shown", shared.table, shared.view, shared.record, clock)
    return seen.recall(key, lambda: Shown(whole, seen, shared, clock))


def fields_of(table: Table, view: View) -> list[Field]:
    """The fields that a share of the view shows: its own, and those without which it could not be made, as stacks."""
    fields = table.shown_in(view)
    kind = view_types[view.type]
    named = (*kind.required_options, *kind.may_lose)
    needed = [*(view.options[name] for name in named if name in view.options), *kind.also_needs]
    return [*fields, *(table.fields[key] for key in needed if key in table.fields and table.fields[key] not in fields)]


class Shown(Partial):
    """What a share shows on one day; nothing at all where the view is gone, or may not be taken out of the house."""

    def __init__(self, whole: Layout, seen: Layout, shared: Shared, clock: Clock) -> None:
        self._whole = whole
        self._seen = seen
        self._clock = clock
        self._shared = shared
        self._selects: dict[str, sa.Select[Any]] = {}
        tables = _tables(seen, shared)
        # By the table of lines the links by which they belong to records of the table that is shown.
        own = tables[shared.table].fields.values() if tables else ()
        self._owners = {one.targets[0]: str(one.inverse_of) for one in own if _shows_lines(seen, one)}
        askable = {address: sight.askable_fields(one) for address, one in tables.items()}
        types = SeenTypes(sight.apps_of(whole.apps, askable), whole.types)
        shown = {address: sight.with_views(one, types) for address, one in tables.items()}
        super().__init__(_only_named(sight.apps_of(whole.apps, shown)), whole.version, whole.calendar)
        self.types = types

    def shows_lines(self, field: Field) -> bool:
        return field.owns_lines and field.targets[0] in self._owners

    def pairs(self, field: Field) -> FromClause:
        pairs = self._seen.pairs(field).alias()
        tests = [self._is_shown(pairs.c.linked_id, field)] if self._shared.table in field.targets else []
        return sa.select(pairs).where(*tests).subquery()

    def ties(self, field: Field) -> FromClause:
        return self.pairs(field)

    def _columns(self, records: Records, field: Field) -> Iterator[ColumnElement[Any]]:
        found = records.field(field.key)
        value = found.value
        if self._shared.table in field.targets and records.table.address == self._shared.table:
            value = sa.case((self._is_shown(value, field), value), else_=sa.null())
        yield sa.type_coerce(value, self.column_type(field)).label(field.key)
        if found.error is not None:
            yield sa.type_coerce(found.error, sql_types.TEXT).label(field.key + ERROR_SUFFIX)

    def _is_shown(self, record_id: ColumnElement[Any], link: Field) -> ColumnElement[bool]:
        """Whether a link of the table to itself leads to a record that is shown; to another table it may lead."""
        tests = []
        for address in link.targets:
            records = self._records(address)
            tests.append(record_id.in_(sa.select(records.rows.c.id).where(*self._tests(records)).correlate(None)))
        return sa.or_(*tests)

    def _tests(self, records: Records) -> list[ColumnElement[bool]]:
        """What makes a record of the table one that is shown, and a line one of its; of others there are names only."""
        shared, tests = self._shared, []
        if records.table.address in self._owners:
            owners = self._records(shared.table)
            theirs = sa.select(owners.rows.c.id).where(*self._tests(owners)).correlate(None)
            return [records.rows.c[self._owners[records.table.address]].in_(theirs), *self._may_leave(records)]
        if records.table.address != shared.table:
            return []
        view = records.table.views[shared.view]
        if shared.record:
            tests.append(records.rows.c.id == shared.record)
        elif view.filter is not None:
            tests.append(condition_sql(view.filter, records))
        return [*tests, *self._may_leave(records)]

    def _may_leave(self, records: Records) -> list[ColumnElement[bool]]:
        taken = records.table.rights.export if records.table.rights else True
        if isinstance(taken, bool):
            return []
        table = self._whole.table(records.table.address)  # asked of all that there is, like every rule of a role
        of_all = Records(self._whole, table, self._whole.source(table), self._clock)
        may_leave = sa.select(of_all.rows.c.id).where(condition_sql(taken, of_all)).correlate(None)
        return [records.rows.c.id.in_(may_leave)]

    def _records(self, address: str) -> Records:
        table = self._seen.table(address)
        return Records(self._seen, table, self._seen.source(table), self._clock)


def _tables(seen: Layout, shared: Shared) -> dict[str, Table]:
    """The table that is shown, and those that its links lead to with the names of their records."""
    table = seen.apps.tables.get(shared.table)
    view = table.views.get(shared.view) if table else None
    if table is None or view is None or (table.rights is not None and table.rights.export is False):
        return {}
    keys = {one.key for one in fields_of(table, view)}
    fields = {key: one for key, one in table.fields.items() if key in keys}
    tables = {table.address: _reduced(table, fields, view)}
    links = list(fields.values())
    for link in links:
        for address in seen.tables_named(link):
            if address != table.address and address in seen.apps.tables:
                before = tables.get(address)
                named = {**(before.fields if before else {}), **_named(seen.table(address), link)}
                if _shows_lines(seen, link):
                    lines = _of_lines(seen.table(address), link)
                    named |= lines
                    links += lines.values()  # whose own links lead to names, too
                tables[address] = _reduced(seen.table(address), named)
    return tables


def _shows_lines(seen: Layout, field: Field) -> bool:
    """Whether a field shows lines, which stand in another table: what may leave the house of them, if anything may."""
    table = seen.apps.tables.get(field.targets[0]) if field.owns_lines and field.targets else None
    if table is None or table.address == field.table:
        return False
    return field.inverse_of in table.fields and (table.rights is None or table.rights.export is not False)


def _of_lines(table: Table, lines: Field) -> dict[str, Field]:
    """What a list of lines shows of them, and by what it orders them."""
    kept = {lines.inverse_of, lines.ordered_by}
    keys = lines.options.get("fields") or [one.key for one in table.declared if one.key not in kept]
    return {key: one for key, one in table.fields.items() if key in {*keys, lines.ordered_by} and not one.owns_lines}


def _named(table: Table, link: Field) -> dict[str, Field]:
    """Of a table that a link leads to the names, and where the link is kept there, its other side."""
    keys = {table.title} | ({link.inverse_of} if link.inverse_of else set())
    return {key: one for key, one in table.fields.items() if key in keys}


def _reduced(table: Table, fields: Mapping[str, Field], view: View | None = None) -> Table:
    options = _drawn(view, fields) if view else {}
    return replace(
        table,
        fields={key: replace(one, options=_options(one), read_only=True) for key, one in fields.items()},
        views={view.key: replace(view, options=options)} if view else {},
        forms={},
        rules=_NO_RULES,
        rights=replace(ONLY_READ, export=False),
    )


def _drawn(view: View, fields: Mapping[str, Field]) -> dict[str, Any]:
    """The view's options without its filter, and without groups by what is not shown."""
    kind = view_types[view.type]
    options = {key: value for key, value in view.options.items() if key != "filter"}
    if kind.grouped_by and kind.grouped_by not in kind.required_options:
        named = keys_in(options.pop(kind.grouped_by, ()))
        by = [one for one in named if grouped_field(one) in fields and not fields[grouped_field(one)].masked]
        options |= {kind.grouped_by: by} if by else {}
    return options


def _options(one: Field) -> dict[str, Any]:
    if one.is_link:
        return {key: value for key, value in one.options.items() if key not in _NAMING}
    return sight.untold(one, one.options) if one.kind.computed or one.kind.copied else dict(one.options)


def _only_named(apps: Apps) -> Apps:
    """The apps without what their documents say beside what they are called and look like."""
    looks = ("key", "label", "icon", "color")
    return Apps.of(
        replace(app, document={key: app.document[key] for key in looks if key in app.document}) for app in apps.values()
    )
