"""A base comes from a started server into an app: definition, records, links, files, people, comments; and again."""

from __future__ import annotations

from typing import Any

import pytest

from engine import bases, comments, files, queries, records
from engine.errors import Conflict
from engine.queries import Query
from engine.verifying import verify
from tests.support.base_server import Here, There

CHOICES = {
    "open": {"label": "Open", "color": "blue"},
    "won": {"label": "Won, at last", "color": "green"},
    "lost": {"label": "Lost; sadly", "color": "red"},
}
FIRMS: dict[str, Any] = {
    "label": "Firms",
    "title": "name",
    "fields": {
        "name": {"type": "text", "label": "Name"},
        "parent": {"type": "link", "to": "firms", "many": False, "label": "Parent"},
        "sum": {
            "type": "rollup",
            "label": "Sum",
            "through": "deals",
            "field": "amount",
            "function": "sum",
            "format": {"type": "currency", "currency": "EUR", "decimals": 2},
        },
        "many": {"type": "count", "label": "Many", "through": "deals"},
    },
    "views": {"all": {"type": "grid", "label": "All", "fields": ["name", "sum", "many", "deals"]}},
}
DEALS: dict[str, Any] = {
    "label": "Deals",
    "title": "title",
    "fields": {
        "title": {"type": "text", "label": "Title", "help": "What it is about"},
        "firm": {
            "type": "link",
            "to": "firms",
            "many": False,
            "label": "Firm",
            "inverse": {"key": "deals", "label": "Deals"},
        },
        "others": {"type": "link", "to": "firms", "many": True, "label": "Others"},
        "amount": {"type": "currency", "currency": "EUR", "decimals": 2, "label": "Amount"},
        "share": {"type": "percent", "decimals": 1, "label": "Share"},
        "stage": {"type": "select", "label": "Stage", "choices": CHOICES},
        "tags": {"type": "multi_select", "label": "Tags", "choices": CHOICES},
        "owner": {"type": "user", "label": "Owner"},
        "team": {"type": "users", "label": "Team"},
        "day": {"type": "date", "label": "Day"},
        "at": {"type": "date_time", "time_zone": "UTC", "label": "At"},
        "took": {"type": "duration", "format": "h:mm:ss", "label": "Took"},
        "stars": {"type": "rating", "max": 7, "icon": "heart", "label": "Stars"},
        "done": {"type": "checkbox", "label": "Done"},
        "notes": {"type": "long_text", "label": "Notes"},
        "story": {"type": "rich_text", "label": "Story"},
        "mail": {"type": "email", "label": "Mail"},
        "phone": {"type": "phone", "label": "Phone"},
        "site": {"type": "url", "label": "Site"},
        "code": {"type": "barcode", "label": "Code"},
        "number": {"type": "autonumber", "label": "Number"},
        "papers": {"type": "attachment", "label": "Papers"},
        "net": {"type": "formula", "formula": "ROUND({amount} * (1 - {share}), 2)", "label": "Net"},
        "firm_name": {"type": "lookup", "through": "firm", "field": "name", "label": "Firm name"},
    },
    "views": {
        "all": {"type": "grid", "label": "All", "fields": ["title", "amount"]},
        "pipeline": {"type": "kanban", "label": "Pipeline", "by": "stage"},
    },
}
SHOP: dict[str, Any] = {
    "formwork": 1,
    "key": "sales",
    "label": "Sales",
    "version": "1.0.0",
    "tables": {"firms": FIRMS, "deals": DEALS},
}
HELD = [key for key, one in DEALS["fields"].items() if one["type"] not in ("link", "user", "users", "attachment")]


@pytest.fixture
def filled(there: There) -> dict[str, str]:
    """The base, with records that hold some of everything."""
    there.install(SHOP)
    acme, bolt = there.create("sales.firms", {"name": "Acme"}, {"name": "Bolt 铁"})
    there.update("sales.firms", {bolt: {"parent": acme}})
    paper = there.file("a b.txt", b"words")
    whole = {
        "title": "First",
        "firm": acme,
        "others": [bolt, acme],
        "amount": 10.5,
        "share": 0.125,
        "stage": "won",
        "tags": ["lost", "won"],
        "owner": there.owner.id,
        "team": [there.owner.id],
        "day": "2026-03-31",
        "at": "2026-03-31T14:30:00.123Z",
        "took": 5_025,
        "stars": 6,
        "done": True,
        "notes": "one\ntwo, three",
        "story": "**bold** 5 > 3",
        "mail": "a@example.com",
        "phone": "+49301234567",
        "site": "https://example.com/a",
        "code": "0012",
        "papers": [paper],
    }
    first, second = there.create("sales.deals", whole, {"title": "Second", "firm": bolt, "amount": -0.1})
    there.say("sales.deals", first, f"Look, @[{there.owner.id}]!")
    return {"acme": acme, "bolt": bolt, "first": first, "second": second, "paper": paper}


def _without(document: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: one for key, one in document.items() if key not in names}


