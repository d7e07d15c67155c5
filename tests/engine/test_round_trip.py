"""What was taken along and is brought back is taken along again alike, to the last byte.

By names and labels, as people take it along, so what is named must be called by one name. Not carried by such a file:
files themselves (their names are), lines (they are records of another table), what is worked out, spaces around a text,
and, in a sheet, in which of the two hours that a clock shows twice a moment lay.
"""

from __future__ import annotations

import datetime
import io
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engine import departments, exports, imports, queries, records
from engine.access.principals import Principal
from engine.exporters import exporters
from engine.field_types import field_types
from engine.importers import importers
from engine.people import Person, mirror
from engine.queries import Query
from engine.storage.session import timestamp
from engine.storage.stores import Workspace
from engine.text import label_in
from tests.support.workspaces import OWNER_ID, install

NOT_CARRIED = {"attachment", "line_items", "snapshot"}
OTHER_ID = "usr00000000000002"
CHOICES = {"x": {"label": "X; 1"}, "y": {"label": "Y, 2"}, "z": {"label": {"en": '"Z"', "zh": "丙"}}}
FIRMS = ("Acme", "Bolt, Inc.", "=1+1", 'The "Best"', "铁")

_letters = st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp"), blacklist_characters="\u0085")
_odd = st.sampled_from(
    ["=1+1", "-5", "+x", "@a", "'", "'=x", "0012", "1,234", "1.234", "2026-01-02", "no", "a, b; c", '"']
)


def _told(text: str) -> str:
    return text.strip()


_texts = (st.text(_letters, max_size=20) | _odd).map(_told)
_long = st.lists(_texts, max_size=3).map("\n".join).map(_told)
_decimals = st.decimals(-99_999, 99_999, places=2).map(float)
_moments = st.integers(-631_152_000_000, 3_786_825_600_000).map(  # milliseconds: 1950 to 2090
    lambda one: timestamp(datetime.datetime.fromtimestamp(0, datetime.UTC) + datetime.timedelta(milliseconds=one))
)
_days = st.dates(datetime.date(1583, 1, 1), datetime.date(2999, 1, 1)).map(lambda one: one.isoformat())
_places = st.fixed_dictionaries({}, optional={"label": st.sampled_from(["Hof", "Haus 3, Tor"])}).flatmap(
    lambda one: st.just({**one, "lat": 60.17, "lng": -24.9384}) | st.just(one or {"label": "x"})
)
_json = st.recursive(
    st.booleans() | st.integers(-(10**9), 10**9) | st.text(_letters, max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(_letters, max_size=3), inner, max_size=3),
    max_leaves=4,
)  # fmt: skip


def _some(*of: Any) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(of), unique=True, max_size=3)


# By type: what its field's definition says beside that, and its values; in `Named` names stand for ids.
KINDS: Mapping[str, tuple[Mapping[str, Any], st.SearchStrategy[Any]]] = {
    "text": ({}, _texts),
    "long_text": ({}, _long),
    "rich_text": ({}, _long),
    "number": ({"decimals": 4}, st.integers(-(10**9), 10**9) | _decimals | st.just(0.0001)),
    "currency": ({"currency": "USD"}, _decimals),
    "percent": ({"decimals": 2}, st.integers(-5_000, 20_000).map(lambda one: one / 10_000)),
    "rating": ({}, st.integers(1, 5)),
    "progress": ({}, st.integers(0, 100).map(lambda one: one / 100)),
    "checkbox": ({}, st.booleans()),
    "date": ({}, _days),
    "date_time": ({"time_zone": "Asia/Shanghai"}, _moments),
    "time": ({}, st.times().map(lambda one: one.isoformat("seconds"))),
    "duration": ({}, st.integers(-(10**6), 10**6)),
    "select": ({"choices": CHOICES}, st.sampled_from([*CHOICES])),
    "multi_select": ({"choices": CHOICES}, _some(*CHOICES)),
    "status": ({"choices": CHOICES}, st.sampled_from([*CHOICES])),
    "email": ({}, st.sampled_from(["a@example.com", "b.c@example.com"])),
    "phone": ({}, st.sampled_from(["+49301234567", "030 1234567", "+12065559857 x12"])),
    "url": ({}, st.sampled_from(["https://example.com/a?b=c,d", "http://example.com"])),
    "barcode": ({}, st.sampled_from(["4006381333931", "0012", "A-1"])),
    "location": ({}, _places),
    "json": ({}, _json),
    "signature": ({}, st.sampled_from(["M1 2L3 4", "Ann Lee"])),
    "user": ({}, st.sampled_from([OWNER_ID, OTHER_ID])),
    "users": ({}, _some(OWNER_ID, OTHER_ID)),
    "department": ({}, st.sampled_from(["East", "West"])),
    "link": ({"to": "firms"}, st.sampled_from(FIRMS)),
    "any_link": ({"to": ["firms", "kinds"]}, st.sampled_from(["Acme", "Kind one"])),
    "parent": ({}, st.none()),
    "sequence": ({"number": "SO-{####}"}, st.none()),
    "autonumber": ({}, st.none()),
}  # fmt: skip
FIELDS: dict[str, Any] = {
    "code": {"type": "text", "unique": True},
    **{f"f_{name}": {"type": name, **options} for name, (options, _values) in KINDS.items()},
    "f_many": {"type": "link", "to": "firms", "many": True},
    "papers": {"type": "attachment"},
    "twice": {"type": "formula", "formula": "{f_number} * 2"},
}
TABLES: dict[str, Any] = {
    "firms": {"title": "name", "fields": {"name": {"type": "text"}}},
    "kinds": {"title": "name", "fields": {"name": {"type": "text"}}},
    "things": {"title": "code", "fields": FIELDS},
}
THINGS = "shop.things"
_records = st.lists(
    st.fixed_dictionaries(
        {}, optional={**{f"f_{name}": values for name, (_more, values) in KINDS.items()}, "f_many": _some(*FIRMS)}
    ),
    min_size=1,
    max_size=5,
)


