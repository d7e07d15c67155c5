"""A file becomes records, told line by line; and everything is taken back at once."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

import pytest

from engine import history, imports, queries, record_writes, records
from engine.access.principals import Principal, person
from engine.errors import Conflict, Forbidden, NotFound, Refused
from engine.exporters.csv import harmless
from engine.imports import Import
from engine.imports.carrying import KINDS
from engine.queries import Query
from engine.storage.stores import Workspace
from tests.support.workspaces import OWNER_ID, install

TABLES: dict[str, Any] = {
    "customers": {
        "label": "Customers",
        "title": "name",
        "fields": {
            "name": {"type": "text", "required": True, "unique": True},
            "city": {"type": "text"},
            "parent": {"type": "link", "to": "customers", "inverse": "children"},
            "spent": {"type": "rollup", "through": "orders", "field": "amount", "function": "sum"},
        },
    },
    "orders": {
        "label": "Orders",
        "title": "number",
        "fields": {
            "number": {"type": "text", "required": True, "unique": True},
            "customer": {"type": "link", "to": "customers", "inverse": "orders"},
            "amount": {"type": "currency", "currency": "USD"},
            "pieces": {"type": "number"},
            "status": {
                "type": "select",
                "choices": {"open": {"label": "Open"}, "paid": {"label": {"en": "Paid", "zh": "已付"}}},
                "default": "open",
                "required": True,
            },
            "owner": {"type": "user", "default": "=ME()"},
            "day": {"type": "date"},
            "urgent": {"type": "checkbox"},
            "tags": {"type": "link", "to": "tags", "many": True, "inverse": "orders"},
        },
        "checks": {"positive": {"holds": "{amount} >= 0", "message": "The amount cannot be negative."}},
    },
    "tags": {"title": "name", "fields": {"name": {"type": "text"}}},
}


class Desk:
    """A workspace with an app, and short words for what people do with files."""

    def __init__(self, workspace: Workspace, asker: Principal) -> None:
        self.workspace = workspace
        self.asker = asker

    def start(self, content: str | bytes, table: str | None, name: str = "orders.csv", **options: str) -> Import:
        data = content.encode() if isinstance(content, str) else content
        with self.workspace.write(self.asker) as session:
            return imports.start(session, io.BytesIO(data), name, table, options)

    def choose(self, held: Import, mapping: Mapping[str, Any], table: str | None = None) -> Import:
        with self.workspace.write(self.asker) as session:
            return imports.choose(session, held.id, mapping, table)

    def suggested(self, held: Import, table: str | None = None) -> dict[str, Any]:
        with self.workspace.read(self.asker) as session:
            return imports.propose(session, held.id, table).mapping

    def preview(self, held: Import) -> Import:
        with self.workspace.write(self.asker) as session:
            return imports.preview(session, held.id)

    def run(self, held: Import) -> Import:
        return imports.carry_out(self.workspace, self.asker, held.id)

    def undo(self, held: Import) -> Import:
        return imports.take_back(self.workspace, self.asker, held.id)

    def bring(self, content: str | bytes, table: str, columns: Mapping[str, Any], **more: Any) -> Import:
        """All of it; what was previewed is what happens. `columns`: column -> field, or all that is said about it."""
        held = self.start(content, table)
        said = {column: {"field": one} if isinstance(one, str) else one for column, one in columns.items()}
        previewed = self.preview(self.choose(held, {"columns": said, **more}))
        foreseen = self.told(held)
        done = self.run(held)
        assert done.counts == previewed.counts
        assert self.told(held) == foreseen
        assert numbers(done)["rows"] == sum((done.counts or {})[name] for name in KINDS)
        return done

    def told(self, held: Import) -> list[tuple[int, str, str, str]]:
        with self.workspace.read(self.asker) as session:
            found = imports.lines(session, held.id)
        return [(one.line, one.kind, one.field, str(one.says)) for one in found]

    def all(self, table: str) -> list[dict[str, Any]]:
        with self.workspace.read(self.asker) as session:
            found = records.find(session, Query(table, sort=["created_at"], limit=1000)).records
        return sorted((dict(one.values) | {"id": one.id} for one in found), key=lambda one: str(one["id"]))

    def create(self, table: str, *values: Mapping[str, Any]) -> list[str]:
        with self.workspace.write(self.asker) as session:
            return records.create(session, table, values)


def numbers(held: Import) -> dict[str, int]:
    assert held.counts is not None
    return {name: held.counts[name] for name in ("rows", "new", "changed", "same", "refused", "noted")}


@pytest.fixture
def desk(workspace: Workspace, owner: Principal) -> Desk:
    install(workspace, owner, TABLES)
    return Desk(workspace, owner)


ORDERS = {"no": "number", "customer": "customer", "amount": "amount", "status": "status", "day": "day"}


def test_a_file_becomes_records(desk: Desk) -> None:
    desk.create("shop.customers", {"name": "Acme"}, {"name": "Bolt"})
    done = desk.bring(
        "no,customer,amount,status,day\nA1,Acme,5.50,Paid,2026-01-31\nA2, bolt ,7,已付,2026-02-01\nA3,,,,\n",
        "shop.orders",
        ORDERS,
    )
    assert numbers(done) == {"rows": 3, "new": 3, "changed": 0, "same": 0, "refused": 0, "noted": 0}
    first, second, third = desk.all("shop.orders")
    assert (first["number"], first["amount"], first["status"], first["day"]) == ("A1", 5.5, "paid", "2026-01-31")
    assert (second["amount"], second["status"]) == (7, "paid")
    assert (third["customer"], third["amount"], third["status"], third["owner"]) == (None, None, "open", OWNER_ID)
    assert [customer["spent"] for customer in desk.all("shop.customers")] == [5.5, 7]
    assert (done.state, done.table, done.says) == ("done", "shop.orders", None)


def test_every_line_is_accounted_for(desk: Desk) -> None:
    desk.create("shop.customers", {"name": "Acme"}, {"name": "ACME"})
    done = desk.bring(
        "no,customer,amount,status,day\n"
        "B1,Acme,5,open,2026-01-31\n"  # an exact name counts before a similar one
        "B2,acme,5,open,2026-01-31\n"
        "B3,Akme,5,open,2026-01-31\n"
        ",Acme,5,open,2026-01-31\n"
        "B1,Acme,5,open,2026-01-31\n"
        "B6,Acme,five,closed,soon\n"
        "B7,Acme,5\n"
        "B8,Acme,-5,open,2026-01-31\n"
        "B9,Acme,5.005,open,2026-01-31\n",
        "shop.orders",
        ORDERS,
    )
    assert numbers(done) == {"rows": 9, "new": 1, "changed": 0, "same": 0, "refused": 8, "noted": 0}
    assert desk.told(done) == [
        (3, "refused", "customer", "2 are called acme."),
        (4, "refused", "customer", "No record of Customers is called Akme."),
        (5, "refused", "number", "Number is needed."),
        (6, "refused", "number", "Line 2 has the same Number."),
        (7, "refused", "amount", "five is no amount of money."),
        (7, "refused", "status", "Status has no choice closed."),
        (7, "refused", "day", "soon is no date."),
        (8, "refused", "", "This line has 3 cells, the heading has 5."),
        (9, "refused", "", "The amount cannot be negative."),
        (10, "refused", "amount", "5.005 would be rounded to 5.01."),
    ]
    assert len(desk.all("shop.orders")) == 1


def test_refused_lines_can_be_mended_and_brought_again(desk: Desk) -> None:
    done = desk.bring("no,amount\nC1,5\nC2,x\nC3,=1+1\n", "shop.orders", {"no": "number", "amount": "amount"})
    with desk.workspace.read(desk.asker) as session:
        lines = "".join(imports.refused_file(session, done.id)).splitlines()
    assert lines == [
        "\ufeffno,amount,Line,Reason",
        "C2,x,3,x is no amount of money.",
        "C3,'=1+1,4,'=1+1 is no amount of money.",
    ]


@pytest.mark.parametrize("cell", ["=1+1", "'=1+1", "＝1+1", "-x", "@a", "'", "x"])
def test_what_was_refused_comes_back_as_it_was(desk: Desk, cell: str) -> None:
    """However often it is mended, brought and refused; a spreadsheet runs none of it."""
    written = io.StringIO()
    csv.writer(written).writerows([["no", "amount"], [harmless(cell), "x"]])
    content = written.getvalue()
    for _time in range(2):
        done = desk.bring(content, "shop.orders", {"no": "number", "amount": "amount"})
        with desk.workspace.read(desk.asker) as session:
            content = "".join(imports.refused_file(session, done.id)).removeprefix("\ufeff")
        assert next(csv.reader(content.splitlines()[1:]))[0] == harmless(cell)


def test_values_may_be_given_another_meaning(desk: Desk) -> None:
    desk.create("shop.customers", {"name": "GTX Pro"})
    columns = {
        "no": "number",
        "customer": {"field": "customer", "values": {"GTXPro": "GTX Pro"}},
        "status": {"field": "status", "values": {"Won": "paid", "-": ""}},
    }
    done = desk.bring("no,customer,status\nD1,GTXPro,Won\nD2,GTX Pro,-\n", "shop.orders", columns)
    assert numbers(done)["new"] == 2
    assert [(one["customer"] is not None, one["status"]) for one in desk.all("shop.orders")] == [
        (True, "paid"),
        (True, "open"),
    ]


def test_a_name_that_nothing_has_is_refused_with_what_may_be_meant(desk: Desk) -> None:
    desk.create("shop.customers", {"name": "GTX Pro"}, {"name": "MG Special"})
    text = "no,customer\n" + "".join(f"E{n},GTXPro\n" for n in range(3)) + "E9,Zebra\n"
    done = desk.bring(text, "shop.orders", {"no": "number", "customer": "customer"})
    assert desk.told(done)[0][3] == "No record of Customers is called GTXPro. Did you mean GTX Pro?"
    assert done.counts is not None
    assert done.counts["unknown"] == {
        "customer": [
            {"value": "GTXPro", "rows": 3, "suggestion": "GTX Pro"},
            {"value": "Zebra", "rows": 1, "suggestion": None},
        ]
    }


def test_a_name_that_nothing_has_may_be_left_out(desk: Desk) -> None:
    columns = {"no": "number", "customer": {"field": "customer", "unknown": "empty"}}
    done = desk.bring("no,customer\nF1,Zebra\nF2,\n", "shop.orders", columns)
    assert numbers(done) == {"rows": 2, "new": 2, "changed": 0, "same": 0, "refused": 0, "noted": 1}
    assert desk.told(done) == [(2, "noted", "customer", "No record of Customers is called Zebra. It was left empty.")]


def test_missing_records_may_be_created_along_the_way_and_go_with_the_undo(desk: Desk) -> None:
    desk.create("shop.customers", {"name": "Acme"})
    columns = {
        "no": "number",
        "customer": {"field": "customer", "unknown": "create"},
        "tags": {"field": "tags", "unknown": "create"},
    }
    text = "no,customer,tags\nG1,Zebra,new; big\nG2,zebra,big\nG3,Acme,\n"
    done = desk.bring(text, "shop.orders", columns)
    assert done.counts is not None
    assert done.counts["created"] == {"shop.customers": 1, "shop.tags": 2}
    assert [one["name"] for one in desk.all("shop.customers")] == ["Acme", "Zebra"]
    first, second, _third = desk.all("shop.orders")
    assert first["customer"] == second["customer"]
    assert len(first["tags"]) == 2
    assert second["tags"][0] in first["tags"]
    desk.undo(done)
    assert [one["name"] for one in desk.all("shop.customers")] == ["Acme"]
    assert desk.all("shop.tags") == desk.all("shop.orders") == []


def test_missing_choices_may_be_created(desk: Desk) -> None:
    columns = {"no": "number", "status": {"field": "status", "unknown": "create"}}
    done = desk.bring("no,status\nH1,Paid\nH2,Sent out\nH3,sent OUT\nH4,退回\n", "shop.orders", columns)
    assert numbers(done)["new"] == 4
    assert done.counts is not None
    assert done.counts["choices"] == {"status": ["Sent out", "退回"]}
    assert [one["status"] for one in desk.all("shop.orders")] == ["paid", "sent_out", "sent_out", "choice_4"]
    with desk.workspace.read(desk.asker) as session:
        choices = session.layout.table("shop.orders").fields["status"].options["choices"]
    assert choices["sent_out"]["label"] == "Sent out"


def test_people_are_found_by_name_or_address(desk: Desk) -> None:
    done = desk.bring(
        "no,who\nI1,ada\nI2,ADA@example.com\nI3,Zoe\nI4,\n", "shop.orders", {"no": "number", "who": "owner"}
    )
    assert desk.told(done) == [(4, "refused", "owner", "Nobody here is called Zoe.")]
    assert [one["owner"] for one in desk.all("shop.orders")] == [OWNER_ID, OWNER_ID, None]


def test_records_are_found_and_updated(desk: Desk) -> None:
    columns = {"no": "number", "amount": "amount", "pieces": "pieces"}
    desk.bring("no,amount,pieces\nJ1,1,1\nJ2,2,2\nJ3,3,3\n", "shop.orders", columns, match=["number"])
    again = desk.bring(
        "no,amount,pieces\nJ1,1,1\nJ2,20,\nJ4,4,4\nJ2,5,5\n,6,6\n", "shop.orders", columns, match=["number"]
    )
    assert numbers(again) == {"rows": 5, "new": 1, "changed": 1, "same": 1, "refused": 2, "noted": 0}
    assert desk.told(again) == [
        (5, "refused", "number", "Line 3 is about the same record."),
        (6, "refused", "number", "It is empty, so the record cannot be found."),
    ]
    assert [(one["number"], one["amount"], one["pieces"]) for one in desk.all("shop.orders")] == [
        ("J1", 1, 1),
        ("J2", 20, 2),
        ("J3", 3, 3),
        ("J4", 4, 4),
    ]
    cleared = desk.bring(
        "no,pieces\nJ2,\n", "shop.orders", {"no": "number", "pieces": "pieces"}, match=["number"], blank="clear"
    )
    assert numbers(cleared)["changed"] == 1
    assert desk.all("shop.orders")[1]["pieces"] is None


def test_the_same_file_again_doubles_nothing(desk: Desk) -> None:
    text = "no,amount,day,urgent\nK1,1.50,2026-01-31,yes\nK2,,,no\n"
    columns = {"no": "number", "amount": "amount", "day": "day", "urgent": "urgent"}
    desk.bring(text, "shop.orders", columns, match=["number"])
    assert numbers(desk.bring(text, "shop.orders", columns, match=["number"]))["same"] == 2
    with desk.workspace.read(desk.asker) as session:
        assert queries.count(session, Query("shop.orders")) == 2


def test_without_a_match_a_value_that_must_be_unique_is_refused(desk: Desk) -> None:
    desk.create("shop.orders", {"number": "L1"})
    done = desk.bring("no\nL1\nL2\n", "shop.orders", {"no": "number"})
    assert desk.told(done) == [(2, "refused", "number", "Another record already has this Number.")]


def test_several_records_with_the_value_are_not_updated(desk: Desk) -> None:
    desk.create("shop.customers", {"name": "Acme", "city": "Ulm"}, {"name": "Bolt", "city": "Ulm"})
    done = desk.bring("name,city\nCore,Ulm\n", "shop.customers", {"name": "name", "city": "city"}, match=["city"])
    assert desk.told(done) == [(2, "refused", "city", "2 records have this value.")]


def test_lines_may_link_to_one_another(desk: Desk) -> None:
    desk.create("shop.customers", {"name": "Old"})
    text = "name,parent\nChild,Mother\nMother,Old\nOrphan,Nobody\nStep,Orphan\n"
    done = desk.bring(text, "shop.customers", {"name": "name", "parent": "parent"})
    assert numbers(done) == {"rows": 4, "new": 3, "changed": 0, "same": 0, "refused": 1, "noted": 1}
    assert desk.told(done) == [
        (4, "refused", "parent", "No record of Customers is called Nobody."),
        (5, "noted", "parent", "It was left empty: the line of Orphan was refused."),
    ]
    held = {one["name"]: one for one in desk.all("shop.customers")}
    assert held["Child"]["parent"] == held["Mother"]["id"]
    assert held["Mother"]["parent"] == held["Old"]["id"]
    assert held["Step"]["parent"] is None
    desk.undo(done)
    assert [one["name"] for one in desk.all("shop.customers")] == ["Old"]


def test_one_undo_takes_all_of_it_back(desk: Desk) -> None:
    columns = {"no": "number", "amount": "amount"}
    desk.bring("no,amount\nM1,1\nM2,2\n", "shop.orders", columns, match=["number"])
    before = desk.all("shop.orders")
    done = desk.bring("no,amount\nM1,10\nM3,30\n", "shop.orders", columns, match=["number"])
    undone = desk.undo(done)
    assert undone.state == "undone"
    after = desk.all("shop.orders")
    assert [(one["number"], one["amount"]) for one in after] == [(one["number"], one["amount"]) for one in before]
    with pytest.raises(Conflict, match="nothing to undo"):
        desk.undo(done)
    assert numbers(desk.run(undone))["new"] == 1  # and it may be run once more


def test_an_undo_overwrites_nothing(desk: Desk) -> None:
    done = desk.bring("no,amount\nN1,1\nN2,2\n", "shop.orders", {"no": "number", "amount": "amount"})
    with desk.workspace.write(desk.asker) as session:
        records.update(session, "shop.orders", {desk.all("shop.orders")[0]["id"]: {"amount": 9}})
    with pytest.raises(Conflict, match="Somebody changed this since"):
        desk.undo(done)
    assert [one["amount"] for one in desk.all("shop.orders")] == [9, 2]


def test_the_log_knows_which_import_it_was(desk: Desk) -> None:
    done = desk.bring("no\nO1\nO2\n", "shop.orders", {"no": "number"})
    with desk.workspace.read(desk.asker) as session:
        entries = history.of_cause(session, f"import:{done.id}")
    assert [entry.change.kind for entry in entries] == ["created", "created"]
    assert {entry.transaction_id for entry in entries} == {done.transaction_id}


def test_an_import_that_is_done_is_not_done_again(desk: Desk) -> None:
    done = desk.bring("no\nP1\n", "shop.orders", {"no": "number"})
    with pytest.raises(Conflict, match="done already"):
        desk.run(done)
    with pytest.raises(Conflict, match="done already"):
        desk.preview(done)


def test_counting_leaves_nothing_behind(desk: Desk) -> None:
    held = desk.start("no,customer,amount\nQ1,Zebra,-1\nQ2,Zebra,1\n", "shop.orders")
    columns = {
        "no": {"field": "number"},
        "customer": {"field": "customer", "unknown": "create"},
        "amount": {"field": "amount"},
    }
    previewed = desk.preview(desk.choose(held, {"columns": columns}))
    assert numbers(previewed) == {"rows": 2, "new": 1, "changed": 0, "same": 0, "refused": 1, "noted": 0}
    assert desk.all("shop.orders") == desk.all("shop.customers") == []
    with desk.workspace.read(desk.asker) as session:
        assert history.of_cause(session, f"import:{held.id}") == []


@pytest.mark.parametrize(
    ("mapping", "places"),
    [
        ({}, [""]),
        ({"columns": {}}, ["/columns"]),
        ({"columns": {"no": {}}}, ["/columns/no"]),
        ({"columns": {"nope": {"field": "number"}}}, ["/columns/nope"]),
        ({"columns": {"no": {"field": "nope"}, "a/b": {"field": "amount"}}}, ["/columns/no/field", "/columns/a~1b"]),
        ({"columns": {"no": {"field": "created_at"}}}, ["/columns/no/field"]),
        ({"columns": {"no": {"field": "number"}, "day": {"field": "number"}}}, ["/columns/day/field"]),
        ({"columns": {"no": {"field": "number", "reading": {"as": "magic"}}}}, ["/columns/no/reading"]),
        (
            {"columns": {"no": {"field": "number", "unknown": "guess", "x": 1}}},
            ["/columns/no/x", "/columns/no/unknown"],
        ),
        ({"columns": {"no": {"field": "number", "values": "x"}}}, ["/columns/no/values"]),
        ({"columns": {"no": {"field": "number"}}, "match": ["amount"], "blank": "x"}, ["/blank", "/match/0"]),
        ({"columns": {"no": {"field": "number"}}, "typo": 1}, ["/typo"]),
    ],
)
def test_a_wrong_mapping_is_refused_at_its_place(desk: Desk, mapping: dict[str, Any], places: list[str]) -> None:
    held = desk.start("no,day\nR1,2026-01-31\n", "shop.orders")
    with pytest.raises(Refused) as refused:
        desk.choose(held, mapping)
    assert [problem.at for problem in refused.value.problems] == places
    with pytest.raises(Conflict, match="Say first"):
        desk.preview(held)


def test_a_file_that_cannot_be_read_leaves_nothing(desk: Desk) -> None:
    with pytest.raises(Refused, match="The file is empty"):
        desk.start("", "shop.orders")
    with pytest.raises(Refused, match="is no file that can be imported"):
        desk.start("a,b\n", "shop.orders", "photo.png")
    with pytest.raises(NotFound):
        desk.start("a,b\n", "shop.nothing")
    assert not list((desk.workspace.files / "imports").iterdir())


def test_the_file_may_be_read_differently(desk: Desk) -> None:
    held = desk.start("no;amount\nS1;5\n", "shop.orders", delimiter=",")
    assert held.columns == ["no;amount"]
    with desk.workspace.write(desk.asker) as session:
        reopened = imports.reopen(session, held.id, {"delimiter": ";"})
    assert (reopened.columns, reopened.details["delimiter"]) == (["no", "amount"], ";")


def test_imports_belong_to_those_who_made_them(desk: Desk) -> None:
    bob, guest = person("usrBob", "member"), person("usrGuest", "guest")
    held = desk.start("no\nT1\n", "shop.orders")
    with desk.workspace.read(bob) as session:
        assert imports.listed(session) == []
        with pytest.raises(NotFound):
            imports.get(session, held.id)
    theirs = Desk(desk.workspace, bob).start("no\nT2\n", "shop.orders")
    with desk.workspace.read(desk.asker) as session:
        assert [one.id for one in imports.listed(session)] == [theirs.id, held.id]
    with pytest.raises(Forbidden):
        Desk(desk.workspace, guest).start("no\nT3\n", "shop.orders")
    with pytest.raises(Forbidden):
        Desk(desk.workspace, bob).start("no\nT4\n", None)


def test_a_failure_is_kept_with_the_import(desk: Desk) -> None:
    held = desk.start("no\nU1\n", "shop.orders")
    desk.choose(held, {"columns": {"no": {"field": "number"}}})
    (desk.workspace.files / "imports" / held.id).unlink()
    with pytest.raises(NotFound, match="The file of this import is gone"):
        desk.run(held)
    with desk.workspace.read(desk.asker) as session:
        failed = imports.get(session, held.id)
    assert (failed.state, failed.says) == ("failed", "The file of this import is gone. Bring it again.")


def test_progress_is_seen_from_outside(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, int | None]] = []
    held = desk.start("no\nV1\nV2\nV3\n", "shop.orders")
    desk.choose(held, {"columns": {"no": {"field": "number"}}})
    insert = record_writes.insert

    def watched(*args: Any) -> None:
        with desk.workspace.read(desk.asker) as session:
            now = imports.get(session, held.id)
            seen.append((now.state, now.line))
        insert(*args)

    monkeypatch.setattr(record_writes, "insert", watched)
    monkeypatch.setattr("engine.imports.carrying.CHUNK", 1)
    desk.run(held)
    assert seen == [("running", 0), ("running", 2), ("running", 3)]
    with desk.workspace.read(desk.asker) as session:
        assert (imports.get(session, held.id).state, imports.get(session, held.id).line) == ("done", None)
