"""What a reader has changed in a view: as options that can be saved into it, and which those are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.definitions.language import Condition
from engine.text import Text, _
from engine.view_types import keys_in, view_types
from web.views import Looking, grid

# What is changed, as the tool bar names it; filters are counted there.
WORDS: dict[str, Text] = {
    "sort": _("order"),
    "group": _("groups"),
    "totals": _("totals"),
    "fields": _("fields"),
    "height": _("height of the lines"),
}


def changes_of(at: Looking) -> dict[str, Any]:
    """The options of the view that are otherwise now; None for one that it has no more."""
    offered = {"filter", "sort", *view_types[at.view.type].options}
    return {key: value for key, value in _changes(at) if key in offered}


def _changes(at: Looking) -> Iterator[tuple[str, Any]]:
    saved, asked = at.view.options, at.asked
    if at.filters.conditions:
        yield "filter", _both(at.view.filter, at.filters.conditions)
    by, below, shown = [one.name for one in grid.groups_of(at)], grid.totals_wanted(at), [one.key for one in at.fields]
    if asked.sort and at.sort != at.view.sort:
        yield "sort", at.sort
    if asked.group and by != keys_in(saved.get("group")):
        yield "group", by or None
    if asked.totals and below != saved.get("totals", {}):
        yield "totals", below or None
    if asked.fields and shown != [one.key for one in at.table.shown_in(at.view)]:
        yield "fields", shown
    if asked.height and asked.height != saved.get("height", "short"):
        yield "height", asked.height


def _both(own: Condition | None, more: list[Condition]) -> Condition:
    """All of the view's own conditions and the reader's."""
    held = [own] if own is not None else []
    whole = [part for one in (*held, *more) for part in _parts(one)]
    return whole[0] if len(whole) == 1 else {"all": whole}


def _parts(condition: Condition) -> list[Condition]:
    if not isinstance(condition, str) and set(condition) == {"all"}:
        return list(condition["all"])
    return [condition]