def test_an_app_of_ours_comes_back_as_it_was(there: There, here: Here, filled: dict[str, str]) -> None:
    done = here.bring(there.token, "sales")
    assert (done.state, done.app, done.has_token) == ("done", "sales", False), done.says
    document = here.document("sales")
    for key, table in SHOP["tables"].items():
        mine = document["tables"][key]
        assert (mine["label"], mine["title"]) == (table["label"], table["title"])
        assert _without(mine["fields"], "original_id") == table["fields"]
    assert document["tables"]["deals"]["views"]["pipeline"]["by"] == "stage"
    assert document["tables"]["firms"]["views"]["all"] == FIRMS["views"]["all"]
    assert here.table("sales.deals", *HELD) == there.table("sales.deals", *HELD)
    assert here.table("sales.firms", "name", "sum", "many") == there.table("sales.firms", "name", "sum", "many")


def test_links_people_files_and_times_come_along(there: There, here: Here, filled: dict[str, str]) -> None:
    done = here.bring(there.token, "sales")
    firms = {one["original_id"]: one for one in _with_ids(here, "sales.firms")}
    assert firms.keys() == {filled["acme"], filled["bolt"]}
    acme, bolt = (firms[filled[name]]["id"] for name in ("acme", "bolt"))
    first, second = _with_ids(here, "sales.deals")
    assert (first["firm"], first["others"], second["firm"]) == (acme, [bolt, acme], bolt)
    assert firms[filled["bolt"]]["parent"] == acme
    assert firms[filled["acme"]]["deals"] == [first["id"]]
    assert (first["owner"], first["team"]) == (here.owner.id, [here.owner.id])  # Ada has the same address here
    assert first["created_at"] == there.table("sales.deals", "created_at")[0]["created_at"]
    assert done.outcome is not None
    assert (done.outcome["files"], done.outcome["comments"], done.outcome["told"]) == (1, 1, [])
    with here.workspace.read(here.owner) as session:
        (paper,) = files.known(session, first["papers"]).values()
        assert (paper.filename, paper.size, paper.id != filled["paper"]) == ("a b.txt", 5, True)
        (said,) = comments.of_record(session, "sales.deals", first["id"]).comments
        assert (said.text, said.author) == (f"Look, @[{here.owner.id}]!", here.owner.id)
        assert not verify(session)


def test_bringing_it_in_anew_makes_no_record_twice(there: There, here: Here, filled: dict[str, str]) -> None:
    here.bring(there.token, "sales")
    before = _with_ids(here, "sales.deals")
    again = here.bring(there.token, "sales", "sales")
    assert again.outcome is not None
    assert again.outcome["records"] == {
        "firms": {"new": 0, "changed": 0, "same": 2, "conflict": 0, "refused": 0},
        "deals": {"new": 0, "changed": 0, "same": 2, "conflict": 0, "refused": 0},
    }
    assert again.outcome["comments"] == 0
    assert _with_ids(here, "sales.deals") == before  # also the same file, not another one like it


def test_what_changed_there_changes_here_and_what_changed_here_stays(
    there: There, here: Here, filled: dict[str, str]
) -> None:
    here.bring(there.token, "sales")
    first, second = _with_ids(here, "sales.deals")
    with here.workspace.write(here.owner) as session:
        records.update(session, "sales.deals", {second["id"]: {"amount": 7}})
    there.update("sales.deals", {filled["first"]: {"amount": 99, "firm": filled["bolt"], "notes": None}})
    there.update("sales.deals", {filled["second"]: {"amount": 8}})
    there.create("sales.deals", {"title": "Third", "firm": filled["acme"]})
    again = here.bring(there.token, "sales", "sales")
    assert again.outcome is not None
    counts = {"new": 1, "changed": 1, "same": 0, "conflict": 1, "refused": 0}
    assert again.outcome["records"]["deals"] == counts
    now = {one["title"]: one for one in _with_ids(here, "sales.deals")}
    assert (now["First"]["amount"], now["First"]["notes"]) == (99, None)
    assert now["First"]["firm"] == second["firm"]
    assert now["Second"]["amount"] == 7
    assert now["Third"]["firm"] == first["firm"]


def test_all_of_it_is_taken_back_at_once(there: There, here: Here, filled: dict[str, str]) -> None:
    done = here.bring(there.token, "sales")
    gone = bases.take_back(here.workspace, here.owner, done.id)
    assert gone.state == "undone"
    with here.workspace.read(here.owner) as session:
        assert "sales" not in session.layout.apps
    assert here.bring(there.token, "sales").app == "sales_2"  # the first one lies in the trash under its key


def test_nothing_is_taken_back_where_somebody_has_worked_since(
    there: There, here: Here, filled: dict[str, str]
) -> None:
    done = here.bring(there.token, "sales")
    with here.workspace.write(here.owner) as session:
        (first, _second) = queries.ids_of(session, Query("sales.deals", sort=("title",)))
        records.update(session, "sales.deals", {first: {"amount": 1}})
    with pytest.raises(Conflict):
        bases.take_back(here.workspace, here.owner, done.id)
    assert len(here.table("sales.deals")) == 2


def _with_ids(here: Here, table: str) -> list[dict[str, Any]]:
    title = "title" if table.endswith("deals") else "name"
    with here.workspace.read(here.owner) as session:
        found, _next = queries.page_of(session, Query(table, sort=(title,)))
    return [{"id": one, **values} for one, values in found]
