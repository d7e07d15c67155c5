"""Whatever records hold, of every type of field, goes from one database through the other and comes back alike."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engine import departments, files, records
from engine.access.principals import Principal
from engine.archives import Wanted
from engine.field_types import field_types
from engine.people import Person, mirror
from engine.storage.stores import Stores, Workspace
from engine.verifying import verify
from tests.engine.archives.conftest import LIMITS, brought, entries, packed
from tests.engine.test_round_trip import FIELDS, KINDS, OTHER_ID
from tests.support.workspaces import OWNER_ID, install

ALL = Wanted(history=True, comments=True, holders=True)
COPIED = ("code", "f_user", "f_users", "f_department", "papers", "f_number", "f_date_time", "f_multi_select", "f_json")
TABLES: dict[str, Any] = {
    "firms": {"title": "name", "fields": {"name": {"type": "text"}}},
    "kinds": {"title": "name", "fields": {"name": {"type": "text"}}},
    "things": {"title": "code", "fields": {**FIELDS, "lines": {"type": "line_items", "of": "lines", "by": "thing"}}},
    "lines": {
        "title": "what",
        "fields": {
            "what": {"type": "text"},
            "thing": {"type": "link", "to": "things", "on_delete": "cascade"},
            **{f"was_{key}": {"type": "snapshot", "through": "thing", "field": key} for key in COPIED},
        },
    },
}
_values = {f"f_{name}": values for name, (_more, values) in KINDS.items()}
_things = st.lists(st.fixed_dictionaries({}, optional=_values), min_size=1, max_size=4)


def test_every_type_is_among_them() -> None:
    """What a record holds itself, and does not follow from other records."""
    held = {one for one, kind in field_types.items() if not (kind.computed or kind.system)}
    used = {field["type"] for table in TABLES.values() for field in table["fields"].values()}
    assert held <= used


class Places:
    """Fresh workspaces in the database under test and in one file."""

    def __init__(self, stores: Stores, others: Stores, asker: Principal, folder: Path) -> None:
        self.stores, self.others, self.asker, self.folder = stores, others, asker, folder
        self._numbers = itertools.count(100)

    def fresh(self, stores: Stores) -> Workspace:
        workspace = stores.workspace(f"wsp{next(self._numbers):014}")
        with workspace.write(self.asker) as session:
            ada = Person(OWNER_ID, "Ada", "ada@example.com", "owner")
            mirror(session, [ada, Person(OTHER_ID, "Bo; Co", "bo@example.com", "member")])
        return workspace

    def filled(self, given: list[dict[str, Any]]) -> Workspace:
        workspace = self.fresh(self.stores)
        install(workspace, self.asker, TABLES)
        ids: dict[str, str] = {}
        file = files.bring(workspace, self.asker, io.BytesIO(b"words"), "a.txt", LIMITS)
        with workspace.write(self.asker) as session:
            ids |= {name: departments.create(session, name) for name in ("East", "West")}
            names = ["Acme", "Bolt, Inc.", "=1+1", 'The "Best"', "铁"]
            made = records.create(session, "shop.firms", [{"name": name} for name in names])
            ids |= dict(zip(names, made, strict=True))
            ids["Kind one"] = records.create(session, "shop.kinds", [{"name": "Kind one"}])[0]
            rows = [
                {"code": f"C{number}", "papers": [file.id], **{key: _named(ids, value) for key, value in one.items()}}
                for number, one in enumerate(given)
            ]
            things = records.create(session, "shop.things", [_without_none(one) for one in rows])
            records.update(session, "shop.things", {one: {"f_parent": things[0]} for one in things[1:2]})
            lines = records.create(session, "shop.lines", [{"what": "x", "thing": one} for one in things])
            records.update(session, "shop.things", {things[0]: {"lines": [{"what": "typed into its record"}]}})
        with workspace.write(self.asker) as session:
            records.update(session, "shop.lines", {one: {"what": "y"} for one in lines[1:]})  # the first gave way
            (gone,) = records.create(session, "shop.things", [{"code": "gone"}])
            records.delete(session, "shop.things", [gone])
        return workspace


def _named(ids: dict[str, str], value: Any) -> Any:
    if isinstance(value, list):
        return [_named(ids, one) for one in value]
    return ids.get(value, value) if isinstance(value, str) else value


def _without_none(one: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in one.items() if value is not None}


@pytest.fixture
def places(stores: Stores, owner: Principal, tmp_path: Path) -> Iterator[Places]:
    others = Stores(tmp_path / "others")
    yield Places(stores, others, owner, tmp_path)
    others.close()


@settings(
    max_examples=4,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(given_things=_things)
def test_it_goes_through_the_other_database_and_comes_back_alike(
    places: Places, given_things: list[dict[str, Any]]
) -> None:
    start = places.filled(given_things)
    first = packed(start, places.asker, wanted=ALL)
    through, back = places.fresh(places.others), places.fresh(places.stores)
    brought(through, places.asker, first, places.folder)
    second = packed(through, places.asker, wanted=ALL)
    assert entries(second) == entries(first)
    assert second == first
    brought(back, places.asker, second, places.folder)
    assert packed(back, places.asker, wanted=ALL) == first
    for workspace in (through, back):
        with workspace.write(places.asker) as session:
            assert verify(session) == []
            (made,) = records.create(session, "shop.things", [{"code": "next"}])
            held = records.get(session, "shop.things", made).values
            number = len(given_things) + 1  # what was deleted had this one, and stayed behind
            assert (held["f_sequence"], held["f_autonumber"]) == (f"SO-{number:04}", number)
