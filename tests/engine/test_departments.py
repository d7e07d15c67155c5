"""Departments: the tree, who belongs to it, and what records, filters and expressions know of it."""

from __future__ import annotations

from typing import Any

import pytest

from engine import departments, people, queries, records
from engine.access.principals import Principal, person, public_form
from engine.definitions.language import Condition
from engine.errors import Forbidden, NotFound, Refused
from engine.people import Person
from engine.queries import Query
from engine.storage.session import Session
from engine.storage.stores import Workspace
from engine.verifying import verify
from tests.support.workspaces import OWNER_ID, install

ADA, BEN, CAI, DEE = OWNER_ID, "usr00000000000002", "usr00000000000003", "usr00000000000004"
PEOPLE = [
    Person(ADA, "Ada", "ada@example.com", "owner"),
    Person(BEN, "Ben", "ben@example.com", "member"),
    Person(CAI, "Cai", "cai@example.com", "member"),
    Person(DEE, "Dee", "dee@example.com", "member"),
]
TABLES: dict[str, Any] = {
    "regions": {
        "title": "name",
        "fields": {"name": {"type": "text"}, "department": {"type": "department", "label": "Run by"}},
    },
    "deals": {
        "title": "name",
        "fields": {
            "name": {"type": "text"},
            "department": {"type": "department", "default": "=FIRST(MY_DEPARTMENTS())"},
            "owner": {"type": "user"},
            "team": {"type": "users"},
            "region": {"type": "link", "to": "regions", "inverse": "deals"},
            "run_by": {"type": "lookup", "through": "region", "field": "department"},
            "run_then": {"type": "snapshot", "through": "region", "field": "department"},
            "is_mine": {"type": "formula", "formula": "{department} IN MY_DEPARTMENTS()"},
            "words": {"type": "formula", "formula": '{name} & " of " & {department}'},
        },
    },
}
Places = dict[str, str]


@pytest.fixture
def company(workspace: Workspace, owner: Principal) -> Workspace:
    with workspace.write(owner) as session:
        people.mirror(session, PEOPLE)
    return workspace


@pytest.fixture
def places(company: Workspace, owner: Principal) -> Places:
    """Sales with East and West, East with North, and Service; Ben heads Sales, Cai works in East, Dee in Service."""
    with company.write(owner) as session:
        sales = departments.create(session, "Sales", head=BEN)
        east = departments.create(session, "East", sales)
        made = {
            "Sales": sales,
            "East": east,
            "North": departments.create(session, "North", east),
            "West": departments.create(session, "West", sales),
            "Service": departments.create(session, "Service"),
        }
        departments.assign(session, [CAI], east)
        departments.assign(session, [DEE], made["Service"])
    return made


@pytest.fixture
def deals(company: Workspace, owner: Principal, places: Places) -> Workspace:
    """A deal for each department, called like it in lower case, and one of none."""
    install(company, owner, TABLES)
    with company.write(owner) as session:
        given: list[dict[str, Any]] = [{"name": name.lower(), "department": one} for name, one in places.items()]
        records.create(session, "shop.deals", [*given, {"name": "none", "department": None}])
    return company


def shape(session: Session) -> list[str]:
    return ["  " * one.depth + one.name for one in departments.tree(session)]


def refusal(refused: pytest.ExceptionInfo[Refused]) -> list[tuple[str, str]]:
    return [(one.at, one.says) for one in refused.value.problems]


def found(company: Workspace, asker: Principal, condition: Any) -> list[str]:
    with company.read(asker) as session:
        page = records.find(session, Query("shop.deals", [condition], ["name"])).records
        return [one.values["name"] for one in page]


def test_the_tree_is_listed_from_the_top_with_how_many_belong_to_each(company: Workspace, places: Places) -> None:
    with company.read(person(BEN)) as session:
        assert shape(session) == ["Sales", "  East", "    North", "  West", "Service"]
        tree = {one.id: one for one in departments.tree(session)}
        north, east = tree[places["North"]], tree[places["East"]]
        assert (north.spelled, north.parent, north.people) == ("Sales / East / North", places["East"], 0)
        assert (east.people, tree[places["Sales"]].head) == (1, BEN)


