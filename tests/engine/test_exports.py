"""What people take along: as they see it, as a file of any kind, and back again (T-CSV-01)."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from engine import audit, exports, files, imports, queries, records
from engine.access.principals import Principal
from engine.errors import Forbidden, NotFound, Refused
from engine.exporters import exporters
from engine.exports import Export
from engine.queries import Query
from engine.roles import give
from engine.storage.session import Session
from engine.storage.stores import Workspace
from engine.text import label_in
from tests.engine.access import shop
from tests.support.statements import counted
from tests.support.workspaces import OWNER_ID, install

TABLES: dict[str, Any] = {
    "tags": {"title": "name", "fields": {"name": {"type": "text"}}},
    "things": {
        "label": "Thing",
        "plural": {"en": "Things", "zh": "东西"},
        "title": "name",
        "fields": {
            "code": {"type": "text", "unique": True},
            "name": {"type": "text", "label": {"en": "Name", "zh": "名称"}},
            "amount": {"type": "currency", "currency": "USD"},
            "share": {"type": "percent"},
            "pause": {"type": "duration"},
            "done": {"type": "checkbox"},
            "day": {"type": "date"},
            "at": {"type": "date_time"},
            "level": {"type": "select", "choices": {"a": {"label": {"en": "High", "zh": "高"}}, "b": {"label": "Low"}}},
            "kinds": {
                "type": "multi_select",
                "choices": {"x": {"label": "X; 1"}, "y": {"label": "Y, 2"}, "z": {"label": "Z"}},
            },
            "owner": {"type": "user"},
            "tags": {"type": "link", "to": "tags", "many": True},
            "papers": {"type": "attachment"},
            "place": {"type": "location"},
            "extra": {"type": "json"},
            "twice": {"type": "formula", "formula": "{amount} * 2"},
            "odd": {"type": "formula", "formula": "1 / {amount}"},
        },
    },
}  # fmt: skip
THINGS = "shop.things"
COPIED = [key for key, one in TABLES["things"]["fields"].items() if one["type"] not in ("formula", "attachment")]


class Shop:
    def __init__(self, workspace: Workspace, owner: Principal) -> None:
        self.workspace = workspace
        self.owner = owner

    def create(self, *given: dict[str, Any], table: str = THINGS) -> list[str]:
        with self.workspace.write(self.owner) as session:
            return records.create(session, table, list(given))

    def export(self, kind: str = "csv", query: Query | None = None, language: str = "en", **more: Any) -> Export:
        read, write = partial(self.workspace.read, self.owner), partial(self.workspace.write, self.owner)
        return exports.export(read, write, query or Query(THINGS), kind, partial(label_in, language=language), **more)

    def rows(self, query: Query | None = None, **more: Any) -> list[list[str]]:
        return list(csv.reader(io.StringIO(text(self.export("csv", query, **more)).removeprefix("\ufeff"))))

    def bring(self, content: bytes, name: str) -> None:
        with self.workspace.write(self.owner) as session:
            held = imports.start(session, io.BytesIO(content), name, THINGS)
        with self.workspace.read(self.owner) as session:
            mapping = imports.propose(session, held.id).mapping
        with self.workspace.write(self.owner) as session:
            imports.choose(session, held.id, mapping)
        imports.carry_out(self.workspace, self.owner, held.id)

    def empty(self) -> None:
        with self.workspace.write(self.owner) as session:
            records.delete(session, THINGS, queries.ids_of(session, Query(THINGS)))


def text(export: Export) -> str:
    return b"".join(export.pieces).decode()


@pytest.fixture
def desk(workspace: Workspace, owner: Principal) -> Shop:
    install(workspace, owner, TABLES)
    return Shop(workspace, owner)


@pytest.fixture
def full(desk: Shop) -> Shop:
    """Three records with everything that a field may hold."""
    first, second = desk.create({"name": "red, blue"}, {"name": "green"}, table="shop.tags")
    desk.create(
        {"code": "1", "name": "Äpfel 苹果", "amount": 1234.5, "share": 0.125, "pause": 5400, "done": True,
         "day": "2026-03-31", "at": "2026-03-31T14:30:00.000Z", "level": "a", "kinds": ["x", "y"], "owner": OWNER_ID,
         "tags": [first, second], "place": {"label": "Hof", "lat": 1.5, "lng": 2.5},
         "extra": {"a": [1, 2]}},
        {"code": "2", "name": "=1+1", "amount": -5, "kinds": ["z"], "at": "2026-03-31T14:30:00.123Z"},
        {"code": "3", "name": 'says "hi"\nand goes', "amount": 0, "day": "1899-01-01"},
    )  # fmt: skip
    return desk


def test_it_is_what_the_grid_shows_by_names(full: Shop) -> None:
    query = Query(THINGS, sort=["code"], fields=["name", "amount", "share", "pause", "done", "level", "owner", "tags"])
    heading, first, *_rest = full.rows(query)
    assert heading == ["Name", "Amount", "Share", "Pause", "Done", "Level", "Owner", "Tags"]
    assert first == ["Äpfel 苹果", "1234.5", "0.125", "1:30", "yes", "High", "Ada", '"red, blue", green']
    chinese = full.rows(query, language="zh")
    assert (chinese[0][0], chinese[1][5]) == ("名称", "高")
    assert full.export(language="zh").filename == "东西.csv"


def test_it_is_filtered_ordered_and_searched_like_a_list(full: Shop) -> None:
    dear = Query(THINGS, where=[{"field": "amount", "op": "at_least", "value": 0}], sort=["-amount"], fields=["code"])
    assert full.rows(dear) == [["Code"], ["1"], ["3"]]
    assert full.rows(Query(THINGS, search="says", fields=["code"])) == [["Code"], ["3"]]
    with pytest.raises(Refused):
        full.export(query=Query(THINGS, sort=["nothing"]))
    with pytest.raises(NotFound):
        full.export(query=Query("shop.nothing"))
    with pytest.raises(Refused, match="csv, json, jsonl, xlsx"):
        full.export("pdf")


def test_what_a_spreadsheet_would_run_is_kept_from_it_and_numbers_stay_numbers(desk: Shop) -> None:
    dangerous = ["=1+1", "+49 30", "-2", "@SUM(A1)", "\tx", "\rx", "＝1", "＋1", "－1", "＠x", "'=1", "''-x"]
    desk.create(*({"name": one, "amount": -number} for number, one in enumerate(dangerous)))
    rows = desk.rows(Query(THINGS, fields=["name", "amount"]))[1:]
    assert [name for name, _amount in rows] == [f"'{one}" for one in dangerous]
    assert [float(amount) for _name, amount in rows] == [-number for number in range(len(dangerous))]
    desk.create({"name": "a=b"}, {"name": "'quoted'"}, {"name": "2-1"})
    assert [row[0] for row in desk.rows(Query(THINGS, fields=["name"]))][-3:] == ["a=b", "'quoted'", "2-1"]


def test_a_formula_that_fails_says_so(full: Shop) -> None:
    assert full.rows(Query(THINGS, sort=["code"], fields=["odd"]))[3] == ["#ERROR!"]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "xlsx"])
def test_what_was_taken_along_comes_back_to_the_last_byte(full: Shop, kind: str) -> None:
    query = Query(THINGS, sort=["code"], fields=COPIED)
    before = text(full.export("csv", query))
    taken = b"".join(full.export(kind, query).pieces)
    full.empty()
    full.bring(taken, f"things{exporters[kind].extension}")
    assert text(full.export("csv", query)) == before
    with full.workspace.read(full.owner) as session:
        assert queries.count(session, query) == 3


def test_programs_get_keys_ids_and_values_as_they_are_held(full: Shop) -> None:
    query = Query(THINGS, sort=["code"], fields=["level", "owner", "kinds", "at", "extra", "pause"])
    one = json.loads(text(full.export("jsonl", query, by_keys=True)).splitlines()[0])
    assert one.pop("id").startswith("rec")
    assert one == {"level": "a", "owner": OWNER_ID, "kinds": ["x", "y"], "at": "2026-03-31T14:30:00.000Z",
                   "extra": '{"a": [1, 2]}', "pause": 5400}  # fmt: skip


def test_json_is_one_document(full: Shop) -> None:
    query = Query(THINGS, sort=["code"], fields=["code", "done", "amount"])
    assert json.loads(text(full.export("json", query)))[0] == {"Code": "1", "Done": True, "Amount": 1234.5}
    full.empty()
    assert json.loads(text(full.export("json", query))) == []


def test_a_sheet_has_typed_cells_and_nothing_that_is_run(full: Shop) -> None:
    query = Query(THINGS, sort=["code"], fields=["name", "amount", "done", "day", "at"])
    with zipfile.ZipFile(io.BytesIO(b"".join(full.export("xlsx", query).pieces))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert '<c r="A3" t="inlineStr"><is><t>=1+1</t></is></c>' in sheet
    assert '<c r="B2"><v>1234.5</v></c>' in sheet
    assert '<c r="C2" t="b"><v>1</v></c>' in sheet
    assert "<v>46112</v>" in sheet  # a day is a number of days
    assert "1899-01-01" in sheet  # and before 1900 a text


def test_files_are_called_by_their_names(desk: Shop) -> None:
    paper = files.bring(desk.workspace, desk.owner, io.BytesIO(b"hello"), "a plan.txt", files.Limits(1000, 10_000))
    desk.create({"name": "x", "papers": [paper.id]})
    assert desk.rows(Query(THINGS, fields=["papers"]))[1] == ["a plan.txt"]


def test_pages_neither_miss_nor_repeat_and_cost_the_same_each(desk: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MAX_PAGE_SIZE", 2)
    desk.create(*({"code": str(number), "amount": number % 3} for number in range(9)))
    query = Query(THINGS, sort=["amount"], fields=["code"])
    pieces = desk.export("csv", query).pieces
    next(pieces), next(pieces)
    costs = []
    for _page in range(3):
        with counted() as statements:
            next(pieces)
        costs.append(len(statements))
    assert len(set(costs)) == 1
    assert sorted(row[0] for row in desk.rows(query)[1:]) == [str(number) for number in range(9)]


def test_each_time_is_noted(full: Shop) -> None:
    full.export("json", Query(THINGS, fields=["code"]))
    with full.workspace.read(full.owner) as session:
        (entry, *_earlier) = audit.entries(session)
    assert (entry.act, str(entry.says)) == ("records.exported", "exported Things as JSON")
    assert entry.about == {"table": THINGS, "kind": "json", "fields": ["code"]}


@pytest.fixture
def crm(workspace: Workspace) -> Workspace:
    """A sales app, and a rep who holds its role."""
    from engine import apps
    from engine.people import mirror

    with workspace.write(shop.AS_ANA) as session:
        mirror(session, shop.PEOPLE)
        apps.apply(session, shop.app())
        give(session, "crm.rep", shop.REP)
    with workspace.write(shop.AS_REP) as session:
        records.create(session, "crm.accounts", [{"name": "Alder"}, {"name": "Birch", "claimed": True, "phone": "1"}])
    with workspace.write(shop.AS_ANA) as session:
        records.create(session, "crm.accounts", [{"name": "Elm", "credit": 7}])
    return workspace


def taken(crm: Workspace, rule: Any, asker: Principal = shop.AS_REP, query: Query | None = None) -> list[list[str]]:
    """What the asker takes along of the accounts when the rep's right to export is `rule`."""
    from engine import apps

    with crm.write(shop.AS_ANA) as session:
        document = shop.app()
        document["roles"]["rep"]["tables"]["accounts"]["export"] = rule
        apps.apply(session, document)
    desk = Shop(crm, asker)
    return desk.rows(query or Query("crm.accounts", sort=["name"], fields=["name", "phone"]))


