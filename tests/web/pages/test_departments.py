"""The pages of departments, and of who works where; a field that holds a department in pages."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from httpx2 import Response

from engine import accounts, apps, departments, people, records, roles
from engine.queries import Query
from tests.web import shop
from tests.web.conftest import PASSWORD
from tests.web.pages.conftest import Work, lines_of, text_of

THINGS = {
    "label": "Thing",
    "title": "name",
    "fields": {"name": {"type": "text"}, "department": {"type": "department"}},
    "views": {
        "all": {"type": "grid", "label": "All", "sort": ["name"]},
        "board": {"type": "kanban", "label": "Board", "by": "department"},
    },
}


@pytest.fixture
def ben(work: Work) -> str:
    added = accounts.add_person(
        work.site.stores, work.membership.id, email="ben@example.com", name="Ben", password=PASSWORD, role="member"
    )
    return added.id


def tree(work: Work) -> dict[str, departments.Department]:
    with work.site.stores.workspace(work.membership.id).read(shop.principal(work.who)) as session:
        return {one.name: one for one in departments.tree(session)}


def add(work: Work, name: str, parent: str = "", head: str = "") -> Response:
    return work.post("/departments", name=name, parent=parent, head=head)


def test_departments_are_added_changed_moved_and_removed(work: Work, ben: str) -> None:
    assert "No departments yet" in text_of(work.get("/departments"))
    add(work, "Sales", head=ben)
    add(work, "East", tree(work)["Sales"].id)
    answer = add(work, "Service")
    assert "Added Service." in text_of(answer)
    assert "headed by Ben" in text_of(answer)
    found = tree(work)
    work.post(f"/departments/{found['Service'].id}/place", place="0")
    assert list(tree(work)) == ["Service", "Sales", "East"]
    east = found["East"].id
    work.post(f"/departments/{east}", name="Far East", parent=found["Service"].id, head=work.who)
    moved = tree(work)["Far East"]
    assert (moved.spelled, moved.head) == ("Service / Far East", work.who)
    work.post(f"/departments/{east}/people", person=["", ben])
    assert "checked" in work.get(f"/departments/{east}").text
    refused = work.post(f"/departments/{east}/removal")
    assert refused.status_code == 422
    assert "Move them first" in refused.text
    work.post(f"/departments/{east}/people", person=[""])
    assert "The department is removed." in text_of(work.post(f"/departments/{east}/removal"))
    assert work.get(f"/departments/{east}").status_code == 404


def test_what_is_wrong_comes_back_at_its_field(work: Work) -> None:
    add(work, "Sales")
    sales = tree(work)["Sales"].id
    again = add(work, "SALES")
    assert again.status_code == 422
    assert "There is a department SALES here already." in again.text
    assert 'value="SALES"' in again.text
    under_itself = work.post(f"/departments/{sales}", name="Sales", parent=sales, head="")
    assert under_itself.status_code == 422
    assert "It would lie under itself: Sales › Sales." in under_itself.text


def test_people_say_where_they_work_and_whom_they_report_to(work: Work, ben: str) -> None:
    add(work, "Sales")
    page = f"/people/{ben}"
    assert "Sales" in work.get(page).text
    saved = work.post(page, department=tree(work)["Sales"].id, manager=work.who)
    assert "Sales · reports to Ada" in text_of(saved)
    wrong = work.post(page, department="", manager=ben)
    assert wrong.status_code == 422
    assert "Nobody can report to themselves: Ben › Ben." in wrong.text
    with work.site.stores.workspace(work.membership.id).read() as session:
        held = {one.name: (one.department, one.manager) for one in people.everybody(session)}
    assert held["Ben"] == (tree(work)["Sales"].id, work.who)
    assert work.get("/people/usr00000000000009").status_code == 404


def test_others_only_look(work: Work, guest: Work) -> None:
    add(work, "Sales")
    sales = tree(work)["Sales"].id
    shown = guest.get("/departments")
    assert "Sales" in text_of(shown)
    assert "Add a department" not in shown.text
    assert "Save department" not in guest.get(f"/departments/{sales}").text
    assert guest.get(f"/people/{work.who}").status_code == 403
    for path in ("/departments", f"/departments/{sales}", f"/departments/{sales}/removal", f"/people/{work.who}"):
        assert guest.post(path, name="Mine").status_code == 403
    assert guest.post(f"/departments/{sales}/place", place="0").status_code == 403
    assert guest.post(f"/departments/{sales}/people", person=guest.who).status_code == 403


def test_a_field_of_departments_is_drawn_chosen_filtered_and_stacked(work: Work) -> None:
    add(work, "Sales")
    add(work, "East", tree(work)["Sales"].id)
    found = tree(work)
    sales, east = found["Sales"].id, found["East"].id
    with work.site.stores.workspace(work.membership.id).write(shop.principal(work.who)) as session:
        apps.apply(session, {**shop.SHOP, "tables": {**shop.SHOP["tables"], "things": THINGS}})
        given = [{"name": "a", "department": sales}, {"name": "b", "department": east}, {"name": "c"}]
        made = records.create(session, "shop.things", given)
    here = "/apps/shop/things/views/all"
    grid = work.get(here)
    assert re.search(r'class="chip"><span>East</span>', grid.text)
    assert f'<option value="{east}">Sales / East</option>' in grid.text
    assert lines_of(work.get(f"{here}?department__is_under={sales}")) == ["a", "b"]
    assert lines_of(work.get(f"{here}?department__is={east}")) == ["b"]
    assert lines_of(work.get(f"{here}?department__is_mine=")) == []
    line = work.post(f"{here}/cells/{made[2]}", htmx="tr", department=east)
    assert "East" in line.text
    sheet = work.get(f"/apps/shop/things/records/{made[0]}")
    assert f'<option value="{sales}" selected>Sales</option>' in sheet.text
    board = text_of(work.get("/apps/shop/things/views/board"))
    assert board.index("Sales") < board.index("East")
    with work.site.stores.workspace(work.membership.id).write(shop.principal(work.who)) as session:
        records.update(session, "shop.things", {made[0]: {"department": east}})
        departments.change(session, east, parent=None)
        departments.remove(session, sales)
    history = text_of(work.get(f"/apps/shop/things/records/{made[0]}"))
    assert "Sales → East" in history
    assert [one.values["department"] for one in work.find(Query("shop.things", sort=["name"]))] == [east, east, east]


def undo_of(answer: Response) -> str:
    """Where the toast's Undo goes."""
    line = re.search(r'data-toast>.*?action="[^"]*?(/departments/[^"]+)"', answer.text, re.DOTALL)
    assert line, answer.text
    return html.unescape(line[1])


