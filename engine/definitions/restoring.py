"""Putting removed parts of a document back, with the places that were taken away for their sake."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.definitions.language import Document

Pointer = tuple[str, ...]  # ("tables", "deals") or ("tables", "deals", "fields", "amount")


def put_back(before: Document, after: Document, now: Document, wanted: Collection[Pointer]) -> dict[str, Any]:
    """`now` with the tables and fields at `wanted`, which `before` has and `after` has not.

    What else the step from `before` to `after` removed (a view's column, a rule, an automation) comes back with them,
    but for other tables and fields and what names them. What was changed since stays as it is.
    """
    removed = set(_parts(before)) - set(_parts(after))
    away = {one for one in removed if not any(one[: len(part)] == part or part[: len(one)] == one for part in wanted)}
    kept_back = frozenset(one[-1] for one in away) - {one[-1] for one in wanted}
    result: dict[str, Any] = _Step(frozenset(away), kept_back).merged(before, after, now, ())
    return result


def _parts(document: Document) -> Iterator[Pointer]:
    """Every table and field: what has a place of its own in the trash."""
    for table, one in document.get("tables", {}).items():
        yield "tables", table
        yield from (("tables", table, "fields", field) for field in one["fields"])


@dataclass(frozen=True)
class _Step:
    """What of a step stays away: tables and fields by their pointers, and by the `names` that others call them by."""

    away: frozenset[Pointer]
    names: frozenset[str]

    def merged(self, before: Any, after: Any, now: Any, at: Pointer) -> Any:
        if isinstance(before, Mapping) and isinstance(now, Mapping):
            return self._object(before, after if isinstance(after, Mapping) else {}, now, at)
        if isinstance(before, list) and isinstance(after, list) and isinstance(now, list):
            return self._list(before, after, now)
        return now

    def _object(self, before: Mapping[str, Any], after: Mapping[str, Any], now: Mapping[str, Any], at: Pointer) -> Any:
        gone = [key for key in before if key not in after and key not in now]
        returned = [key for key in gone if (*at, key) not in self.away and (len(at) < 4 or key not in self.names)]
        held = {
            key: self.merged(before[key], after[key], value, (*at, key)) if key in before and key in after else value
            for key, value in now.items()
        }
        keys = list(held)
        for key in returned:
            _insert_after(keys, key, list(before))
            held[key] = before[key]
        return {key: held[key] for key in keys}

    def _list(self, before: list[Any], after: list[Any], now: list[Any]) -> list[Any]:
        items = list(now)
        for item in before:
            if item not in after and item not in now and _named(item) not in self.names:
                _insert_after(items, item, before)
        return items


def _insert_after(items: list[Any], item: Any, order: list[Any]) -> None:
    """`item` stands after the last one of `items` that it stood behind in `order`."""
    earlier = [one for one in order[: order.index(item)] if one in items]
    items.insert(items.index(earlier[-1]) + 1 if earlier else 0, item)


def _named(item: Any) -> str:
    """The field that an item of a list is about: a column, a sort, a form's question."""
    field = item.get("field", "") if isinstance(item, Mapping) else item
    return str(field).removeprefix("-").partition(".")[0]
