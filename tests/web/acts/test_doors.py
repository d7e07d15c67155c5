"""What a field refuses comes in by no door: the same values are tried at all of them.

At the verbs, pages, forms, the API, a file, lines in another record, a template's records, a step of an automation,
undo and the trash.
T-DOOR-01, T-DOOR-02, T-VAL-01.
"""

from __future__ import annotations

import copy
import io
import itertools
import json
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from engine import api_tokens, apps, catalog, imports, records, trash, undo
from engine.errors import FormworkError
from engine.queries import Query
from engine.storage.session import Session
from engine.values import Reading
from tests.web import shop
from tests.web.acts.conftest import Acts
from tests.web.conftest import Visitor

THINGS = "strict.things"
_NUMBERS = itertools.count()
FIELDS: dict[str, Any] = {
    "name": {"type": "text", "max_length": 20},
    "pattern": {"type": "text"},
    "words": {"type": "long_text"},
    "rich": {"type": "rich_text"},
    "number": {"type": "number", "min": 0, "max": 10},
    "price": {"type": "currency", "currency": "EUR", "min": 0},
    "share": {"type": "percent"},
    "stars": {"type": "rating", "max": 5},
    "done": {"type": "checkbox"},
    "day": {"type": "date"},
    "at": {"type": "date_time"},
    "time": {"type": "time"},
    "state": {"type": "select", "choices": {"open": {"label": "Open"}, "done": {"label": "Done"}}},
    "many": {"type": "multi_select", "choices": {"a": {"label": "A"}, "b": {"label": "B"}}},
    "mail": {"type": "email"},
    "site": {"type": "url"},
    "data": {"type": "json"},
    "place": {"type": "location"},
    "who": {"type": "user"},
    "other": {"type": "link", "to": "things"},
}
# What a program sends, and what a person types for the same.
BAD: list[tuple[str, Any, str]] = [
    ("name", "x" * 21, "x" * 21),
    ("name", "a\u0000b", "a\u0000b"),
    ("words", "a\u0000b", "a\u0000b"),
    ("words", "x" * 100_001, "x" * 100_001),
    ("rich", "a\u0000b", "a\u0000b"),
    ("number", -1, "-1"),
    ("number", 11, "11"),
    ("number", "seven", "seven"),
    ("number", 1e300, "1" + "0" * 300),
    ("price", -0.01, "-0.01"),
    ("share", "much", "much"),
    ("stars", 6, "6"),
    ("stars", 1.5, "1.5"),
    ("done", "perhaps", "perhaps"),
    ("day", "2026-02-30", "2026-02-30"),
    ("day", "0000-00-00", "0000-00-00"),
    ("at", "2026-01-01T25:00:00Z", "2026-01-01 25:00"),
    ("time", "25:00", "25:00"),
    ("state", "lost", "lost"),
    ("many", ["a", "c"], "a, c"),
    ("mail", "nobody", "nobody"),
    ("mail", "a@example.com\r\nBcc: b@example.com", "a@example.com\r\nBcc: b@example.com"),
    ("site", "javascript:alert(1)", "javascript:alert(1)"),
    ("site", "data:text/html,x", "data:text/html,x"),
    ("data", "x" * 100_001, f'"{"x" * 100_001}"'),
    ("place", {"lat": 200, "lng": 0}, "200, 0"),
    ("who", "usr00000000000000", "usr00000000000000"),
    ("other", "rec00000000000000", "rec00000000000000"),
]
Door = Callable[[Acts, list[tuple[str, Any, str]]], None]


def definition() -> dict[str, Any]:
    form = {"label": "All", "fields": [one for one in FIELDS if one not in ("who", "other")], "public": True}
    table: dict[str, Any] = {
        "title": "name", "fields": copy.deepcopy(FIELDS), "forms": {"all": form}, "views": {"all": {"type": "grid"}},
    }  # fmt: skip
    table["fields"] |= {"box": {"type": "link", "to": "boxes", "on_delete": "cascade"}}
    contents = {"type": "line_items", "of": "things", "by": "box"}
    boxes = {"title": "label", "fields": {"label": {"type": "text"}, "contents": contents}}
    tables = {"things": table, "boxes": boxes}
    return {"formwork": 1, "key": "strict", "label": "Strict", "version": "1.0.0", "tables": tables}


@pytest.fixture
def strict(acts: Acts) -> Acts:
    """A table that takes little, with one record in it."""
    with acts.store.write(shop.principal(acts.who)) as session:
        apps.apply(session, definition())
        records.create(session, THINGS, [{"name": "first"}])
    return acts


def first(acts: Acts) -> str:
    with acts.store.read(shop.principal(acts.who)) as session:
        return records.find(session, Query(THINGS, limit=1)).records[0].id