def test_departments_are_renamed_and_moved_with_all_below_them(
    company: Workspace, owner: Principal, places: Places
) -> None:
    with company.write(owner) as session:
        departments.change(session, places["East"], name="  Far   East ", parent=places["Service"])
        departments.change(session, places["Service"], place=0)
        assert shape(session) == ["Service", "  Far East", "    North", "Sales", "  West"]
        departments.change(session, places["West"], parent=None, place=1)
        assert shape(session) == ["Service", "  Far East", "    North", "West", "Sales"]


def test_no_department_lies_under_itself_and_no_two_beside_each_other_have_one_name(
    company: Workspace, owner: Principal, places: Places
) -> None:
    with company.write(owner) as session:
        with pytest.raises(Refused) as refused:
            departments.change(session, places["Sales"], parent=places["North"])
        way = "It would lie under itself: Sales › North › East › Sales."
        assert refusal(refused) == [("/parent", way)]
        with pytest.raises(Refused) as refused:
            departments.change(session, places["East"], parent=places["East"])
        assert refusal(refused) == [("/parent", "It would lie under itself: East › East.")]
        with pytest.raises(Refused) as refused:
            departments.change(session, places["West"], name="EAST")
        assert refusal(refused) == [("/name", "There is a department EAST here already.")]
        with pytest.raises(Refused) as refused:
            departments.create(session, " ", "dep00000000000009", "usr00000000000009")
        assert [at for at, _says in refusal(refused)] == ["/name", "/parent", "/head"]
        departments.create(session, "East", places["Service"])  # elsewhere there may be another
        assert sorted(departments.names(session)[one] for one in places.values()) == [
            "North",
            "Sales",
            "Sales / East",
            "Service",
            "West",
        ]


def test_only_so_many_levels(company: Workspace, owner: Principal, places: Places) -> None:
    with company.write(owner) as session:
        at = None
        for number in range(departments.DEEPEST):
            at = departments.create(session, f"{number}", at)
        with pytest.raises(Refused, match="at most 20 levels"):
            departments.create(session, "one more", at)
        above = departments.tree(session)[-2].id
        with pytest.raises(Refused, match="at most 20 levels"):
            departments.change(session, places["Sales"], parent=above)


def test_a_department_goes_only_when_nobody_and_nothing_is_in_it(
    company: Workspace, owner: Principal, places: Places
) -> None:
    with company.write(owner) as session:
        for name in ("Sales", "East", "Service"):
            with pytest.raises(Refused, match="Move them first"):
                departments.remove(session, places[name])
        departments.assign(session, [DEE], None)
        departments.remove(session, places["Service"])
        assert shape(session) == ["Sales", "  East", "    North", "  West"]
        assert departments.names(session)[places["Service"]] == "Service"
        with pytest.raises(NotFound):
            departments.change(session, places["Service"], name="Again")
        departments.create(session, "Service")
        departments.change(session, places["East"], parent=None, place=0)
        departments.change(session, places["East"], parent=places["Sales"], place=0)
        departments.create(session, "Last")
        assert shape(session)[-2:] == ["Service", "Last"]


def test_people_belong_to_one_department_and_have_a_manager(
    company: Workspace, owner: Principal, places: Places
) -> None:
    with company.write(owner) as session:
        departments.assign(session, [ADA, CAI], places["West"])
        departments.set_manager(session, CAI, BEN)
        departments.set_manager(session, BEN, ADA)
        with pytest.raises(Refused) as refused:
            departments.set_manager(session, ADA, CAI)
        assert refusal(refused) == [("/manager", "Nobody can report to themselves: Ada › Cai › Ben › Ada.")]
        with pytest.raises(Refused) as refused:
            departments.assign(session, [BEN, "usr00000000000009"], "dep00000000000009")
        assert [at for at, _says in refusal(refused)] == ["/people/1", "/department"]
        people.mirror(session, PEOPLE[:3])  # Dee has left; what the control store does not know stays
        held = {one.name: (one.department, one.manager) for one in people.everybody(session)}
        assert held == {"Ada": (places["West"], None), "Ben": (None, ADA), "Cai": (places["West"], BEN)}
        departments.remove(session, places["Service"])


