"""What stands above a view: its tabs, and the tools with which a reader narrows, orders and groups what it shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine import named, shares
from engine.access import door
from engine.definitions.language import Field
from engine.exporters import exporters
from engine.field_types import FieldType
from engine.formulas.aggregates import AGGREGATES, Aggregate
from engine.storage.layout import Layout
from engine.view_types import EACH, view_types
from web.asked import Tests
from web.conditions import Speaker
from web.fields import shown_field
from web.filtering import Box, Line, filterable, ids_in, table_behind, units
from web.link_inputs import search_of_link
from web.names import titles_of
from web.view_changes import WORDS, changes_of
from web.views import Looking, grid

# What a computed field may give to group by.
FEW_VALUES = frozenset({"text", "select", "user", "department", "record", "boolean"})


def tool_bar(at: Looking, language: str) -> dict[str, Any]:
    """What `html/views/view.html` needs around the view itself; conditions are said in `language`."""
    layout, table = at.session.layout, at.table
    form = filter_form(at, at.filters.lines)
    names = {one: name for offered in form["offered"].values() for one, name in offered.items()}
    speaker = Speaker(layout, layout.apps[table.app], table, language, names)
    fields = list(table.fields.values())
    changes = changes_of(at)
    single = [shown for one in fields if not (shown := shown_field(layout, one)).many]
    return {
        "app": layout.apps[table.app],
        "table": table,
        "view": at.view,
        "ordered": view_types[at.view.type].ordered,
        "icons": {key: view.options.get("icon") or view_types[view.type].icon for key, view in table.views.items()},
        "looking": at,
        "asked": at.asked,
        "fields": at.shown,
        "choosable": [shown_field(layout, one) for one in fields],
        "shown_keys": {one.key for one in at.fields},
        "sortable": single,
        "groupable": [one for field in fields for one in _ways_to_group(layout, field)],
        "grouped_by": grid.groups_of(at),
        "totals_wanted": grid.totals_wanted(at),
        "totalled": [(one, _aggregates(layout, table.fields[one.key])) for one in at.shown],
        "changes": changes,
        "changed": [WORDS[key] for key in changes if key in WORDS],
        "may_build": at.place.principal.role in door.BUILDS,
        "own_filter": speaker.condition(at.view.filter),
        "may_write": at.may_write,
        "may_share": shares.may_share(at.place.principal, table),
        "exporters": list(exporters.values()) if door.may(at.place.principal, "export", table) else [],
        "may_create": at.may_create,
        "may_delete": at.may_delete,
        "no_tests": Tests(),
        **form,
    }


def filter_form(at: Looking, lines: list[Line], box: Box | None = None) -> dict[str, Any]:
    """What the lines of the filter form need: `lines`, or those to come in a `box`."""
    layout = at.session.layout
    ways = {one.way: table_behind(layout, at.table, one.way) for one in (box or at.filters.box).all_boxes()}
    fields = {way: filterable(layout, table) for way, table in ways.items()}
    links = {one.source for held in fields.values() for one in held.values() if one.targets}
    return {
        "looking": at,
        "filters": at.filters,
        "lines": lines,
        "filterable": fields,
        "units": {line.number: units(line) for line in lines},
        "searches": {one: search_of_link(layout, at.place.at, _field(layout, one)) for one in links},
        "filter_names": titles_of(at.session, at.place.at, ids_in(lines)),
        "offered": named.offered(at.session, [one.offers for held in fields.values() for one in held.values()]),
    }


def _field(layout: Layout, source: str) -> Field:
    table, _dot, key = source.rpartition(".")
    return layout.table(table).fields[key]


def _ways_to_group(layout: Layout, field: Field) -> Iterator[grid.By]:
    """By what the field holds, where that is one of a few values, and by each item of a list."""
    whole, each = grid.By(field.key, field), grid.By(f"{EACH}{field.key}", field)
    if grid.can_group(layout, whole.name, field) and _has_few_values(layout, field):
        yield whole
    if grid.can_group(layout, each.name, field):
        yield each


def _has_few_values(layout: Layout, field: Field) -> bool:
    kind: FieldType = field.kind
    return kind.groups or (kind.computed and layout.held_type(field).name in FEW_VALUES)


def _aggregates(layout: Layout, field: Field) -> dict[str, Aggregate]:
    held = layout.held_type(field)
    return {key: one for key, one in AGGREGATES.items() if one.goes_with(held)}
