"""What a reader asks of a view on top of what it shows: filters, sort, search, groups, page. All of it is the address.

`?stage__is=won&amount__at_least=1000&sort=-amount&q=acme&page=2` can be read, kept and sent. The forms of the tool bar
send longer parameters, which `read_form` turns into that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from engine.days import PERIODS, RELATIVE_DAYS
from engine.filters.date import COUNTED

NOT_GROUPED = "-"
HEIGHTS = ("short", "medium", "tall")


@dataclass(frozen=True)
class Test:
    """One filter as it stands in the address: `stage__is_any_of=won&stage__is_any_of=lost`."""

    __test__ = False  # no test of pytest's

    field: str
    op: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asked:
    """`group` and `height` are empty where the view decides; `group` is `-` for no groups at all."""

    tests: tuple[Test, ...] = ()
    any: bool = False
    sort: tuple[str, ...] = ()
    search: str = ""
    group: str = ""
    fields: tuple[str, ...] = ()
    height: str = ""
    page: int = 1

    def but(self, **changes: Any) -> Asked:
        """The same with some of it different; from the first page on unless said otherwise."""
        return replace(self, **{"page": 1, **changes})

    def query(self, **more: str) -> str:
        """As the end of an address: `?sort=-amount`, empty when nothing is asked. `more` adds other parameters."""
        pairs = [*self._pairs(), *((name, value) for name, value in more.items() if value)]
        return f"?{urlencode(pairs, safe=',:-{}')}" if pairs else ""

    def kept(self, *but: str) -> dict[str, list[str]]:
        """The parameters that a form takes along: all, except those (`tests`, `sort`, `q` ...) that it sets itself."""
        kept: dict[str, list[str]] = {}
        for name, value in self._pairs():
            if name not in but and not ("tests" in but and ("__" in name or name == "match")) and name != "page":
                kept.setdefault(name, []).append(value)
        return kept

    def _pairs(self) -> list[tuple[str, str]]:
        tests = [(f"{one.field}__{one.op}", value) for one in self.tests for value in one.values or ("",)]
        others = {
            "match": "any" if self.any else "",
            "sort": ",".join(self.sort),
            "group": self.group,
            "fields": ",".join(self.fields),
            "height": self.height,
            "q": self.search,
            "page": str(self.page) if self.page > 1 else "",
        }
        return [*tests, *((name, value) for name, value in others.items() if value)]


def read(params: QueryParams) -> Asked:
    """What an address asks. What makes no sense is told with the filters, not here."""
    tests: dict[str, list[str]] = {}
    for name, value in params.multi_items():
        if "__" in name:
            tests.setdefault(name, []).append(value)
    page = params.get("page", "")
    height = params.get("height", "")
    return Asked(
        tests=tuple(_test(name, values) for name, values in tests.items()),
        any=params.get("match") == "any",
        sort=_list(params.get("sort", "")),
        search=params.get("q", "")[:200],
        group=params.get("group", ""),
        fields=_list(params.get("fields", "")),
        height=height if height in HEIGHTS else "",
        page=int(page) if page.isdecimal() and 0 < int(page) < 1_000_000 else 1,
    )


def is_form(params: QueryParams) -> bool:
    """Whether a form of the tool bar was sent, whose parameters have a shorter form."""
    return any(name.endswith(".where") or name in ("direction", "shown") for name in params) or params.get("q") == ""


def read_form(params: QueryParams) -> Asked:
    """What a form of the tool bar asks, together with what it took along from the address."""
    kept = read(params)
    names = list(params)
    if any(name.endswith(".where") for name in names):
        kept = kept.but(tests=tuple(_tests_in_form(params)))
    if "direction" in names:
        pairs = zip(params.getlist("sort"), params.getlist("direction"), strict=False)
        ways = [f"-{field}" if way == "desc" else field for field, way in pairs if field]
        kept = kept.but(sort=tuple(dict.fromkeys(ways)))
    if "shown" in names:
        kept = kept.but(fields=tuple(params.getlist("shown"))[1:])
    return kept.but()


def test_in_form(params: QueryParams, number: str) -> Test:
    """One line of the filter form, whose parameters are `<number>.where`, `.op`, `.value` and `.unit`."""
    values = [value for value in params.getlist(f"{number}.value") if value]
    unit = params.get(f"{number}.unit", "")
    if unit in RELATIVE_DAYS or unit in PERIODS:
        values = [unit]
    elif unit:
        values = [f"{unit}{COUNTED}{values[0] if values else ''}"]
    return Test(params.get(f"{number}.where", ""), params.get(f"{number}.op", ""), tuple(values))


def _tests_in_form(params: QueryParams) -> Iterable[Test]:
    for name in params:
        number, _dot, what = name.rpartition(".")
        test = test_in_form(params, number)
        if what == "where" and test.field:
            yield test


def _test(name: str, values: list[str]) -> Test:
    field, _two, op = name.rpartition("__")
    return Test(field, op, tuple(value for value in values if value))


def _list(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in text.split(",") if one))