def test_members_only_look(company: Workspace, places: Places) -> None:
    for act in (
        lambda session: departments.create(session, "Mine"),
        lambda session: departments.change(session, places["West"], name="Mine"),
        lambda session: departments.remove(session, places["West"]),
        lambda session: departments.assign(session, [BEN], places["West"]),
        lambda session: departments.change(session, places["West"], head=BEN),
        lambda session: departments.set_manager(session, CAI, BEN),
    ):
        with company.write(person(BEN)) as session, pytest.raises(Forbidden):
            act(session)


def test_a_field_holds_a_department_that_there_is_or_was(deals: Workspace, owner: Principal, places: Places) -> None:
    with deals.write(owner) as session:
        with pytest.raises(Refused) as refused:
            records.create(session, "shop.deals", [{"department": "dep00000000000009"}, {"department": "Sales"}])
        assert [one.at for one in refused.value.problems] == ["/0/department", "/1/department"]
        departments.remove(session, places["West"])
        (kept,) = records.create(session, "shop.deals", [{"name": "kept", "department": places["West"]}])
        assert records.get(session, "shop.deals", kept).values["department"] == places["West"]


def test_a_new_record_begins_with_the_department_of_who_makes_it(deals: Workspace, places: Places) -> None:
    for asker, wanted in {BEN: places["Sales"], CAI: places["East"], ADA: None}.items():
        with deals.write(person(asker)) as session:
            (one,) = records.create(session, "shop.deals", [{"name": "new"}])
            assert records.get(session, "shop.deals", one).values["department"] == wanted


@pytest.mark.parametrize(
    ("op", "named", "wanted"),
    [
        ("is", "East", ["east"]),
        ("is_not", "East", ["none", "north", "sales", "service", "west"]),
        ("is_any_of", ["East", "West"], ["east", "west"]),
        ("is_none_of", ["East", "West"], ["none", "north", "sales", "service"]),
        ("is_under", ["East"], ["east", "north"]),
        ("is_under", ["East", "Service"], ["east", "north", "service"]),
        ("is_empty", None, ["none"]),
        ("is_not_empty", None, ["east", "north", "sales", "service", "west"]),
    ],
)
def test_records_are_found_by_their_department(
    op: str, named: Any, wanted: list[str], deals: Workspace, owner: Principal, places: Places
) -> None:
    value = [places[one] for one in named] if isinstance(named, list) else places.get(named)
    condition = {"field": "department", "op": op} | ({} if value is None else {"value": value})
    assert found(deals, owner, condition) == wanted


def test_mine_is_what_i_belong_to_or_head_with_all_below(deals: Workspace, places: Places) -> None:
    sales = ["east", "north", "sales", "west"]
    for asker, wanted in {BEN: sales, CAI: ["east", "north"], DEE: ["service"], ADA: []}.items():
        conditions: list[Condition] = [
            {"field": "department", "op": "is_mine"},
            "={department} IN MY_DEPARTMENTS()",
            "=CONTAINS(MY_DEPARTMENTS(), {department})",
            "=ANY(MY_DEPARTMENTS(), {item} = {department})",
            {"field": "is_mine", "op": "is", "value": True},
        ]
        for condition in conditions:
            assert found(deals, person(asker), condition) == wanted, (asker, condition)
    nobody = public_form("shop", "deals", "none")
    with deals.read(nobody) as session:
        assert queries._rows_from(session, Query("shop.deals", ["={department} IN MY_DEPARTMENTS()"]), 10) == []


def test_people_are_in_my_department_who_belong_to_or_head_it(
    deals: Workspace, owner: Principal, places: Places
) -> None:
    with deals.write(owner) as session:
        for name, who in {"ada's": ADA, "ben's": BEN, "cai's": CAI, "dee's": DEE}.items():
            records.create(session, "shop.deals", [{"name": name, "owner": who, "team": [ADA, who]}])
    for asker, wanted in {BEN: ["ben's", "cai's"], CAI: ["cai's"], DEE: ["dee's"], ADA: []}.items():
        for field in ("owner", "team"):
            assert found(deals, person(asker), {"field": field, "op": "is_in_my_department"}) == wanted, asker


def test_what_depends_on_who_asks_or_on_the_tree_is_never_stored(deals: Workspace, owner: Principal) -> None:
    with deals.read(owner) as session:
        table = session.layout.table("shop.deals")
        assert not session.layout.stored(table.fields["is_mine"])
        assert not session.layout.stored(table.fields["words"])
        assert session.layout.stored(table.fields["run_by"])
        assert not list(verify(session))