class Place:
    def __init__(self, workspace: Workspace, owner: Principal) -> None:
        self.workspace, self.owner = workspace, owner
        install(workspace, owner, TABLES)
        with workspace.write(owner) as session:
            ada = Person(OWNER_ID, "Ada", "ada@example.com", "owner")
            mirror(session, [ada, Person(OTHER_ID, "Bo; Co", "bo@example.com", "member")])
            self.ids = {name: departments.create(session, name) for name in ("East", "West")}
            made = records.create(session, "shop.firms", [{"name": name} for name in FIRMS])
            self.ids |= dict(zip(FIRMS, made, strict=True))
            self.ids["Kind one"] = records.create(session, "shop.kinds", [{"name": "Kind one"}])[0]

    def fill(self, given: list[dict[str, Any]]) -> None:
        with self.workspace.write(self.owner) as session:
            records.delete(session, THINGS, queries.ids_of(session, Query(THINGS)))
            rows = [
                {"code": f"C{number}", **{key: self._id(value) for key, value in one.items() if value is not None}}
                for number, one in enumerate(given)
            ]
            first = records.create(session, THINGS, rows)
            records.update(session, THINGS, {one: {"f_parent": first[0]} for one in first[1:2]})

    def _id(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._id(one) for one in value]
        return self.ids.get(value, value) if isinstance(value, str) else value

    def taken(self, kind: str) -> bytes:
        read, write = partial(self.workspace.read, self.owner), partial(self.workspace.write, self.owner)
        made = exports.export(read, write, Query(THINGS), kind, partial(label_in, language="en"))
        return b"".join(made.pieces)

    def bring(self, content: bytes, name: str) -> list[str]:
        """All of it, into the table without records, as it is proposed; what was refused."""
        with self.workspace.write(self.owner) as session:
            records.delete(session, THINGS, queries.ids_of(session, Query(THINGS)))
            held = imports.start(session, io.BytesIO(content), name, THINGS)
            imports.choose(session, held.id, imports.propose(session, held.id).mapping)
        held = imports.carry_out(self.workspace, self.owner, held.id)
        with self.workspace.read(self.owner) as session:
            return [f"{one.line} {one.field} {one.says}" for one in imports.lines(session, held.id)]


@pytest.fixture
def place(workspace: Workspace, owner: Principal) -> Place:
    return Place(workspace, owner)


def test_every_type_of_field_that_can_be_brought_is_among_them() -> None:
    brought = {name for name, one in field_types.items() if not (one.computed or one.system)}
    assert brought == KINDS.keys() | NOT_CARRIED


@pytest.mark.parametrize("kind", sorted(exporters.keys() & importers.keys()))
@given(given_=_records)
# Not made smaller: each trial is a whole import, and the two files show where they differ.
@settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=[*HealthCheck])
def test_it_comes_back_to_the_last_byte(place: Place, kind: str, given_: list[dict[str, Any]]) -> None:
    place.fill(given_)
    first = place.taken(kind)
    assert place.bring(first, f"things{exporters[kind].extension}") == []
    again = place.taken(kind)
    assert cells(kind, again) == cells(kind, first)  # says where they differ
    assert again == first


def cells(kind: str, content: bytes) -> list[str]:
    """Which cells hold what."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        source = importers[kind].open(Path(file.name))
        return [
            f"{row.line} {column}: {cell}"
            for row in source.rows()
            for column, cell in zip(source.columns, row.cells, strict=True)
        ]


def test_every_kind_of_file_that_is_taken_along_can_be_brought() -> None:
    assert exporters.keys() <= importers.keys()
