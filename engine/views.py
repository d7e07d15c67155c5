"""Views: a saved way to see a table, together with what the reader asks for on top of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine import apps, named, queries, records, totals
from engine.access import door
from engine.definitions.language import Condition, Field, Table, View
from engine.errors import NotFound, Problem, Refused
from engine.importers import key_for
from engine.queries import Query
from engine.storage.session import Session
from engine.text import Label, _
from engine.totals import Group

STACK_SIZE = 25  # cards of one kanban stack that are shown at first
MAX_STACKS = 60


def get(session: Session, table: str, key: str | None = None) -> View:
    """One view of a table, the first if no key is given. Raises `NotFound`."""
    views = session.layout.table(table).views
    if key is None:
        return next(iter(views.values()))
    if key not in views:
        raise NotFound(_("There is no view {view} here.", view=key))
    return views[key]


def query_of(
    table: Table, view: View, *, where: Sequence[Condition] = (), sort: Sequence[str] = (), search: str = ""
) -> Query:
    """The view's question, narrowed by what the reader asks for; the reader's sort replaces the view's."""
    own = [view.filter] if view.filter is not None else []
    return Query(table.address, [*own, *where], list(sort) or view.sort, search)


def change(session: Session, table: str, key: str, options: Mapping[str, Any]) -> None:
    """Save options into a view, like any change of the definition; None takes one away.

    Raises `Refused` with every problem, `NotFound`, `Forbidden` for who may not build.
    """
    held = get(session, table, key)
    _save(session, session.layout.table(table), {key: {**_saved(held), **options}})


def create(session: Session, table: str, like: str, label: str, options: Mapping[str, Any]) -> str:
    """Save a new view that is as another one but for its name and some options; its key. Raises as `change` does."""
    of, held = session.layout.table(table), get(session, table, like)
    if not label.strip():
        raise Refused([Problem("/label", _("Give the view a name."), "required")])
    key = key_for(label, set(of.views), frozenset(), "view_1", prefix="view_")
    _save(session, of, {key: {**_saved(held), "label": label.strip(), **options}}, after=like)
    return key


def delete(session: Session, table: str, key: str) -> None:
    """Take a view away, like any change of the definition. Raises as `change` does; `Refused` for the only one."""
    get(session, table, key)
    of = session.layout.table(table)
    if len(of.views) == 1:
        raise Refused([Problem("/view", _("A table keeps one view."), "only")])
    document = apps.export(session, of.app)
    held = document["tables"][of.key]
    views = {name: one for name, one in held["views"].items() if name != key}
    apps.apply(session, {**document, "tables": {**document["tables"], of.key: {**held, "views": views}}})


def _saved(view: View) -> dict[str, Any]:
    return {"type": view.type, "label": view.label, **view.options}


def _save(session: Session, table: Table, changed: Mapping[str, dict[str, Any]], after: str = "") -> None:
    """Put views into the definition; a new one stands behind the one called `after`."""
    document = apps.export(session, table.app)
    of = document["tables"][table.key]
    views: dict[str, Any] = {}
    for key, held in table.views.items():  # also the one that a table has when its definition names none
        views[key] = changed.get(key) or of.get("views", {}).get(key) or _saved(held)
        if key == after:
            views |= changed
    told = {key: {name: value for name, value in one.items() if value is not None} for key, one in views.items()}
    apps.apply(session, {**document, "tables": {**document["tables"], table.key: {**of, "views": told}}})


@dataclass(frozen=True)
class Stack:
    """One stack of a kanban: the value that its cards share, how it reads, how many there are, their sum."""

    value: Any
    label: Label
    color: str
    count: int
    total: Any
    records: list[records.Record]
    more: bool


def stacks(session: Session, table: Table, view: View, query: Query) -> list[Stack]:
    """The stacks of a kanban view in the order of the field's values; cards of each up to `STACK_SIZE`."""
    by = table.fields[view.options["by"]]
    total = view.options.get("sum")
    wanted = [("sum", total)] if total else []
    counted = {group.values[0]: group for group in totals.groups(session, query, [by.key], wanted)}
    found = []
    offers = door.may(session.principal, "choose", table)
    for value, label, color in _values(session, by, counted, offers)[:MAX_STACKS]:
        group = counted.get(value, Group((value,), 0))
        cards: list[records.Record] = []
        if group.count:
            page = records.find(session, replace(query, where=[*query.where, is_value(by, value)], limit=STACK_SIZE))
            cards = page.records
        sum_ = group.totals[0] if group.totals else None
        found.append(Stack(value, label, color, group.count, sum_, cards, group.count > len(cards)))
    return found


def is_value(field: Field, value: Any) -> Condition:
    """The condition that a field has one value, or none."""
    if field.kind.holds == "boolean":
        return {"field": field.key, "op": "is", "value": bool(value)}
    if value is None:
        return {"field": field.key, "op": "is_empty"}
    return {"field": field.key, "op": "is", "value": value}


def _values(session: Session, by: Field, counted: dict[Any, Group], offers: bool) -> list[tuple[Any, Label, str]]:
    """Every value that a stack is made for, in order; empty last and only if it has records.

    Of people, departments and records only those that are there, unless the asker is offered all to choose from.
    """
    values: list[tuple[Any, Label, str]] = []
    called: Mapping[str, str] = {}  # also those who left and what was removed
    if by.choices:
        values = [(key, one["label"], one.get("color", "gray")) for key, one in by.choices.items()]
    elif by.kind.of_any_table:  # its tables have no order among them
        titles = queries.titles_in(session, by.targets, list(filter(None, counted)))
        ordered = sorted(titles.items(), key=lambda one: (one[1].casefold(), one[0]))
        values = [(record_id, title, "gray") for record_id, title in ordered]
    elif by.is_link:
        target = session.layout.table(by.target or "")
        first = next(iter(target.views.values()))
        sort = target.stands_by if target.order in target.fields else first.sort
        order = queries.ids_of(session, Query(target.address, sort=sort)) if offers else list(filter(None, counted))
        names = queries.titles(session, target.address, order[:MAX_STACKS])
        values = [(record_id, names[record_id], "gray") for record_id in order[:MAX_STACKS]]
    elif by.kind.names in named.KINDS:
        called = named.names(session, by.kind.names)
        there = named.offered(session, [by.kind.names])[by.kind.names] if offers else filter(None, counted)
        values = [(one, called.get(one, str(one)), "gray") for one in there]
    elif by.kind.holds == "boolean":
        values = [(False, _("Not ticked"), "gray"), (True, _("Ticked"), "green")]
    known = {value for value, _label, _color in values}
    unknown = [value for value in counted if value is not None and value not in known]
    others = [(value, called.get(value, str(value)), "gray") for value in unknown]
    empty: list[tuple[Any, Label, str]] = [(None, _("No {field}", field=by.label), "gray")] if None in counted else []
    return [*values, *others, *empty]