def test_expressions_read_a_department_by_its_name(deals: Workspace, owner: Principal, places: Places) -> None:
    assert found(deals, owner, '={department} = "East"') == ["east"]
    assert found(deals, owner, '={words} = "north of North"') == ["north"]
    with deals.write(owner) as session:
        departments.change(session, places["North"], name="Up")
    assert found(deals, owner, '={words} = "north of Up"') == ["north"]
    assert found(deals, owner, f'={{department}} = "{places["North"]}"') == ["north"]


def test_a_department_is_looked_up_through_links(deals: Workspace, owner: Principal, places: Places) -> None:
    with deals.write(owner) as session:
        asia = {"name": "Asia", "department": places["East"]}
        (region,) = records.create(session, "shop.regions", [asia])
        east = found_id(session, "east")
        records.update(session, "shop.deals", {east: {"region": region}})
    assert found(deals, owner, {"field": "run_by", "op": "is", "value": places["East"]}) == ["east"]
    assert found(deals, person(CAI), {"field": "run_then", "op": "is_mine"}) == ["east"]
    assert found(deals, person(CAI), {"field": "run_by", "op": "is_mine"}) == ["east"]
    assert found(deals, person(DEE), {"field": "run_by", "op": "is_mine"}) == []
    for text in ("{deals.department} & '' = 'East'", "ARRAYJOIN({deals.department}) = 'East'"):
        with deals.read(owner) as session:
            assert [one.id for one in records.find(session, Query("shop.regions", [f"={text}"])).records] == [region]
    with deals.read(person(CAI)) as session:
        mine = {"field": "deals.department", "op": "is_mine"}
        conditions: list[Condition] = [mine, "=ANY({deals.department}, {item} IN MY_DEPARTMENTS())"]
        for condition in conditions:
            assert queries.count(session, Query("shop.regions", [condition])) == 1


def found_id(session: Session, name: str) -> str:
    where = {"field": "name", "op": "is", "value": name}
    return records.find(session, Query("shop.deals", [where])).records[0].id


def test_records_are_sorted_searched_and_counted_by_the_names_of_departments(
    deals: Workspace, owner: Principal, places: Places
) -> None:
    with deals.write(owner) as session:
        departments.change(session, places["Service"], name="After sales")

        def names(**asked: Any) -> list[str]:
            return [one.values["name"] for one in records.find(session, Query("shop.deals", **asked)).records]

        assert names(sort=["department"]) == ["service", "east", "north", "sales", "west", "none"]
        assert names(sort=["-department"]) == ["west", "sales", "north", "east", "service", "none"]
        assert names(search="after") == ["service"]
        first = records.find(session, Query("shop.deals", sort=["department"], limit=2))
        rest = records.find(session, Query("shop.deals", sort=["department"], limit=2, after=first.next))
        assert [one.values["name"] for one in rest.records] == ["north", "sales"]


def test_a_role_sees_and_changes_what_its_department_has(deals: Workspace, owner: Principal, places: Places) -> None:
    own = "={department} IN MY_DEPARTMENTS()"
    mine = {"any": [{"field": "department", "op": "is_mine"}, {"field": "owner", "op": "is_in_my_department"}]}
    role = {"label": "Sales", "default": True, "tables": {"deals": {"read": mine, "create": own, "update": own}}}
    install(deals, owner, TABLES, roles={"sales": role})
    with deals.write(owner) as session:
        records.create(session, "shop.deals", [{"name": "cai's", "owner": CAI, "department": None}])
    everything: Condition = {"all": []}
    assert found(deals, person(CAI), everything) == ["cai's", "east", "north"]
    assert found(deals, person(BEN), everything) == ["cai's", "east", "north", "sales", "west"]
    assert found(deals, person(ADA), everything) == []
    with deals.write(person(CAI)) as session:
        north = found_id(session, "north")
        records.update(session, "shop.deals", {north: {"name": "North"}})
        with pytest.raises((Forbidden, Refused)):
            records.update(session, "shop.deals", {north: {"department": places["Service"]}})
        with pytest.raises((Forbidden, Refused)):
            records.create(session, "shop.deals", [{"name": "x", "department": places["Service"]}])
