"""What a reader asks of a view on top of what it shows: filters, sort, search, groups, page. All of it is the address.

`?stage__is=won&amount__at_least=1000&sort=-amount&q=acme&page=2` can be read, kept and sent. Tests of a group carry its
number, `1~match=any&1~stage__is=won&1~2~...`, and with `1~of=has:contacts` they are asked of those linked records. The
forms of the tool bar send longer parameters, which `read_form` turns into that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from engine.days import PERIODS, RELATIVE_DAYS
from engine.definitions.conditions import MAX_NESTING
from engine.filters.date import COUNTED
from engine.view_types.calendar import SPANS
from web.whole_numbers import number_in

NONE = "-"  # instead of groups or totals
IN = "~"  # between a group of tests and what is in it
OF = "of"  # which linked records a group is about
NO_LINK = ":"  # it is yet to be said which
HEIGHTS = ("short", "medium", "tall")
YEARS = range(1900, 2200)  # that a calendar shows


@dataclass(frozen=True)
class Test:
    """One filter as it stands in the address: `stage__is_any_of=won&stage__is_any_of=lost`."""

    __test__ = False  # no test of pytest's

    field: str
    op: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tests:
    """Tests and groups of them that all hold, or (`any`) one of which does.

    `of` says that they are about linked records, such as `has:contacts`: an operator and a link.
    """

    __test__ = False  # no test of pytest's

    any: bool = False
    tests: tuple[Test, ...] = ()
    groups: tuple[Tests, ...] = ()
    of: str = ""

    def __bool__(self) -> bool:
        return bool(self.tests or self.groups)

    def with_group(self, path: str, of: str = "") -> Tests:
        """The same with an empty group more, in the group at `path` (`1~2~`; empty: at the top)."""
        number, _in, rest = path.partition(IN)
        if not number:
            return replace(self, groups=(*self.groups, Tests(any=not (self.any or of), of=of)))
        at = int(number) - 1
        inner = (one.with_group(rest, of) if place == at else one for place, one in enumerate(self.groups))
        return replace(self, groups=tuple(inner))

    def pairs(self, path: str = "") -> Iterator[tuple[str, str]]:
        """As parameters of an address; `path` is where the group stands."""
        if self.of:
            yield f"{path}{OF}", self.of
        for one in self.tests:
            yield from ((f"{path}{one.field}__{one.op}", value) for value in one.values or ("",))
        if path or self.any:
            yield f"{path}match", "any" if self.any else "all"
        for number, group in enumerate(self.groups, 1):
            yield from group.pairs(f"{path}{number}{IN}")


@dataclass(frozen=True)
class Asked:
    """What is empty the view decides; `group` and `totals` are `-` for none at all."""

    tests: Tests = Tests()
    sort: tuple[str, ...] = ()
    search: str = ""
    group: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()  # `amount:sum`
    fields: tuple[str, ...] = ()
    height: str = ""
    day: str = ""  # around which a calendar shows, and how far
    span: str = ""
    page: int = 1

    def but(self, **changes: Any) -> Asked:
        """The same with some of it different; from the first page on unless said otherwise."""
        return replace(self, **{"page": 1, **changes})

    def query(self, **more: str) -> str:
        """As the end of an address: `?sort=-amount`, empty when nothing is asked. `more` adds other parameters."""
        pairs = [*self._pairs(), *((name, value) for name, value in more.items() if value)]
        return "?" + urlencode(pairs, safe=",:-{}~") if pairs else ""

    def kept(self, *but: str) -> dict[str, list[str]]:
        """The parameters that a form takes along: all, except those (`tests`, `sort`, `q` ...) that it sets itself."""
        kept: dict[str, list[str]] = {}
        for name, value in self._pairs():
            if name not in but and not ("tests" in but and is_of_tests(name)) and name != "page":
                kept.setdefault(name, []).append(value)
        return kept

    def _pairs(self) -> list[tuple[str, str]]:
        others = {
            "sort": ",".join(self.sort),
            "group": ",".join(self.group),
            "totals": ",".join(self.totals),
            "fields": ",".join(self.fields),
            "height": self.height,
            "day": self.day,
            "span": self.span,
            "q": self.search,
            "page": str(self.page) if self.page > 1 else "",
        }
        return [*self.tests.pairs(), *((name, value) for name, value in others.items() if value)]


def read(params: QueryParams) -> Asked:
    """What an address asks. What makes no sense is told with the filters, not here."""
    page = number_in(params.get("page", ""))
    height = params.get("height", "")
    return Asked(
        tests=_read_tests([(name, value) for name, value in params.multi_items() if is_of_tests(name)]),
        sort=_list(params.get("sort", "")),
        search=params.get("q", "")[:200],
        group=_list(params.get("group", "")),
        totals=_list(params.get("totals", "")),
        fields=_list(params.get("fields", "")),
        height=height if height in HEIGHTS else "",
        day=_day(params.get("day", "")),
        span=span if (span := params.get("span", "")) in SPANS else "",
        page=page if page and page < 1_000_000 else 1,
    )


def is_form(params: QueryParams) -> bool:
    """Whether a form of the tool bar was sent, whose parameters have a shorter form."""
    sent = ("direction", "shown", "group_in", "linked_in", "grouped", "total")
    return any(name.endswith(".where") or name in sent for name in params) or params.get("q") == ""


def read_form(params: QueryParams) -> Asked:
    """What a form of the tool bar asks, together with what it took along from the address."""
    kept = read(params)
    names = list(params)
    if any(name.endswith(".where") for name in names):
        kept = kept.but(tests=_tests_in_form(params))
    if "direction" in names:
        pairs = zip(params.getlist("sort"), params.getlist("direction"), strict=False)
        ways = [f"-{field}" if way == "desc" else field for field, way in pairs if field]
        kept = kept.but(sort=tuple(dict.fromkeys(ways)))
    if "shown" in names:
        kept = kept.but(fields=tuple(params.getlist("shown"))[1:])
    if "grouped" in names:
        kept = kept.but(group=tuple(one for one in params.getlist("grouped") if one) or (NONE,))
    if "total" in names:
        kept = kept.but(totals=tuple(one for one in params.getlist("total") if one) or (NONE,))
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


def is_of_tests(name: str) -> bool:
    """Whether a parameter of an address belongs to its filters."""
    return "__" in name or name == "match" or name.endswith((f"{IN}match", f"{IN}{OF}"))


def _tests_in_form(params: QueryParams) -> Tests:
    """Lines are `<group>~<number>.where` and so on, groups have `<group>~match` and `<group>~of`."""
    pairs: list[tuple[str, str]] = []
    for name, value in params.multi_items():
        path, _in, last = name.rpartition(IN)
        number, _dot, what = last.rpartition(".")
        if last == "match" or (path and last == OF):
            pairs.append((name, value))
        elif what == "where":
            test = test_in_form(params, f"{path}{IN}{number}" if path else number)
            written = f"{path}{IN}{test.field}__{test.op}" if path else f"{test.field}__{test.op}"
            pairs += [(written, one) for one in test.values or ("",)] if test.field else []
    tests = _read_tests(pairs)
    if "linked_in" in params:
        return tests.with_group(_renumbered(params["linked_in"], pairs), NO_LINK)
    return tests.with_group(_renumbered(params["group_in"], pairs)) if "group_in" in params else tests


def _read_tests(pairs: Sequence[tuple[str, str]], level: int = 1) -> Tests:
    """The tests of parameters whose group has been taken off their names."""
    own: dict[str, list[str]] = {}
    groups: dict[str, list[tuple[str, str]]] = {}
    join = of = ""
    for name, value in pairs:
        number, inside, rest = name.partition(IN)
        if inside:
            groups.setdefault(number, []).append((rest, value))
        elif name == "match":
            join = value
        elif name == OF:
            of = value
        else:
            own.setdefault(name, []).append(value)
    inner = tuple(_read_tests(some, level + 1) for some in groups.values()) if level < MAX_NESTING else ()
    return Tests(join == "any", tuple(_test(name, values) for name, values in own.items()), inner, of)


def _renumbered(path: str, pairs: Sequence[tuple[str, str]]) -> str:
    """The path of a group of the form by the places that `_read_tests` gives to groups."""
    number, _in, rest = path.partition(IN)
    if not number:
        return ""
    names = list(dict.fromkeys(name.partition(IN)[0] for name, _value in pairs if IN in name))
    if number not in names:
        return ""
    inner = [(name.partition(IN)[2], value) for name, value in pairs if name.partition(IN)[0] == number and IN in name]
    return f"{names.index(number) + 1}{IN}{_renumbered(rest, inner)}"


def _test(name: str, values: list[str]) -> Test:
    field, _two, op = name.rpartition("__")
    return Test(field, op, tuple(value for value in values if value))


def _day(text: str) -> str:
    try:
        return text if date.fromisoformat(text).year in YEARS and len(text) == 10 else ""
    except ValueError:
        return ""


def _list(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in text.split(",") if one))