def by_verbs(acts: Acts, bad: list[tuple[str, Any, str]]) -> None:
    record = first(acts)
    readings: tuple[tuple[int, Reading], ...] = ((1, "json"), (2, "text"))
    for one in bad:
        for place, reading in readings:
            given = {one[0]: one[place]}
            _tried(acts, partial(records.create, table=THINGS, given=[{"name": "x"}, given], reading=reading))
            _tried(acts, partial(records.update, table=THINGS, given={record: given}, reading=reading))


def by_the_api(acts: Acts, bad: list[tuple[str, Any, str]]) -> None:
    _token, secret = api_tokens.create(acts.site.stores, acts.who, acts.membership.id, "doors")
    http = TestClient(acts.visitor.app, headers={"Authorization": f"Bearer {secret}"})
    record, path = first(acts), "/v0/strict/things"
    for field, value, typed in bad:
        fields = {"fields": {field: value}}
        upsert = {
            "performUpsert": {"fieldsToMergeOn": ["name"]},
            "records": [{"fields": {"name": "new", field: value}}],
        }
        for method, at, body in (
            ("POST", path, fields),
            ("POST", path, {"records": [fields]}),
            ("POST", path, {"fields": {field: typed}, "typecast": True}),
            ("PATCH", f"{path}/{record}", fields),
            ("PUT", f"{path}/{record}", fields),
            ("PATCH", path, {"records": [{"id": record, **fields}]}),
            ("PATCH", path, upsert),
        ):
            http.request(method, at, json=body)


def by_pages(acts: Acts, bad: list[tuple[str, Any, str]]) -> None:
    record, at = first(acts), "/apps/strict/things"
    for field, _value, typed in bad:
        acts.post(f"{at}/records", **{"name": "by a page", field: typed})
        acts.post(f"{at}/records/{record}", **{field: typed})
        acts.post(f"{at}/views/all/cells/{record}", **{field: typed})
        acts.post(f"{at}/forms/all", **{"name": "by a form", field: typed})


def by_a_public_form(acts: Acts, bad: list[tuple[str, Any, str]]) -> None:
    acts.site.public_forms.times = 1000
    stranger = Visitor(acts.visitor.app)  # type: ignore[arg-type]
    address = f"/f/{acts.membership.id}/strict/things/all"
    for field, _value, typed in bad:
        stranger.submit(address, **{"name": "by a stranger", field: typed})


def by_a_file(acts: Acts, bad: list[tuple[str, Any, str]]) -> None:
    asker = shop.principal(acts.who)
    lines = [{"name": "by a file", field: value} for field, value, _typed in bad]
    content = "\n".join(json.dumps(one) for one in lines).encode()
    with acts.store.write(asker) as session:
        held = imports.start(session, io.BytesIO(content), "things.jsonl", THINGS)
        imports.choose(session, held.id, imports.propose(session, held.id, THINGS).mapping)
    imports.count_lines(acts.store, asker, held.id)
    imports.carry_out(acts.store, asker, held.id)


def by_lines(acts: Acts, bad: list[tuple[str, Any, str]]) -> None:
    """Things are made and changed as lines of a box."""
    boxes, thing = "strict.boxes", first(acts)
    with acts.store.write(shop.principal(acts.who)) as session:
        (box,) = records.create(session, boxes, [{"label": "box"}])
        records.update(session, THINGS, {thing: {"box": box}})
    _token, secret = api_tokens.create(acts.site.stores, acts.who, acts.membership.id, "lines")
    http = TestClient(acts.visitor.app, headers={"Authorization": f"Bearer {secret}"})
    for field, value, typed in bad:
        new, held = {"name": "line", field: value}, {"id": thing, field: value}
        _tried(acts, partial(records.create, table=boxes, given=[{"label": "x", "contents": [new]}]))
        _tried(acts, partial(records.update, table=boxes, given={box: {"contents": [held, new]}}))
        http.post("/v0/strict/boxes", json={"fields": {"contents": [new]}})
        http.patch(f"/v0/strict/boxes/{box}", json={"fields": {"contents": [held]}})
        line = {"contents": "", "contents.0.id": "", "contents.0.name": "typed", f"contents.0.{field}": typed}
        acts.post("/apps/strict/boxes/records", **{"label": "by a page", **line})
        acts.post(f"/apps/strict/boxes/records/{box}", **{**line, "contents.0.id": thing})


