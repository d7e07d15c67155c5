"""From a base that was fetched to an app: the definition that it becomes, field by field, and what cannot come."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.bases import kinds
from engine.bases.answers import Field, Table, View
from engine.bases.facts import At, Facts
from engine.bases.fetched import Fetched
from engine.bases.ways import Keys, Way, fits, reading_of, ways
from engine.definitions.language import RESERVED_APPS, RESERVED_KEYS
from engine.errors import Problem, Refused
from engine.importers import key_for
from engine.text import Text, _

THERE = "original_id"  # the field that keeps a record's id over there, by which it is found again
THERE_LABEL = {"en": "Original ID", "zh": "原编号"}
ALL_LABEL = {"en": "All", "zh": "全部"}
ROUNDS = 60  # of looking what the definition's check says

_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_PLACE = re.compile(r"/tables/([a-z0-9_]+)/(fields|views)/([a-z0-9_]+)")
_DRAWN = {"grid": "grid", "kanban": "kanban", "calendar": "calendar"}
Check = Callable[[dict[str, Any]], Sequence[Problem]]


@dataclass
class Coming:
    """A field on its way: what it is there, its key here, and the ways left to it, of which the first counts."""

    of: Field
    key: str
    ways: list[Way]
    side_of: At | None = None  # the link whose other side it is

    @property
    def way(self) -> Way:
        """How it comes."""
        return self.ways[0]


@dataclass
class Part:
    """A table on its way."""

    of: Table
    key: str
    there: str  # the key of the field that keeps ids of the other side
    fields: list[Coming] = field(default_factory=list)
    views: dict[str, Any] = field(default_factory=dict)
    left: list[Text] = field(default_factory=list)  # what of it does not come


@dataclass
class Plan:
    """All of it. `document` is the definition of the app."""

    parts: list[Part]
    document: dict[str, Any]


def plan(fetched: Fetched, facts: Facts, base: str, name: str, taken: Collection[str], check: Check) -> Plan:
    """What the base with this id becomes: an app with a key that is not `taken`.

    `check` gives what is wrong with a definition.
    Raises `Refused` when the definition stays wrong whatever is left out.
    """
    tables = fetched.tables
    keys = _keys(tables)
    parts = [Part(one, keys.tables[one.id], _there(keys.fields[one.id].values())) for one in tables]
    sides = _sides(tables)
    for number, part in enumerate(parts):
        part.fields = [_coming(one, number, part, keys, facts, sides, tables) for one in part.of.fields]
        part.views = dict(_views(part))
    app = _key(base, name, {*taken, *RESERVED_APPS}, "app_1", "app_")
    judged: dict[tuple[At, int], bool] = {}
    for _round in range(ROUNDS):
        _make_fit(fetched, parts, judged)
        document = _document(parts, app, name)
        wrong = [one for one in check(document) if one.is_error]
        if not wrong:
            return Plan(parts, document)
        if not _give_way(parts, wrong):
            raise Refused(wrong)
    raise Refused(wrong)


def _coming(
    of: Field,
    number: int,
    part: Part,
    keys: Keys,
    facts: Facts,
    sides: Mapping[At, At],
    tables: Sequence[Table],
) -> Coming:
    at, key = (number, of.id), keys.fields[part.of.id][of.id]
    if at in sides:
        says = _("The other side of a link.")
        return Coming(of, key, [Way("side", {"type": "link"}, says), Way("not")], side_of=sides[at])
    mine = next((one for one, link in sides.items() if link == at), None)
    side = None
    if mine is not None:
        other = tables[mine[0]]
        label = next(one.name for one in other.fields if one.id == mine[1])
        side = {"key": keys.fields[other.id][mine[1]], "label": label}
    return Coming(of, key, list(ways(of, part.of.id, at, keys, facts, side)))


def _make_fit(fetched: Fetched, parts: Sequence[Part], judged: dict[tuple[At, int], bool]) -> None:
    """Where values would not fit, the next way counts; looked at again until all do."""
    while True:
        asked: dict[At, tuple[Coming, Any]] = {}
        for number, part in enumerate(parts):
            for one in part.fields:
                at = (number, one.of.id)
                if one.way.how in ("as_it_is", "frozen", "words") and (at, len(one.ways)) not in judged:
                    asked[at] = one, reading_of(one.way.definition or {})
        if not asked:
            return
        wrong = {at for number in {at[0] for at in asked} for at in _unfit(fetched, number, asked)}
        for at, (one, _reading) in asked.items():
            judged[at, len(one.ways)] = at not in wrong
            if at in wrong and len(one.ways) > 2:  # what even a long text does not hold is told line by line
                del one.ways[0]


def _unfit(fetched: Fetched, number: int, asked: Mapping[At, tuple[Coming, Any]]) -> set[At]:
    here = {at[1]: found for at, found in asked.items() if at[0] == number}
    wrong: set[At] = set()
    for record in fetched.records(number):
        for key in here.keys() & record.cells.keys():
            one, reading = here[key]
            if (number, key) not in wrong and not fits(
                one.way.definition or {}, reading, one.way.cell(record.cells[key])
            ):
                wrong.add((number, key))
    return wrong


def _give_way(parts: Sequence[Part], wrong: Sequence[Problem]) -> bool:
    """Let what is refused come in the next way, or not at all; whether anything was done."""
    done: set[tuple[str, str, str]] = set()
    by_key = {part.key: part for part in parts}
    for problem in wrong:
        place = _PLACE.match(problem.at)
        if place is None or place.groups() in done or place[1] not in by_key:
            continue
        part = by_key[place[1]]
        if place[2] == "views" and place[3] in part.views:
            part.left.append(_("The view {view} does not come.", view=part.views.pop(place[3])["label"]))
            done.add(place.groups())  # type: ignore[arg-type]
            continue
        found = next((one for one in part.fields if one.key == place[3] and len(one.ways) > 1), None)
        if found is not None:
            del found.ways[0]
            done.add(place.groups())  # type: ignore[arg-type]
            if found.way.how == "not":
                _leave_out_sides(parts)
    return bool(done)


def _leave_out_sides(parts: Sequence[Part]) -> None:
    """The other side of a link that does not come does not come either."""
    for part in parts:
        for one in part.fields:
            if one.side_of is not None and one.way.how == "side":
                link = next(two for two in parts[one.side_of[0]].fields if two.of.id == one.side_of[1])
                if "inverse" not in (link.way.definition or {}):
                    del one.ways[0]


def _document(parts: Sequence[Part], app: str, name: str) -> dict[str, Any]:
    _leave_out_sides(parts)
    tables: dict[str, Any] = {}
    for part in parts:
        fields: dict[str, Any] = {}
        for one in part.fields:
            if one.way.definition is None or one.way.how in ("side", "kept", "not"):
                continue
            fields[one.key] = {**one.way.definition, "label": one.of.name}
            if one.of.description:
                fields[one.key]["help"] = one.of.description
        title = next((one.key for one in part.fields if one.of.id == part.of.primary and one.key in fields), None)
        fields[part.there] = {"type": "text", "label": THERE_LABEL, "unique": True}
        tables[part.key] = {
            "label": part.of.name,
            "title": title or next(iter(fields)),
            "fields": fields,
            "views": {key: _trimmed(view, part) for key, view in part.views.items()},
        }
        if part.of.description:
            tables[part.key]["description"] = part.of.description
    return {"formwork": 1, "key": app, "label": name, "version": "1.0.0", "tables": tables}


def _trimmed(view: Mapping[str, Any], part: Part) -> dict[str, Any]:
    """A view without the fields that do not come."""
    here = list(dict.fromkeys(one.key for one in part.fields if one.way.how != "not"))
    shown = list(dict.fromkeys(key for key in view.get("fields", here) if key in here))
    return {**view, "fields": shown or here or [part.there]}


def _keys(tables: Sequence[Table]) -> Keys:
    by_table: dict[str, str] = {}
    by_field: dict[str, dict[str, str]] = {}
    for table in tables:
        by_table[table.id] = _key(table.id, table.name, by_table.values(), f"table_{len(by_table) + 1}", "table_")
        fields: dict[str, str] = {}
        for one in table.fields:
            if one.type in kinds.SYSTEM:
                fields[one.id] = kinds.SYSTEM[one.type]
            else:
                fields[one.id] = _key(one.id, one.name, fields.values(), f"field_{len(fields) + 1}", "field_")
        by_field[table.id] = fields
    return Keys(by_table, by_field)


def _key(there: str, name: str, taken: Collection[str], otherwise: str, prefix: str) -> str:
    """An id that is a key stays one: so an app of ours comes back as it was."""
    if _KEY.fullmatch(there) and there not in RESERVED_KEYS and there not in taken:
        return there
    return key_for(name, taken, RESERVED_KEYS, otherwise, prefix=prefix)


def _there(taken: Collection[str]) -> str:
    return key_for(THERE, taken, (), THERE)


def _sides(tables: Sequence[Table]) -> dict[At, At]:
    """The fields that are the other side of a link, by the link. Of two that lead to each other one is the link:
    rather one that leads to a single record, since the other side leads to many.
    """
    numbers = {one.id: number for number, one in enumerate(tables)}
    links = {(n, one.id): one for n, table in enumerate(tables) for one in table.fields if one.type == kinds.LINK}
    found: dict[At, At] = {}
    for at, one in links.items():
        to, other = one.options.get("linkedTableId"), one.options.get("inverseLinkFieldId")
        back = (numbers.get(to, -1) if isinstance(to, str) else -1, str(other))
        if back not in links or back == at or {at, back} & (found.keys() | set(found.values())):
            continue
        if links[back].options.get("linkedTableId") != tables[at[0]].id:
            continue
        link, side = sorted((at, back), key=lambda place: _rank(links[place]))
        found[side] = link
    return found


def _rank(link: Field) -> tuple[bool, bool]:
    return not link.options.get("prefersSingleRecordLink"), bool(link.options.get("isReversed"))


def _views(part: Part) -> Iterator[tuple[str, dict[str, Any]]]:
    keys: set[str] = set()
    by_id = {one.of.id: one.key for one in part.fields}
    for view in part.of.views:
        made = _view(view, part, by_id)
        if made is None:
            says = _("The view {view} does not come: the API does not tell how it is set.", view=view.name)
            part.left.append(says)
            continue
        key = key_for(view.name, keys, RESERVED_KEYS, f"view_{len(keys) + 1}", prefix="view_")
        keys.add(key)
        yield key, {**made, "label": view.name}
    if not keys:
        yield "all", {"type": "grid", "label": ALL_LABEL}


def _view(view: View, part: Part, by_id: Mapping[str, str]) -> dict[str, Any] | None:
    kind = _DRAWN.get(view.type)
    shown = {"fields": [by_id[one] for one in view.fields if one in by_id]} if view.fields else {}
    if kind == "grid":
        return {"type": kind, **shown}
    wanted = {"kanban": ("select",), "calendar": ("date", "date_time")}.get(kind or "", ())
    by = next((one.key for one in part.fields if (one.way.definition or {}).get("type") in wanted), None)
    if kind is None or by is None:
        return None
    return {"type": kind, ("by" if kind == "kanban" else "date"): by, **shown}
