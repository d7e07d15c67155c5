"""Records as lines: a page of them, their groups, the totals below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine import by_item, queries, records, totals
from engine.definitions.language import Field
from engine.formulas.aggregates import AGGREGATES
from engine.queries import Query
from engine.records import Record
from engine.storage.layout import Layout
from engine.text import Label, Text, _
from engine.view_types import EACH, grouped_field, keys_in
from engine.view_types.grid import MAX_GROUPED
from web.fields import Shown, shown_field
from web.names import Names, names_of
from web.views import PAGE_SIZE, Drawing, Looking

_COUNT = Shown("", "", "hash", "number", {"decimals": 0})
_SHARE = Shown("", "", "percentage", "percent", {"decimals": 0})


@dataclass(frozen=True)
class Total:
    """One total: its word, and its value with how to draw it; or of a distribution the `portions`."""

    says: Text
    shown: Shown
    value: Any
    portions: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Head:
    """The line above the records of a group: the field (`by`) and the value that they share, and their totals."""

    level: int
    by: Shown
    value: Any
    count: int
    totals: Mapping[str, Total]


@dataclass(frozen=True)
class By:
    """What lines are grouped by: a field, or each item of the list that it holds (`each:tags`)."""

    name: str
    field: Field

    @property
    def each(self) -> bool:
        """Whether a record stands in a group for each of its items."""
        return self.name.startswith(EACH)

    @property
    def label(self) -> Label:
        """What people call it."""
        return _("each of {field}", field=self.field.label) if self.each else self.field.label

    def held(self, value: Any) -> Any:
        """The value of a group as the field holds it."""
        return [value] if self.each and value is not None else value


@dataclass(frozen=True)
class Section:
    """Lines that share the values of the fields grouped by, below the heads of the groups that begin with them."""

    heads: Sequence[Head]
    records: list[Record]
    first: int


class Grid(Drawing):
    """The grid."""

    def content(self, at: Looking) -> dict[str, Any]:
        by = groups_of(at)
        query = replace(at.query, sort=_grouped_first(by, list(at.query.sort)))
        heads = _heads(at, by, query)
        # A record may stand in several groups of the innermost level, with a line in each.
        total = sum(one.count for one in heads[-1].values()) if by else queries.count(at.session, query)
        pages = max(1, -(-total // PAGE_SIZE))
        page = min(at.asked.page, pages)
        keys = list(dict.fromkeys([*(one.key for one in at.fields), *(one.field.key for one in by)]))
        first = (page - 1) * PAGE_SIZE
        standing = _standing(at, by, replace(query, fields=keys, limit=PAGE_SIZE, offset=first), heads)
        found = [one for _values, one in standing]
        below = totals_of(at)
        held = _held(
            [*below.items(), *(one for level in heads for head in level.values() for one in head.totals.items())]
        )
        return {
            "sections": list(_sections(by, standing, heads, first + 1)),
            "names": names_of(at.session, at.place.at, at.table, keys, [*(one.values for one in found), *held]),
            "totals": below,
            "total": total,
            "repeats": any(one.each for one in by),
            "first": min(first + 1, total),
            "last": first + len(found),
            "page": page,
            "pages": pages,
            "page_links": [
                (one, at.address(at.asked.but(page=one)) if one not in (0, page) else "")
                for one in _page_links(page, pages)
            ],
        }

    def neighbours(self, at: Looking, record: str) -> tuple[str, str]:
        by = groups_of(at)
        query = replace(at.query, sort=_grouped_first(by, list(at.query.sort)))
        # One more on either side, so that the way on from the page's first and last record is known too.
        first = max(0, (at.asked.page - 1) * PAGE_SIZE - 1)
        query = replace(query, fields=(), limit=PAGE_SIZE + 2, offset=first)
        heads = _heads(at, by, query) if any(one.each for one in by) else []
        found = [one.id for _values, one in _standing(at, by, query, heads)]
        if record not in found:
            return "", ""
        place = found.index(record)

        def address(number: int) -> str:
            if not 0 <= number < len(found):
                return ""
            page = (first + number) // PAGE_SIZE + 1
            return at.address(at.asked.but(page=page), record=found[number])

        return address(place - 1), address(place + 1)


def groups_of(at: Looking) -> list[By]:
    """What lines are grouped by, the outer first: the reader's choice, else the view's."""
    names = at.asked.group or keys_in(at.view.options.get("group"))
    fields = [(one, at.table.fields[grouped_field(one)]) for one in names if grouped_field(one) in at.table.fields]
    return [By(name, one) for name, one in fields if can_group(at.session.layout, name, one)][:MAX_GROUPED]


def can_group(layout: Layout, name: str, field: Field) -> bool:
    """Whether lines can be grouped by the field, or by each of its items where the name says so."""
    return field.has_items if name.startswith(EACH) else not shown_field(layout, field).many


def totals_wanted(at: Looking) -> dict[str, str]:
    """The totals, field to function, among the fields shown: the reader's choice, else the view's."""
    shown = {field.key for field in at.fields}
    chosen = dict(one.split(":", 1) for one in at.asked.totals if ":" in one)
    wanted: Mapping[str, str] = chosen if at.asked.totals else at.view.options.get("totals", {})
    return {
        key: function
        for key, function in wanted.items()
        if key in shown and totals.goes_with(at.session, at.table, key, function)
    }


def totals_of(at: Looking) -> dict[str, Total]:
    """The totals over all records that are shown, on whichever page."""
    wanted = _pairs(at)
    return _drawn(at, totals.totals(at.session, at.query, wanted)) if wanted else {}


def one_line(at: Looking, record: str, below: Mapping[str, Total]) -> tuple[Record, Names]:
    """A record for its line, with what is named in it and in the totals. Raises `NotFound`."""
    found = records.get(at.session, at.table.address, record)
    keys = [one.key for one in at.fields]
    return found, names_of(at.session, at.place.at, at.table, keys, [found.values, *_held(below.items())])


def _held(shown: Iterable[tuple[str, Total]]) -> list[dict[str, Any]]:
    """The values that distributions show, as if each stood in a record."""
    return [{key: one["value"]} for key, total in shown for one in total.portions]


def _pairs(at: Looking) -> list[tuple[str, str]]:
    return [(function, key) for key, function in totals_wanted(at).items()]


def _drawn(at: Looking, values: Sequence[Any]) -> dict[str, Total]:
    wanted = totals_wanted(at)
    return {
        key: _total(at, key, function, value) for (key, function), value in zip(wanted.items(), values, strict=True)
    }


def _total(at: Looking, key: str, function: str, value: Any) -> Total:
    aggregate = AGGREGATES[function]
    if aggregate.gives in {"count", "days"}:
        return Total(aggregate.label, _COUNT, value)
    if aggregate.gives == "share":
        return Total(aggregate.label, _SHARE, value)
    shown = shown_field(at.session.layout, at.table.fields[key])
    if aggregate.gives == "portions":
        return Total(aggregate.label, shown, value[0]["value"] if value else None, value)
    if aggregate.gives == "number" and shown.kind == "number":
        shown = replace(shown, options={**shown.options, "decimals": 1}, drawn={})
    return Total(aggregate.label, shown, value)


def _heads(at: Looking, by: list[By], query: Query) -> list[Mapping[Any, Head]]:
    """For each level the heads of its groups by their values; one statement a level."""
    found: list[Mapping[Any, Head]] = []
    for level, one in enumerate(by):
        groups = totals.groups(at.session, query, [each.name for each in by[: level + 1]], _pairs(at))
        shown = shown_field(at.session.layout, one.field)
        found.append(
            {
                _keys(group.values): Head(
                    level, shown, one.held(group.values[-1]), group.count, _drawn(at, group.totals)
                )
                for group in groups
            }
        )
    return found


def _standing(at: Looking, by: list[By], query: Query, heads: list[Mapping[Any, Head]]) -> list[by_item.Standing]:
    """The records of a page, each with the values of the groups that it stands in."""
    if not any(one.each for one in by):
        found = records.find(at.session, query).records
        return [(tuple(one.values.get(each.field.key) for each in by), one) for one in found]
    items = {
        one.name: by_item.in_order(at.session, one.field, sorted({keys[-1] for keys in heads[level]} - {None}))
        for level, one in enumerate(by)
        if one.each
    }
    return by_item.page(at.session, query, [one.name for one in by], items)


def _sections(
    by: list[By], standing: list[by_item.Standing], heads: list[Mapping[Any, Head]], first: int
) -> Iterator[Section]:
    keys = [_keys(values) for values, _one in standing]
    found = [one for _values, one in standing]
    start, before = 0, None
    for end in range(1, len(found) + 1):
        if end == len(found) or keys[end] != keys[start]:
            level = 0
            while before is not None and keys[start][: level + 1] == before[: level + 1]:
                level += 1
            begun = [heads[one][keys[start][: one + 1]] for one in range(level, len(by))]
            yield Section(begun, found[start:end], first + start)
            start, before = end, keys[start]


def _keys(values: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(_key(value) for value in values)


def _key(value: Any) -> Any:
    """Empty is one group, however it is empty."""
    return None if value == "" else str(value) if isinstance(value, (list, Mapping)) else value


def _grouped_first(by: list[By], sort: list[str]) -> list[str]:
    own = {one.removeprefix("-"): one for one in sort}
    keys = [one.name for one in by if not one.each]
    rest = [one for one in sort if one.removeprefix("-") not in keys]
    return [*(own.get(key, key) for key in keys), *rest][: queries.MAX_SORTS]


def _page_links(page: int, pages: int) -> list[int]:
    """The pages to offer: first, last, and those around this one; 0 stands for a gap."""
    near: Iterable[int] = sorted({1, pages, *range(max(1, page - 1), min(pages, page + 1) + 1)})
    links: list[int] = []
    for one in near:
        if links and one == links[-1] + 2:
            links.append(one - 1)
        elif links and one > links[-1] + 1:
            links.append(0)
        links.append(one)
    return links