def test_what_was_done_to_departments_is_taken_back(work: Work, ben: str) -> None:
    add(work, "Sales", head=ben)
    add(work, "Service")
    before = tree(work)
    sales, service = before["Sales"].id, before["Service"].id
    acts: list[Callable[[], Response]] = [
        lambda: work.post(f"/departments/{service}", name="Help", parent=sales, head=work.who),
        lambda: work.post(f"/departments/{service}/place", place="0"),
        lambda: work.post(f"/departments/{service}/removal"),
        lambda: add(work, "East"),
    ]
    for act in acts:
        answer = act()
        assert list(tree(work).values()) != list(before.values())
        work.post(undo_of(answer))
        assert list(tree(work).values()) == list(before.values())


def test_people_are_put_back_where_they_were(work: Work, ben: str) -> None:
    add(work, "Sales")
    add(work, "Service")
    sales, service = (tree(work)[name].id for name in ("Sales", "Service"))
    work.post(f"/departments/{sales}/people", person=["", ben])
    work.post(undo_of(work.post(f"/departments/{service}/people", person=["", ben, work.who])))
    assert [one.people for one in tree(work).values()] == [1, 0]
    work.post(undo_of(work.post(f"/people/{ben}", department=service, manager=work.who)))
    assert [one.people for one in tree(work).values()] == [1, 0]
    with work.site.stores.workspace(work.membership.id).read(shop.principal(work.who)) as session:
        assert {one.id: one.manager for one in people.everybody(session)}[ben] is None


def test_a_department_comes_back_with_its_roles(work: Work) -> None:
    add(work, "Sales")
    sales = tree(work)["Sales"].id
    with work.site.stores.workspace(work.membership.id).write(shop.principal(work.who)) as session:
        document = dict(apps.export(session, "shop"))
        reads = {key: {"read": True} for key in document["tables"]}
        apps.apply(session, {**document, "roles": {"rep": {"label": "Rep", "tables": reads}}})
        roles.give_department(session, "shop.rep", sales, only_head=True)
    work.post(undo_of(work.post(f"/departments/{sales}/removal")))
    with work.site.stores.workspace(work.membership.id).read(shop.principal(work.who)) as session:
        (held,) = roles.of_departments(session, "shop")
        assert (held.department.id, held.only_head) == (sales, True)
