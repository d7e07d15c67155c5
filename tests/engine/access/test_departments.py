"""Roles that departments have: whoever is in one then, or heads it, has them from the next request on."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from engine import audit, departments, roles
from engine.access.principals import Principal, person
from engine.errors import Forbidden, NotFound, Refused
from engine.storage.session import Session
from tests.engine.access.conftest import Shop
from tests.engine.access.shop import AS_ANA, AS_GUS, AS_NEW, GUS, LEA, NEW, REP, app

Places = Mapping[str, str]


@pytest.fixture
def places(shop: Shop) -> Places:
    """Sales with East below it, headed by Lea; New belongs to East."""
    with shop.workspace.write(AS_ANA) as session:
        sales = departments.create(session, "Sales", head=LEA)
        east = departments.create(session, "East", sales)
        departments.assign(session, [NEW], east)
    shop.create("accounts", {"name": "New's", "owner": NEW}, {"name": "Ana's"})
    return {"Sales": sales, "East": east}


def give(shop: Shop, role: str, department: str, *, only_head: bool = False, by: Principal = AS_ANA) -> None:
    with shop.workspace.write(by) as session:
        roles.give_department(session, role, department, only_head=only_head)


def take(shop: Shop, role: str, department: str) -> None:
    with shop.workspace.write(AS_ANA) as session:
        roles.take_department(session, role, department)


def held(shop: Shop, principal: Principal) -> list[str]:
    with shop.workspace.read(principal) as session:
        return session.roles["crm"]


def test_everybody_in_a_department_and_below_it_has_its_role(shop: Shop, places: Places) -> None:
    assert held(shop, AS_NEW) == ["looker"]
    give(shop, "crm.rep", places["Sales"])
    assert held(shop, AS_NEW) == ["rep"]
    assert held(shop, person(LEA)) == ["rep", "lead"]  # who heads it is in it, beside what she has by herself
    assert shop.names("accounts", AS_NEW) == ["New's"]
    take(shop, "crm.rep", places["Sales"])
    assert held(shop, AS_NEW) == ["looker"]


def test_the_head_only(shop: Shop, places: Places) -> None:
    give(shop, "crm.lead", places["East"], only_head=True)
    assert held(shop, AS_NEW) == ["looker"]
    with shop.workspace.write(AS_ANA) as session:
        departments.change(session, places["East"], head=NEW)
    assert held(shop, AS_NEW) == ["lead"]
    give(shop, "crm.lead", places["East"])  # the same role to all of it
    with shop.workspace.write(AS_ANA) as session:
        departments.change(session, places["East"], head=None)
    assert held(shop, AS_NEW) == ["lead"]


def test_the_head_above_is_not_the_head_below(shop: Shop, places: Places) -> None:
    with shop.workspace.write(AS_ANA) as session:
        departments.change(session, places["East"], head=NEW)
    give(shop, "crm.looker", places["Sales"], only_head=True)
    give(shop, "crm.rep", places["East"], only_head=True)
    assert held(shop, person(LEA)) == ["lead", "looker"]
    assert held(shop, AS_NEW) == ["rep"]


def _out(session: Session, places: Places) -> None:
    departments.assign(session, [NEW], None)


def _elsewhere(session: Session, places: Places) -> None:
    departments.assign(session, [NEW], departments.create(session, "Service"))


def _branch_moved(session: Session, places: Places) -> None:
    departments.change(session, places["East"], parent=None)


@pytest.mark.parametrize("move", [_out, _elsewhere, _branch_moved])
def test_who_is_moved_out_has_it_no_more_at_once(shop: Shop, places: Places, move) -> None:  # type: ignore[no-untyped-def]
    give(shop, "crm.rep", places["Sales"])
    assert shop.names("accounts", AS_NEW) == ["New's"]
    with shop.workspace.write(AS_ANA) as session:
        move(session, places)
    assert held(shop, AS_NEW) == ["looker"]
    with pytest.raises(NotFound):
        shop.find("accounts", AS_NEW)


def test_a_role_goes_with_its_department(shop: Shop, places: Places) -> None:
    give(shop, "crm.rep", places["East"])
    with shop.workspace.write(AS_ANA) as session:
        departments.assign(session, [NEW], None)
        departments.remove(session, places["East"])
    with shop.workspace.read(AS_ANA) as session:
        assert roles.of_departments(session, "crm") == []


def test_guests_look_only_whatever_their_department_has(shop: Shop, places: Places) -> None:
    give(shop, "crm.lead", places["East"])
    with shop.workspace.write(AS_ANA) as session:
        departments.assign(session, [GUS], places["East"])
    assert shop.names("accounts", AS_GUS) == ["Ana's", "New's"]
    with pytest.raises(Forbidden):
        shop.create("accounts", {"name": "Gus's"}, by=AS_GUS)


def test_who_has_what_and_why_is_told(shop: Shop, places: Places) -> None:
    give(shop, "crm.rep", places["Sales"])
    give(shop, "crm.lead", places["Sales"], only_head=True)
    with shop.workspace.read(AS_ANA) as session:
        told = {one.person.id: one for one in roles.of_app(session, "crm")}
        inside = [(one.department.spelled, one.role.key, one.only_head) for one in roles.of_departments(session, "crm")]
        says = [str(one.says) for one in audit.entries(session)][:2]
    assert [(one.role.key, one.department) for one in told[NEW].through] == [("rep", "Sales")]
    assert [(one.role.key, one.department) for one in told[LEA].through] == [("rep", "Sales"), ("lead", "Sales")]
    assert [role.key for role in told[LEA].roles] == ["lead", "rep"]
    assert [role.key for role in told[REP].given] == ["rep"]
    assert inside == [("Sales", "rep", False), ("Sales", "lead", True)]
    assert says == [
        "gave the role Team lead to the head of the department Sales",
        "gave the role Sales rep to the department Sales",
    ]


def test_only_builders_give_and_only_what_there_is(shop: Shop, places: Places) -> None:
    with pytest.raises(Forbidden):
        give(shop, "crm.lead", places["East"], by=AS_NEW)
    with pytest.raises(Forbidden):
        give(shop, "crm.lead", places["East"], by=person(LEA))  # who heads it gives no more than others do
    with pytest.raises(NotFound):
        give(shop, "crm.nope", places["East"])
    with pytest.raises(Refused) as refused:
        give(shop, "crm.rep", "dep0")
    assert refused.value.problems[0].at == "/department"


@pytest.mark.parametrize(
    ("default", "members", "guests"),
    [(True, ["looker"], ["looker"]), ("members", ["looker"], []), ("guests", [], ["looker"]), (False, [], [])],
)
def test_whose_role_it_is_by_default(shop: Shop, default: bool | str, members: list[str], guests: list[str]) -> None:
    shop.install(app(looker={"default": default, "tables": {"tags": {"read": True}}}))
    assert held(shop, AS_NEW) == members
    assert held(shop, AS_GUS) == guests
    assert held(shop, person(REP)) == ["rep"]
