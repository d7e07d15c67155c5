"""Records as cards in stacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine import named, queries, records, views
from engine.definitions.language import Field
from engine.errors import NotFound
from engine.queries import MAX_SORTS
from engine.storage.record_rows import Values
from engine.text import Label, _
from engine.views import STACK_SIZE
from web.fields import Shown, shown_field
from web.names import names_of
from web.views import Drawing, Looking

MAX_NEIGHBOURS = 1_000  # cards among which the one before and the one after are looked for
VALUE = "{value}"  # in an address: where a stack's value belongs


class Kanban(Drawing):
    """The board."""

    def content(self, at: Looking) -> dict[str, Any]:
        by = by_of(at)
        fields = card_fields(at)
        query = replace(at.query, fields=[one.key for one in fields])
        stacks = views.stacks(at.session, at.table, at.view, query)
        cards = [card.values for stack in stacks for card in stack.records]
        total = at.view.options.get("sum")
        return {
            **_board(at, fields),
            "stacks": stacks,
            "sum": shown_field(at.session.layout, at.table.fields[total]) if total else None,
            "names": names_of(at.session, at.place.at, at.table, query.fields or (), cards),
            "total": sum(stack.count for stack in stacks),
            "more": _more(at, VALUE, STACK_SIZE),
            "new": f"{at.place.at.new_record(at.table.app, at.table.key)}?{by.key}={VALUE}",
        }

    def moved(self, at: Looking, record: str, given: Mapping[str, str]) -> tuple[Values, str]:
        by = by_of(at)
        value = value_of(by, given.get(by.key, ""))
        return {by.key: value}, _("Moved to {stack}.", stack=stack_name(at, value))

    def neighbours(self, at: Looking, record: str) -> tuple[str, str]:
        sort = [at.view.options["by"], *at.query.sort][:MAX_SORTS]
        found = records.find(at.session, replace(at.query, sort=sort, fields=(), limit=MAX_NEIGHBOURS)).records
        ids = [one.id for one in found]
        if record not in ids:
            return "", ""
        place = ids.index(record)
        before, _this, after = ["", *ids, ""][place : place + 3]
        return at.address(record=before) if before else "", at.address(record=after) if after else ""


def by_of(at: Looking) -> Field:
    """The field whose value the cards of a stack share. Raises `NotFound` for a view without stacks."""
    if "by" not in at.view.options:
        raise NotFound(_("This view has no stacks."))
    return at.table.fields[at.view.options["by"]]


def value_of(by: Field, typed: str) -> Any:
    """The value of a stack as an address or a form holds it."""
    if by.kind.holds == "boolean":
        return typed == "True"
    return typed or None


def stack_name(at: Looking, value: Any) -> Label:
    """What a stack is called."""
    by = by_of(at)
    if value is None:
        return _("No {field}", field=by.label)
    if by.target:
        return queries.titles(at.session, by.target, [value]).get(value, str(value))
    if by.kind.names in named.KINDS:
        return named.names(at.session, by.kind.names).get(value, str(value))
    if by.kind.holds == "boolean":
        return _("Ticked") if value else _("Not ticked")
    label: Label = by.options.get("choices", {}).get(value, {}).get("label", str(value))
    return label


def card_fields(at: Looking) -> list[Shown]:
    """What a card shows: the title, then what the view or the reader chose, else the first few."""
    chosen = at.view.options.get("fields") or at.asked.fields
    fields = at.fields if chosen else at.fields[:5]
    return [shown_field(at.session.layout, one) for one in fields if one.key != by_of(at).key]


def more_cards(at: Looking, typed: str, start: int) -> dict[str, Any]:
    """The next cards of a stack (`value_of`), from card number `start` on, counted from 0."""
    fields = card_fields(at)
    where = [*at.query.where, views.is_value(by_of(at), value_of(by_of(at), typed))]
    query = replace(at.query, where=where, fields=[one.key for one in fields], limit=STACK_SIZE, offset=start)
    page = records.find(at.session, query)
    cards = [one.values for one in page.records]
    return {
        **_board(at, fields),
        "cards": page.records,
        "names": names_of(at.session, at.place.at, at.table, query.fields or (), cards),
        "more": _more(at, typed, start + STACK_SIZE) if page.next else "",
    }


def _more(at: Looking, value: str, start: int) -> str:
    return f"{at.here}/stacks{at.asked.query(stack=value, start=str(start))}"


def _board(at: Looking, fields: list[Shown]) -> dict[str, Any]:
    by = by_of(at)
    return {
        "card_fields": fields,
        "by": shown_field(at.session.layout, by),
        "movable": by.writable and at.may_write,
    }
