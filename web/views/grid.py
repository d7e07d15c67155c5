"""Records as lines: a page of them, their groups, the totals below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine import queries, records
from engine.definitions.language import Field
from engine.queries import Group
from engine.records import Record
from engine.text import Text, _
from web.asked import NOT_GROUPED
from web.fields import Shown, shown_field
from web.names import Names, names_of
from web.views import PAGE_SIZE, Drawing, Looking

TOTALS: Mapping[str, Text] = {
    "sum": _("Sum"),
    "average": _("Average"),
    "min": _("Smallest"),
    "max": _("Largest"),
    "count": _("Count"),
    "empty": _("Empty"),
    "filled": _("Filled"),
    "unique": _("Different"),
}
_OF_THE_FIELD = frozenset({"sum", "average", "min", "max"})  # shown like the field's values; the others are counts
_COUNT = Shown("", "", "hash", "number", {"decimals": 0})


@dataclass(frozen=True)
class Total:
    """One total: its word, and its value with how to draw it."""

    says: Text
    shown: Shown
    value: Any


@dataclass(frozen=True)
class Section:
    """The lines that share a value of the field grouped by; without groups there is one section with `group` None."""

    group: Group | None
    totals: Mapping[str, Total]
    records: list[Record]
    first: int


class Grid(Drawing):
    """The grid."""

    def content(self, at: Looking) -> dict[str, Any]:
        by = group_of(at)
        query = at.query
        if by is not None:
            query = replace(query, sort=_grouped_first(by, list(query.sort)))
        total = queries.count(at.session, query)
        pages = max(1, -(-total // PAGE_SIZE))
        page = min(at.asked.page, pages)
        keys = list(dict.fromkeys([*(one.key for one in at.fields), *([by.key] if by else [])]))
        first = (page - 1) * PAGE_SIZE
        found = records.find(at.session, replace(query, fields=keys, limit=PAGE_SIZE, offset=first)).records
        wanted = totals_wanted(at)
        groups = {_key(one.value): one for one in queries.groups(at.session, query, by.key, wanted)} if by else {}
        return {
            "sections": list(_sections(at, by, found, groups, first + 1)),
            "group": shown_field(at.session.layout, by) if by else None,
            "names": names_of(at.session, at.place.at, at.table, keys, [one.values for one in found]),
            "totals": totals_of(at),
            "total": total,
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
        by = group_of(at)
        query = at.query if by is None else replace(at.query, sort=_grouped_first(by, list(at.query.sort)))
        # One more on either side, so that the way on from the page's first and last record is known too.
        first = max(0, (at.asked.page - 1) * PAGE_SIZE - 1)
        page = records.find(at.session, replace(query, fields=(), limit=PAGE_SIZE + 2, offset=first))
        found = [one.id for one in page.records]
        if record not in found:
            return "", ""
        place = found.index(record)

        def address(number: int) -> str:
            if not 0 <= number < len(found):
                return ""
            page = (first + number) // PAGE_SIZE + 1
            return at.address(at.asked.but(page=page), record=found[number])

        return address(place - 1), address(place + 1)


def group_of(at: Looking) -> Field | None:
    """The field that lines are grouped by: the reader's choice, else the view's."""
    key = at.asked.group or str(at.view.options.get("group", ""))
    field = at.table.fields.get(key)
    if key == NOT_GROUPED or field is None or shown_field(at.session.layout, field).many:
        return None
    return field


def totals_wanted(at: Looking) -> dict[str, str]:
    """The view's totals, field to function, among the fields shown."""
    shown = {field.key for field in at.fields if not field.many}
    return {key: function for key, function in at.view.options.get("totals", {}).items() if key in shown}


def totals_of(at: Looking) -> dict[str, Total]:
    """The totals over all records that are shown, on whichever page."""
    wanted = totals_wanted(at)
    return _drawn(at, queries.totals(at.session, at.query, wanted)) if wanted else {}


def one_line(at: Looking, record: str) -> tuple[Record, Names]:
    """A record for its line, with what is named in it. Raises `NotFound`."""
    found = records.get(at.session, at.table.address, record)
    keys = [one.key for one in at.fields]
    return found, names_of(at.session, at.place.at, at.table, keys, [found.values])


def _drawn(at: Looking, values: Mapping[str, Any]) -> dict[str, Total]:
    wanted = totals_wanted(at)
    return {key: _total(at, key, wanted[key], value) for key, value in values.items()}


def _total(at: Looking, key: str, function: str, value: Any) -> Total:
    shown = shown_field(at.session.layout, at.table.fields[key]) if function in _OF_THE_FIELD else _COUNT
    if function == "average" and shown.kind == "number":
        shown = replace(shown, options={**shown.options, "decimals": 1}, drawn={})
    return Total(TOTALS[function], shown, value)


def _sections(
    at: Looking, by: Field | None, found: list[Record], groups: Mapping[Any, Group], first: int
) -> Iterator[Section]:
    if by is None:
        yield Section(None, {}, found, first)
        return
    keys = [_key(one.values.get(by.key)) for one in found]
    start = 0
    for end in range(1, len(found) + 1):
        if end == len(found) or keys[end] != keys[start]:
            group = groups.get(keys[start]) or Group(found[start].values.get(by.key), end - start)
            yield Section(group, _drawn(at, group.totals), found[start:end], first + start)
            start = end


def _key(value: Any) -> Any:
    """Empty is one group, however it is empty."""
    return None if value == "" else str(value) if isinstance(value, (list, Mapping)) else value


def _grouped_first(by: Field, sort: list[str]) -> list[str]:
    own = [one for one in sort if one.removeprefix("-") == by.key]
    rest = [one for one in sort if one not in own]
    return [*(own or [by.key]), *rest][: queries.MAX_SORTS]


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