def test_without_the_right_nothing_leaves(crm: Workspace) -> None:
    with pytest.raises(Forbidden, match="take along no records"):
        taken(crm, False)
    with pytest.raises(NotFound):
        taken(crm, True, shop.AS_GUS)
    with pytest.raises(NotFound):
        Shop(crm, shop.AS_REP).export(query=Query("crm.secrets"))


def test_only_what_is_seen_leaves_and_of_that_what_the_rule_lets_go(crm: Workspace) -> None:
    assert taken(crm, True) == [["Name", "Phone"], ["Alder", ""], ["Birch", "1"]]
    assert taken(crm, "={claimed}") == [["Name", "Phone"], ["Birch", "1"]]
    assert taken(crm, "={credit} = 7") == [["Name", "Phone"]]  # a rule may name what its holder does not see
    with pytest.raises(Refused):
        taken(crm, True, query=Query("crm.accounts", fields=["credit"]))
    with pytest.raises(Refused):
        taken(crm, True, query=Query("crm.accounts", where=["={credit} > 1"]))


def test_who_may_no_more_gets_no_further_page(crm: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """T-CON-08."""
    monkeypatch.setattr(exports, "MAX_PAGE_SIZE", 1)
    taken(crm, True)
    pieces = Shop(crm, shop.AS_REP).export(query=Query("crm.accounts")).pieces
    next(pieces), next(pieces)
    with pytest.raises(Forbidden):
        taken(crm, False)
    with pytest.raises(Forbidden):
        next(pieces)


def test_nobody_is_held_up_between_pages(desk: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MAX_PAGE_SIZE", 1)
    desk.create({"code": "1"}, {"code": "2"})
    opened: list[str] = []

    @contextmanager
    def read() -> Iterator[Session]:
        with desk.workspace.read(desk.owner) as session:
            opened.append("open")
            yield session
            opened.pop()

    pieces = exports.export(read, partial(desk.workspace.write, desk.owner), Query(THINGS), "csv", str).pieces
    for _piece in pieces:
        assert opened == []


def test_a_sheet_takes_so_many_records_and_characters(desk: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.create({"name": "x" * 11}, {"name": "y"})
    monkeypatch.setattr("engine.exporters.xlsx.LONGEST", 10)
    with pytest.raises(Refused, match="longer than the 10 characters"):
        b"".join(desk.export("xlsx").pieces)
    monkeypatch.setattr(type(exporters["xlsx"]), "most", 1)
    with pytest.raises(Refused, match="at most 1 records"):
        desk.export("xlsx")


def test_records_that_are_looked_up_are_called_by_their_names(workspace: Workspace, owner: Principal) -> None:
    looked_up = {"type": "lookup", "through": "thing", "field": "tags"}
    orders = {"fields": {"thing": {"type": "link", "to": "things"}, "tags": looked_up}}
    install(workspace, owner, {**TABLES, "orders": orders})
    held = Shop(workspace, owner)
    red, blue = held.create({"name": "Red"}, {"name": "Blue"}, table="shop.tags")
    (thing,) = held.create({"name": "Lamp", "tags": [red, blue]})
    held.create({"thing": thing}, table="shop.orders")
    assert held.rows(Query("shop.orders", fields=("thing", "tags")))[1:] == [["Lamp", "Red, Blue"]]