def by_a_template(acts: Acts, bad: list[tuple[str, Any, str]]) -> None:
    """A template brings records of its own: each time another one, since what is wrong takes all of it back."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalog, "CATALOG", Path(folder))
        for field, value, _typed in bad:
            key = f"tried_{next(_NUMBERS)}"  # what is read of a template is kept for as long as the process lives
            (Path(folder) / key / "records").mkdir(parents=True)
            (Path(folder) / key / "app.json").write_text(json.dumps(definition() | {"key": key}), "utf-8")
            brought = [{"name": "brought", field: value}]
            (Path(folder) / key / "records/things.json").write_text(json.dumps(brought), "utf-8")
            _tried(acts, partial(catalog.install, key=key))


def by_an_automation(acts: Acts, bad: list[tuple[str, Any, str]]) -> None:
    """A step writes what an expression gives: what somebody brings into a table that takes anything."""
    for field, _value, typed in bad:
        if len(typed) < 1000 and "\u0000" not in typed:
            steps = {
                "new": {"action": "create_record", "table": "things", "values": {"name": "new", field: "={words}"}},
                "old": {"action": "update_record", "values": {field: "={words}"}},
            }
            trigger = {"type": "record_created", "table": "things"}
            going = {"label": "Act", "trigger": trigger, "conditions": '={name} = "go"', "steps": steps}
            document = definition() | {"automations": {"act": going}}
            try:
                with acts.store.write(shop.principal(acts.who)) as session:
                    apps.apply(session, document)
                with acts.store.write(shop.principal(acts.who)) as session:  # what changes an app starts nothing
                    records.create(session, THINGS, [{"name": "go", "words": typed}])
            except FormworkError:
                continue  # it could be seen that this never fits
            acts.happen()


def by_what_comes_back(acts: Acts, bad: list[tuple[str, Any, str]]) -> None:
    """What was right when it was deleted or changed comes back under a definition that takes it no more."""
    loose = definition()
    loose["tables"]["things"]["fields"] |= {
        "name": {"type": "text"}, "number": {"type": "number"}, "price": {"type": "currency", "currency": "EUR"},
        "stars": {"type": "rating", "max": 10},
    }  # fmt: skip
    loose["tables"]["things"]["fields"]["state"]["choices"]["lost"] = {"label": "Lost"}
    asker = shop.principal(acts.who)
    with acts.store.write(asker) as session:
        apps.apply(session, loose)
    wrong = [(field, value) for field, value, _typed in bad if field in ("name", "number", "price", "stars", "state")]
    deleted, changes, gone = [], [], []
    for field, value in wrong:
        try:
            with acts.store.write(asker) as session:
                one, other = records.create(session, THINGS, [{"name": "gone", field: value}] * 2)
        except FormworkError:
            continue
        with acts.store.write(asker) as session:
            records.delete(session, THINGS, [one])
            deleted.append(session.transaction_id)
            gone.append(one)
        with acts.store.write(asker) as session:
            records.update(session, THINGS, {other: {field: None if field != "name" else "now"}})
            changes.append(session.transaction_id)
    assert len(gone) >= 4
    with acts.store.write(asker) as session:
        apps.apply(session, definition())
    with acts.store.read(asker) as session:
        things = [one.id for one in trash.entries(session) if one.key in gone]
    for thing in things:
        _tried(acts, partial(trash.restore, ids=[thing]))
    for act in (*deleted, *changes):
        _tried(acts, partial(undo.undo, transaction_id=act))


def _tried(acts: Acts, act: Callable[[Session], Any]) -> None:
    try:
        with acts.store.write(shop.principal(acts.who)) as session:
            act(session)
    except FormworkError:
        pass


DOORS: list[Door] = [
    by_verbs,
    by_the_api,
    by_pages,
    by_a_public_form,
    by_a_file,
    by_lines,
    by_a_template,
    by_an_automation,
    by_what_comes_back,
]


@pytest.mark.parametrize("door", DOORS, ids=lambda one: one.__name__)
def test_nothing_comes_in_that_could_not_be_created(strict: Acts, door: Door) -> None:
    door(strict, BAD)
    assert list(wrong_in(strict)) == []


@pytest.mark.parametrize("door", DOORS[:-1], ids=lambda one: one.__name__)
def test_what_is_right_comes_in(strict: Acts, door: Door) -> None:
    """Else a door that is closed for another reason would pass for one that is watched. (The last says so itself.)"""
    door(strict, [("pattern", "right", "right")])
    with strict.store.read(shop.principal(strict.who)) as session:
        tables = [one.address for one in session.layout.apps.tables.values() if one.key == "things"]
        found = [one.values for table in tables for one in records.find(session, Query(table, limit=1000)).records]
    assert [one["name"] for one in found if one["pattern"] == "right"]


def wrong_in(acts: Acts) -> Iterator[str]:
    """What is stored and would be refused if somebody brought it now."""
    writable = [key for key in FIELDS if key != "other"]
    with acts.store.write(shop.principal(acts.who)) as session:
        tables = [one.address for one in session.layout.apps.tables.values() if one.key == "things"]
        for table in tables:
            for record in records.find(session, Query(table, limit=1000)).records:
                given = {key: record.values[key] for key in writable if record.values.get(key) is not None}
                try:
                    records.create(session, table, [given])
                except FormworkError as error:
                    yield f"{table} {record.values['name']}: {error}"
