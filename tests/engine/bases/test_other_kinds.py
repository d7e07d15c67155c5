"""Fields as the other service tells them: each becomes what it can, the rest comes as the value that it had."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine import bases
from engine.verifying import verify
from tests.support.base_server import Here, here_of
from tests.support.databases import Database
from tests.support.spoken_base import Said, Spoken, spoken

NUMBER = {"type": "number", "options": {"precision": 1}}
FIELDS: list[dict[str, Any]] = [
    {"id": "fldName", "name": "Name", "type": "singleLineText"},
    {"id": "fldMany", "name": 'A <b>"x"</b>\n{{ 7 * 7 }}', "type": "multilineText"},
    {"id": "fldPrice", "name": "Price", "type": "number", "options": {"precision": 1}},
    {"id": "fldSum", "name": "Sum", "type": "formula", "options": {"formula": "{fldPrice}*2", "result": NUMBER}},
    {
        "id": "fldOdd",
        "name": "Odd",
        "type": "formula",
        "options": {"formula": "NO_SUCH({fldPrice})", "result": NUMBER},
    },
    {"id": "fldBad", "name": "Bad", "type": "formula", "options": {"isValid": False, "result": None}},
    {
        "id": "fldRolled",
        "name": "Rolled",
        "type": "rollup",
        "options": {"recordLinkFieldId": "fldLink", "fieldIdInLinkedTable": "fldTitle", "result": NUMBER},
    },
    {
        "id": "fldSeen",
        "name": "Seen",
        "type": "multipleLookupValues",
        "options": {
            "recordLinkFieldId": "fldLink",
            "fieldIdInLinkedTable": "fldTitle",
            "result": {"type": "singleLineText"},
        },
    },
    {
        "id": "fldLink",
        "name": "Link",
        "type": "multipleRecordLinks",
        "options": {"linkedTableId": "tblB", "inverseLinkFieldId": "fldBack", "prefersSingleRecordLink": True},
    },
    {
        "id": "fldLost",
        "name": "Lost",
        "type": "multipleRecordLinks",
        "options": {"linkedTableId": "tblGone"},
    },
    {"id": "fldMail", "name": "Mail", "type": "email"},
    {"id": "fldWeb", "name": "Web", "type": "url"},
    {
        "id": "fldPick",
        "name": "Pick",
        "type": "singleSelect",
        "options": {"choices": [{"id": "selA", "name": "A, b", "color": "blueLight2"}, {"id": "selB", "name": "B"}]},
    },
    {"id": "fldNone", "name": "None", "type": "multipleSelects", "options": {"choices": []}},
    {"id": "fldAi", "name": "Ai", "type": "aiText"},
    {"id": "fldCode", "name": "Code", "type": "barcode"},
    {"id": "fldGo", "name": "Go", "type": "button"},
    {"id": "fldNew", "name": "New", "type": "sparkles"},
    {"id": "fldMade", "name": "Made", "type": "createdTime"},
    {"id": "fldBy", "name": "By", "type": "createdBy"},
    {"id": "fldLast", "name": "Last", "type": "lastModifiedTime"},
    {"id": "fldWho", "name": "Who", "type": "singleCollaborator"},
    {"id": "fldMoney", "name": "Money", "type": "currency", "options": {"precision": 2, "symbol": "Kč"}},
    {"id": "fldFiles", "name": "Files", "type": "multipleAttachments"},
]
VIEWS = [
    {"id": "viw1", "name": "Grid", "type": "grid", "visibleFieldIds": ["fldName", "fldGo", "fldPrice"]},
    {"id": "viw2", "name": "Board", "type": "kanban"},
    {"id": "viw3", "name": "Plan", "type": "gantt"},
]
OTHERS = [
    {"id": "fldTitle", "name": "Title", "type": "singleLineText"},
    {
        "id": "fldBack",
        "name": "Back",
        "type": "multipleRecordLinks",
        "options": {"linkedTableId": "tblA", "inverseLinkFieldId": "fldLink", "prefersSingleRecordLink": False},
    },
]
TABLES = [
    {"id": "tblA", "name": "A", "primaryFieldId": "fldName", "fields": FIELDS, "views": VIEWS},
    {"id": "tblB", "name": "B", "primaryFieldId": "fldTitle", "fields": OTHERS},
]
MADE = "2020-02-03T04:05:06.000Z"


def _records(url: str) -> dict[str, list[dict[str, Any]]]:
    ada = {"id": "usr1", "email": "ADA@example.com", "name": "Ada over there"}
    bo = {"id": "usr2", "email": "bo@example.com", "name": "Bo"}
    whole = {
        "fldName": "One",
        "fldMany": "a\nb",
        "fldPrice": 1.25,
        "fldSum": 2.5,
        "fldOdd": 7.5,
        "fldRolled": 3,
        "fldSeen": ["Bee"],
        "fldLink": ["recB1"],
        "fldLost": ["recX"],
        "fldMail": "one@example.com",
        "fldWeb": "javascript:alert(1)",
        "fldPick": "A, b",
        "fldNone": ["left", "over"],
        "fldNew": {"name": "odd"},
        "fldAi": {"state": "generated", "value": "Said by a machine", "isStale": False},
        "fldCode": {"text": "4006381333931", "type": "upce"},
        "fldGo": {"label": "Go"},
        "fldMade": MADE,
        "fldBy": ada,
        "fldLast": "2021-02-03T04:05:06.000Z",
        "fldWho": bo,
        "fldMoney": 5.5,
        "fldFiles": [
            {"id": "att1", "url": f"{url}/v0/files/one", "filename": "../one.txt", "size": 3, "type": "text/html"},
            {"id": "att2", "url": f"{url}/v0/files/none", "filename": "two.txt", "size": 3},
            {"id": "att3", "url": "file:///etc/passwd", "filename": "three.txt", "size": 3},
        ],
    }
    second = {"fldName": "Two", "fldMail": "no address", "fldPrice": {"specialValue": "NaN"}, "fldOdd": {"error": "#X"}}
    listed = [("recA1", whole), ("recA2", second), ("recA3", {})]
    return {
        "tblA": [{"id": one, "createdTime": MADE, "fields": cells} for one, cells in listed],
        "tblB": [{"id": "recB1", "createdTime": MADE, "fields": {"fldTitle": "Bee", "fldBack": ["recA1"]}}],
    }


@pytest.fixture
def base() -> Iterator[Spoken]:
    """The base."""
    with spoken(Spoken(tables=TABLES, files={"one": b"abc"})) as found:
        found.records = _records(found.url)
        yield found


@pytest.fixture
def here(base: Spoken, database_url: Database) -> Iterator[Here]:
    """Where it comes into."""
    made = here_of(database_url.folder, database_url.url, base.url)
    yield made
    made.stores.close()


def test_every_field_becomes_what_it_can(base: Spoken, here: Here) -> None:
    held = here.fetched("pat", "appOne")
    assert held.plan is not None, held.says
    became = {one["id"]: (one["how"], one["becomes"]) for one in held.plan["tables"][0]["fields"]}
    assert became == {
        "fldName": ("as_it_is", "text"),
        "fldMany": ("as_it_is", "long_text"),
        "fldPrice": ("as_it_is", "number"),
        "fldSum": ("computed", "formula"),
        "fldOdd": ("frozen", "number"),
        "fldBad": ("frozen", "long_text"),
        "fldRolled": ("frozen", "number"),
        "fldSeen": ("computed", "lookup"),
        "fldLink": ("link", "link"),
        "fldLost": ("not", ""),
        "fldMail": ("words", "text"),  # one value is none
        "fldWeb": ("words", "text"),
        "fldPick": ("as_it_is", "select"),
        "fldNone": ("as_it_is", "multi_select"),
        "fldAi": ("as_it_is", "long_text"),
        "fldCode": ("as_it_is", "barcode"),
        "fldGo": ("not", ""),
        "fldNew": ("words", "text"),
        "fldMade": ("kept", "created_at"),
        "fldBy": ("kept", "created_by"),
        "fldLast": ("as_it_is", "date_time"),
        "fldWho": ("as_it_is", "user"),
        "fldMoney": ("as_it_is", "number"),
        "fldFiles": ("files", "attachment"),
    }
    told = [str(one) for one in bases.readable(held.plan)["left"]]
    assert any("Bo is not here" in one for one in told)
    assert not any("Ada" in one for one in told)
    assert [str(one) for one in bases.readable(held.plan)["tables"][0]["left"]] == [
        "The view Plan does not come: the API does not tell how it is set."
    ]


def test_the_values_come_as_they_were(base: Spoken, here: Here) -> None:
    held = here.fetched("pat", "appOne")
    here.confirm(held.id)
    assert here.work()
    done = here.get(held.id)
    assert (done.state, done.app) == ("done", "one"), done.says
    fields = here.document("one")["tables"]["a"]["fields"]
    assert fields["sum"]["formula"] == "{price}*2"
    assert fields["price"]["decimals"] == 2
    assert fields["pick"]["choices"]["a_b"] == {"label": "A, b", "color": "blue"}
    assert fields["money"]["prefix"] == "Kč "
    assert list(here.document("one")["tables"]["a"]["views"]) == ["grid", "board"]
    rows = here.table("one.a")
    one = next(row for row in rows if row["name"] == "One")
    two = next(row for row in rows if row["name"] == "Two")
    held_values = {key: one[key] for key in ("price", "sum", "odd", "rolled", "seen", "mail", "web", "pick")}
    assert held_values == {
        "price": 1.25,
        "sum": 2.5,
        "odd": 7.5,
        "rolled": 3,
        "seen": "Bee",
        "mail": "one@example.com",
        "web": "javascript:alert(1)",
        "pick": "a_b",
    }
    assert (one["none"], one["ai"], one["code"]) == (["left", "over"], "Said by a machine", "4006381333931")
    assert (one["created_at"], one["created_by"], one["last"]) == (MADE, here.owner.id, "2021-02-03T04:05:06.000Z")
    assert (one["who"], two["mail"], two["price"], two["odd"]) == (None, "no address", None, None)
    assert len(rows) == 3
    outcome = bases.readable(done.outcome)
    assert outcome["files"] == 1
    told = {(each["field"], str(each["says"])): each["count"] for each in outcome["told"]}
    assert told["Files", "The other service answered 410."] == 1
    assert len([1 for field, _says in told if field == "Files"]) == 2
    assert [field for field, says in told if "bo@example.com" in says] == ["Who"]
    with here.workspace.read(here.owner) as session:
        assert not verify(session)


def test_a_list_that_never_ends_is_refused(base: Spoken, here: Here) -> None:
    asked = iter(range(10_000))

    def answer(path: str, query: Any) -> Said | None:
        if path.endswith("/tblA"):
            return Said({"records": base.records["tblA"], "offset": f"more{next(asked)}"})
        return None

    base.first = answer
    held = here.fetched("pat", "appOne")
    assert (held.state, str(held.says)) == (
        "failed",
        "The other service sent something that we do not understand.",
    )
    assert next(asked) == 2  # the second page had nothing new


def test_where_it_was_in_a_list_may_be_forgotten(base: Spoken, here: Here) -> None:
    forgot: list[str] = []

    def answer(path: str, query: Any) -> Said | None:
        if path.endswith("/tblA") and query.get("offset") and not forgot:
            forgot.append(path)
            return Said({"error": {"type": "LIST_RECORDS_ITERATOR_NOT_AVAILABLE", "message": ""}}, 422)
        return None

    base.first = answer
    held = here.fetched("pat", "appOne")
    assert held.plan is not None, held.says
    assert held.plan["tables"][0]["records"] == 3
