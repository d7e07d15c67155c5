"""Files: brought, held by records, read through the door, and removed when nobody needs them."""

from __future__ import annotations

import copy
import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engine import files, held_files, queries, records, trash, undo
from engine.access.principals import Principal, person, public_form
from engine.errors import Forbidden, NotFound, Refused
from engine.files import Limits
from engine.queries import Query
from engine.showing import Shown
from engine.storage.session import timestamp
from engine.storage.stores import Workspace
from tests.support.pictures import PDF, brought, picture
from tests.support.workspaces import install

TICKETS = "shop.tickets"
TABLES = {
    "tickets": {
        "label": "Tickets",
        "title": "name",
        "fields": {
            "name": {"type": "text", "label": "Name"},
            "files": {"type": "attachment", "label": "Files", "max": 3},
            "photos": {"type": "attachment", "label": "Photos", "kinds": ["image"]},
            "names": {"type": "formula", "formula": "'Has: ' & {files}"},
            "how_many": {"type": "formula", "formula": "COUNTALL({files})"},
            "bytes": {"type": "formula", "formula": "SUM({Files.size})"},
            "product": {"type": "link", "to": "products", "inverse": "tickets"},
        },
        "forms": {"enquiry": {"fields": ["name", "files"], "public": True}},
    },
    "products": {
        "label": "Products",
        "title": "name",
        "fields": {
            "name": {"type": "text", "label": "Name"},
            "papers": {"type": "lookup", "through": "tickets", "field": "files"},
            "paper_names": {"type": "formula", "formula": "'' & {papers}"},
        },
    },
}  # fmt: skip


@pytest.fixture
def desk(workspace: Workspace, owner: Principal) -> Workspace:
    install(workspace, owner, TABLES)
    return workspace


def ticket(desk: Workspace, asker: Principal, **values: object) -> str:
    with desk.write(asker) as session:
        return records.create(session, TICKETS, [values])[0]


def test_a_record_holds_files_in_their_order(desk: Workspace, owner: Principal) -> None:
    plan, photo = brought(desk, owner, "plan.pdf", PDF), brought(desk, owner, "view.png", picture())
    made = ticket(desk, owner, name="One", files=[plan.id, {"id": photo.id}])
    with desk.read(owner) as session:
        held = records.get(session, TICKETS, made).values
        assert held["files"] == [plan.id, photo.id]
        assert held["names"] == "Has: plan.pdf, view.png"
        assert held["how_many"] == 2
        assert held["bytes"] == plan.size + photo.size
        found = files.known(session, held["files"])
    assert (found[photo.id].type, found[photo.id].width, found[photo.id].kind) == ("image/png", 640, "image")
    assert files.path_of(desk, plan.id).read_bytes() == PDF
    assert files.path_of(desk, photo.id, "small").is_file()


def test_files_are_seen_through_links(desk: Workspace, owner: Principal) -> None:
    first, second = brought(desk, owner, "a.pdf", PDF), brought(desk, owner, "b.pdf", PDF)
    with desk.write(owner) as session:
        (product,) = records.create(session, "shop.products", [{"name": "Lamp"}])
    ticket(desk, owner, files=[first.id], product=product)
    ticket(desk, owner, files=[second.id], product=product)
    with desk.read(owner) as session:
        held = records.get(session, "shop.products", product).values
    assert held["papers"] == [first.id, second.id]
    assert held["paper_names"] == "a.pdf, b.pdf"


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"op": "name_contains", "value": "PLAN"}, ["both"]),
        ({"op": "name_contains", "value": "%"}, []),
        ({"op": "type_is", "value": ["image", "video"]}, ["both", "one"]),
        ({"op": "type_is", "value": ["archive"]}, []),
        ({"op": "type_is_not", "value": ["pdf"]}, ["none", "one"]),
        ({"op": "count_equals", "value": 2}, ["both"]),
        ({"op": "count_at_least", "value": 1}, ["both", "one"]),
        ({"op": "count_at_most", "value": 0}, ["none"]),
        ({"op": "is_empty"}, ["none"]),
        ({"op": "is_not_empty"}, ["both", "one"]),
    ],
)
def test_files_are_filtered_by(
    desk: Workspace, owner: Principal, where: dict[str, object], expected: list[str]
) -> None:
    plan, photo = brought(desk, owner, "The plan.pdf", PDF), brought(desk, owner, "view.png", picture())
    ticket(desk, owner, name="both", files=[plan.id, photo.id])
    ticket(desk, owner, name="one", files=[photo.id])
    ticket(desk, owner, name="none")
    with desk.read(owner) as session:
        query = Query(TICKETS, where=[{"field": "files", **where}], sort=["name"])
        assert [one.values["name"] for one in records.find(session, query).records] == expected


def test_a_kind_that_does_not_exist_is_told(desk: Workspace, owner: Principal) -> None:
    where = {"field": "files", "op": "type_is", "value": ["images"]}
    with desk.read(owner) as session, pytest.raises(Refused) as refused:
        queries.count(session, Query(TICKETS, where=[where]))
    assert "There is no kind `images`" in str(refused.value.problems[0].says)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"files": ["att00000000000000"]}, "Files names a file that is not here (any more). Choose it again."),
        ({"files": "../../etc/passwd"}, "Files must be files that were uploaded here."),
        ({"files": [{"url": "https://example.com"}]}, "Files must be files that were uploaded here."),
        ({"files": [f"att0000000000000{n}" for n in range(4)]}, "Files may hold at most 3 files."),
    ],
)
def test_what_is_no_file_is_refused(desk: Workspace, owner: Principal, values: dict[str, object], says: str) -> None:
    with pytest.raises(Refused) as refused:
        ticket(desk, owner, **values)
    assert [str(one.says) for one in refused.value.problems] == [says]
    assert refused.value.problems[0].at == "/0/files"


def test_a_field_takes_only_its_kinds(desk: Workspace, owner: Principal) -> None:
    plan = brought(desk, owner, "photo.png", PDF)
    with pytest.raises(Refused) as refused:
        ticket(desk, owner, photos=[plan.id])
    assert str(refused.value.problems[0].says) == "Photos does not take photo.png, only: Picture."


def test_a_file_that_is_too_large_or_empty_leaves_nothing(desk: Workspace, owner: Principal) -> None:
    limits = Limits(file=1_000, workspace=2_000)
    with pytest.raises(Refused):
        files.receive(desk, io.BytesIO(b"x" * 1_001), "a.txt", limits)
    with pytest.raises(Refused):
        files.receive(desk, io.BytesIO(b""), "a.txt", limits)
    assert not list(files.path_of(desk, "x").parent.iterdir())
    brought(desk, owner, "a.txt", b"x" * 1_000, limits)
    brought(desk, owner, "b.txt", b"x" * 1_000, limits)
    with pytest.raises(Refused) as refused:
        brought(desk, owner, "c.txt", b"x", limits)
    assert refused.value.problems[0].code == "no_room"
    assert len(list(files.path_of(desk, "x").parent.iterdir())) == 2


def test_only_who_sees_a_record_sees_its_files(desk: Workspace, owner: Principal) -> None:
    plan = brought(desk, owner, "plan.pdf", PDF)
    other, stranger = person("usr00000000000002"), public_form("shop", "tickets", "enquiry")
    with desk.read(owner) as session:
        assert held_files.get(session, plan.id).filename == "plan.pdf"
    with desk.read(other) as session, pytest.raises(NotFound):
        held_files.get(session, plan.id)
    ticket(desk, owner, files=[plan.id])
    with desk.read(other) as session:
        assert held_files.get(session, plan.id).filename == "plan.pdf"
    with desk.read(stranger) as session, pytest.raises(NotFound):
        held_files.get(session, plan.id)
    with desk.read(replace(other, role="")) as session, pytest.raises(NotFound):
        held_files.get(session, plan.id)


def test_a_public_form_takes_what_it_brought_and_nothing_else(desk: Workspace, owner: Principal) -> None:
    stranger = public_form("shop", "tickets", "enquiry")
    own, other = brought(desk, stranger, "mine.pdf", PDF), brought(desk, owner, "plan.pdf", PDF)
    with pytest.raises(Refused):
        ticket(desk, stranger, files=[other.id])
    ticket(desk, stranger, files=[own.id])
    with pytest.raises(Refused):  # what one stranger has sent is not for the next
        ticket(desk, stranger, files=[own.id])


def test_who_may_only_look_brings_nothing(desk: Workspace, owner: Principal) -> None:
    with pytest.raises(Forbidden):
        brought(desk, person("usr00000000000003", "guest"), "plan.pdf", PDF)


def test_undo_and_history_keep_files(desk: Workspace, owner: Principal) -> None:
    plan = brought(desk, owner, "plan.pdf", PDF)
    made = ticket(desk, owner, files=[plan.id])
    with desk.write(owner) as session:
        records.update(session, TICKETS, {made: {"files": []}})
        taken = session.transaction_id
    with desk.write(owner) as session:
        session.now += timedelta(days=400)
        assert files.sweep(session) == []
    with desk.write(owner) as session:
        undo.undo(session, taken)
        assert records.get(session, TICKETS, made).values["files"] == [plan.id]
    with desk.write(owner) as session:
        records.delete(session, TICKETS, [made])
        deleted = session.transaction_id
    with desk.write(owner) as session:
        session.now += timedelta(days=400)
        assert files.sweep(session) == []
        assert held_files.get(session, plan.id) == plan
    with desk.write(owner) as session:
        undo.undo(session, deleted)
        held = records.get(session, TICKETS, made).values
    assert held["files"] == [plan.id]
    assert files.path_of(desk, plan.id).is_file()


def test_what_no_record_holds_goes_after_a_day(desk: Workspace, owner: Principal) -> None:
    photo, kept = brought(desk, owner, "view.png", picture()), brought(desk, owner, "plan.pdf", PDF)
    made = ticket(desk, owner, files=[kept.id])
    with desk.write(owner) as session:
        assert files.sweep(session) == []
        session.now += timedelta(hours=25)
        assert files.sweep(session) == [photo.id]
    assert sorted(one.name for one in files.path_of(desk, "x").parent.iterdir()) == [kept.id]
    with desk.write(owner) as session:  # purged for good, history included
        held_files.forget(session, TICKETS, [made])
        session.now += timedelta(hours=25)
        assert files.sweep(session) == [kept.id]


def test_what_a_dying_server_left_goes_too(desk: Workspace, owner: Principal) -> None:
    kept = brought(desk, owner, "plan.pdf", PDF)
    (files.path_of(desk, "att0000000000lost")).write_bytes(b"x")
    (files.path_of(desk, "att0000000000half", "part")).write_bytes(b"x")
    with desk.read(owner) as session:
        assert files.sweep_folder(session) == 0
        session.now += timedelta(hours=25)
        assert files.sweep_folder(session) == 2
    assert [one.name for one in files.path_of(desk, "x").parent.iterdir()] == [kept.id]


def test_a_table_that_left_its_app_keeps_its_files_to_those_who_build(desk: Workspace, owner: Principal) -> None:
    plan = brought(desk, owner, "plan.pdf", PDF)
    ticket(desk, owner, files=[plan.id])
    tables = {key: table for key, table in TABLES.items() if key == "products"}
    slim = {**tables["products"], "fields": {"name": {"type": "text"}}}
    install(desk, owner, {"products": slim})
    with desk.read(owner) as session:
        assert held_files.get(session, plan.id) == plan
    with desk.read(person("usr00000000000002")) as session, pytest.raises(NotFound):
        held_files.get(session, plan.id)


def test_the_command_line_shows_names(desk: Workspace, owner: Principal) -> None:
    plan = brought(desk, owner, "plan.pdf", PDF)
    ticket(desk, owner, files=[plan.id])
    with desk.read(owner) as session:
        held = [one.values for one in records.find(session, Query(TICKETS)).records]
        shown = Shown(session, session.layout.table(TICKETS), ["files", "photos"])
        assert shown.rows([{key: one[key] for key in ("files", "photos")} for one in held]) == [
            {"files": "plan.pdf", "photos": None}
        ]


@pytest.mark.parametrize("what", ["the record", "the field", "the table"])
def test_what_the_trash_purges_takes_its_files_along(desk: Workspace, owner: Principal, what: str) -> None:
    plan = brought(desk, owner, "plan.pdf", PDF)
    made = ticket(desk, owner, files=[plan.id])
    if what == "the record":
        with desk.write(owner) as session:
            records.delete(session, TICKETS, [made])
    else:
        tables: dict[str, Any] = copy.deepcopy(TABLES)
        tables["products"]["fields"] = {"name": {"type": "text"}}
        fields = tables["tickets"]["fields"]
        tables["tickets"]["fields"] = {key: fields[key] for key in ("name", "photos")}
        tables["tickets"].pop("forms")
        if what == "the table":
            del tables["tickets"]
        install(desk, owner, tables)
    with desk.write(owner) as session:
        session.now += timedelta(hours=25)
        assert files.sweep(session) == []
        trash.purge_due(session, timestamp(session.now))
        assert files.sweep(session) == [plan.id]
    assert not files.path_of(desk, plan.id).exists()
