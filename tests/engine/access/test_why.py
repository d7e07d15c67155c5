"""The explanation of who may what says what the door does, on both databases."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import apps, people, records, roles, why
from engine.access import judging
from engine.access.clauses import Clause
from engine.access.principals import Principal, guise, holding
from engine.errors import Forbidden, NotFound, Refused
from engine.people import Person
from engine.queries import Query
from engine.storage.savepoints import attempt
from engine.storage.session import Session
from tests.engine.access.conftest import Shop
from tests.engine.access.shop import ANA, APP, AS_ANA, AS_LEA, AS_REP, GUS, LEA, MINE, NEW, PEOPLE, REP, app
from tests.engine.access.test_reference import RECORDS, condition, rule, written
from tests.support.statements import counted


class Over(Exception):
    """Nothing of this transaction shall stay."""


def _does(session: Session, act: Callable[[], Any]) -> bool:
    """Whether the door lets somebody do it; it is taken back at once."""
    done = False
    try:
        with attempt(session):
            act()
            done = True
            raise Over
    except (Over, Refused, NotFound, Forbidden):
        return done


FIELDS = ("phone", "memo")
role = st.fixed_dictionaries(
    dict.fromkeys(("read", "update", "delete"), rule),
    optional={
        "where": condition,
        "phone": st.sampled_from(["hidden", "read_only", "open"]) | condition | st.tuples(st.just("set"), condition),
        "*": st.sampled_from(["hidden", "read_only"]),
    },
)


def document(roles: list[dict[str, Any]]) -> dict[str, Any]:
    """The app with these roles on its accounts."""
    made = copy.deepcopy(APP)
    made["tables"]["accounts"]["fields"]["memo"] = {"type": "text"}
    del made["tables"]["deals"]["fields"]["stage"]["transitions"]
    made["roles"] = {f"role_{number}": {"tables": {"accounts": _access(one)}} for number, one in enumerate(roles)}
    return made


def _access(one: dict[str, Any]) -> dict[str, Any]:
    acts = {act: written(one[act]) if one["read"] is not False else False for act in ("read", "update", "delete")}
    where = {"where": written(one["where"])} if "where" in one else {}
    return {**where, **acts, "fields": {key: _said(one[key]) for key in ("phone", "*") if key in one}}


def _said(given: Any) -> Any:
    if isinstance(given, str):
        return given
    return {"set": written(given[1])} if given[0] == "set" else written(given)


def explained(session: Session, record: str, whom: Principal) -> dict[str, bool]:
    whole = why.of_record(session, "crm.accounts", record, whom).verdicts
    found: dict[str, bool] = {act: one.may for act, one in whole.items()}
    for key in FIELDS:
        of_field = why.of_field(session, "crm.accounts", record, key, whom).verdicts
        found |= {f"{act} {key}": one.may for act, one in of_field.items()}
        assert all(one.says and one.roles for one in of_field.values())
    for one in whole.values():
        assert one.says
        assert one.may == any(saying.allows for saying in one.roles)
    return found


def done(session: Session, record: str, whom: Principal) -> dict[str, bool]:
    """What the door lets them do."""
    theirs, table = session.in_guise(whom), "crm.accounts"
    try:
        seen = dict(records.get(theirs, table, record).values)
    except NotFound:
        seen = {}
    found = {
        "see": bool(seen),
        "change": not judging.problems(theirs, table, "before", {record: ()}),
        "delete": _does(session, lambda: records.delete(theirs, table, [record])),
    }
    for key in FIELDS:
        found[f"see {key}"] = seen.get(key) is not None
        found[f"change {key}"] = _does(session, partial(records.update, theirs, table, {record: {key: "new"}}))
    return found


@settings(
    max_examples=settings().max_examples // 8,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(roles=st.lists(role, min_size=1, max_size=3), person=st.sampled_from([REP, LEA, None]))
def test_what_is_said_is_what_is_done(shop: Shop, roles: list[dict[str, Any]], person: str | None) -> None:
    if not shop.find("accounts"):
        shop.create("accounts", *RECORDS)
    whom = holding([f"crm.role_{number}" for number in range(len(roles))], person)
    try:
        with shop.workspace.write(AS_ANA) as session:
            apps.apply(session, document(roles))
            ids = [one.id for one in records.find(session, Query("crm.accounts")).records]
            records.update(session, "crm.accounts", {one: {"memo": "old"} for one in ids})
            for one in ids:
                assert explained(session, one, whom) == done(session, one, whom)
            raise Over
    except Over:
        pass


@pytest.fixture
def filled(shop: Shop) -> dict[str, str]:
    """Accounts by name."""
    given = [
        {"name": "Mine", "owner": REP, "phone": "111", "credit": 50},
        {"name": "Other", "owner": ANA, "phone": "222", "claimed": True},
    ]
    return dict(zip(("Mine", "Other"), shop.create("accounts", *given), strict=True))


def said(shop: Shop, record: str, who: str, key: str = "", table: str = "crm.accounts") -> dict[str, list[str]]:
    """Yes or no for each act with the reasons, then what would change it."""
    with shop.workspace.read(AS_ANA) as session:
        whom = why.of_person(session, who)
        answer = why.of_field(session, table, record, key, whom) if key else why.of_record(session, table, record, whom)
    return {
        act: ["yes" if one.may else "no", *map(str, one.says), *map(str, one.would)]
        for act, one in answer.verdicts.items()
    }


def test_reasons_in_words(shop: Shop, filled: dict[str, str]) -> None:
    assert said(shop, filled["Mine"], REP) == {
        "see": ["yes", "Sales rep allows it."],
        "change": ["yes", "Sales rep allows it."],
        "delete": ["no", "No role of Rep allows it for this record.", "Give Rep the role Team lead."],
    }
    would = ["Make Rep the Owner.", "Give Rep the role Team lead."]
    assert said(shop, filled["Other"], REP)["see"] == ["no", "No role of Rep allows it for this record.", *would]
    assert said(shop, filled["Other"], LEA)["delete"] == ["yes", "Team lead allows it."]
    limits = "No role limits Ana, who owns or builds this workspace."
    assert said(shop, filled["Other"], ANA)["delete"] == ["yes", limits]
    assert said(shop, filled["Mine"], NEW)["see"] == [
        "no", "No role of New shows Accounts.", "Give New the role Team lead.",
    ]  # fmt: skip
    assert said(shop, filled["Mine"], GUS)["change"] == [
        "no", "Gus is a guest, and guests change nothing.", "Make Gus a member of the workspace.",
    ]  # fmt: skip


def test_reasons_of_fields(shop: Shop, filled: dict[str, str]) -> None:
    mine, lead = filled["Mine"], "Give Rep the role Team lead."
    assert said(shop, mine, REP, "credit")["see"] == [
        "no",
        "Every role of Rep that shows the record hides Credit.",
        lead,
    ]
    assert said(shop, mine, REP, "twice") == {
        "see": ["no", "Twice is worked out from Credit, which Rep does not see in every record.", lead],
        "change": ["no", "Nobody sets Twice: it is worked out or filled in by itself."],
    }
    assert said(shop, mine, REP, "phone")["see"] == [
        "no", "Phone is seen only where a rule holds, and none does for this record.",
        "It would be so if this held: {claimed}", lead,
    ]  # fmt: skip
    assert said(shop, mine, REP, "level") == {
        "see": ["yes", "Sales rep allows it."],
        "change": ["no", "No role of Rep allows it for this record.", lead],
    }
    assert said(shop, filled["Other"], REP, "name")["see"][:2] == ["no", "Rep does not see this record."]
    (deal,) = shop.create("deals", {"title": "D", "account": mine})
    closed = "Account name is worked out from Accounts, of which Rep does not see all records."
    assert said(shop, deal, REP, "account_name", "crm.deals")["see"] == ["no", closed, lead]
    shop.update("accounts", mine, claimed=True)
    assert said(shop, mine, REP, "phone")["see"] == ["yes", "Sales rep allows it."]
    with pytest.raises(NotFound):
        said(shop, mine, REP, "nope")


def test_a_rule_is_told_at_its_place_with_the_part_that_does_not_hold(shop: Shop, filled: dict[str, str]) -> None:
    rule = {"any": [MINE, '=AND({claimed}, {credit} > 10, NOT(({level}) = "b"))']}
    shop.install(app(rep={"label": "Sales rep", "tables": {"accounts": {"read": rule}}}))
    with shop.workspace.read(AS_ANA) as session:
        answer = why.of_record(session, "crm.accounts", filled["Other"], why.of_person(session, REP))
    (one,) = answer.verdicts["see"].roles
    assert isinstance(one.said, Clause)
    assert [(each.at.removeprefix("/roles/rep/tables/"), each.text, each.holds) for each in one.said.whole] == [
        ("accounts/read", '({owner} = ME()) or (AND({claimed}, {credit} > 10, NOT(({level}) = "b")))', False),
        ("accounts/read/any/0", "{owner} = ME()", False),
        ("accounts/read/any/1", 'AND({claimed}, {credit} > 10, NOT(({level}) = "b"))', False),
        ("accounts/read/any/1", "{claimed}", True),
        ("accounts/read/any/1", "{credit} > 10", False),
        ("accounts/read/any/1", 'NOT(({level}) = "b")', True),
    ]
    facts = {".".join(path): fact.values for path, fact in answer.facts.items()}
    assert facts == {"owner": (ANA,), "claimed": (True,), "credit": (None,), "level": (None,)}
    assert answer.asking == {"ME": ("Rep",)}
    assert [str(each) for each in answer.verdicts["see"].would] == [
        "Make Rep the Owner.", "It would be so if this held: {credit} > 10", "Give Rep the role Team lead.",
    ]  # fmt: skip


def test_values_are_told_along_links(shop: Shop, filled: dict[str, str]) -> None:
    rule = {"read": "={account.owner} = ME()"}
    shop.install(app(rep={"label": "Sales rep", "tables": {"deals": rule, "accounts": {"read": True}}}))
    (deal,) = shop.create("deals", {"title": "D", "account": filled["Other"]})
    with shop.workspace.read(AS_ANA) as session:
        answer = why.of_record(session, "crm.deals", deal, why.of_person(session, REP))
    assert [(fact.labels, fact.values) for fact in answer.facts.values()] == [(("Account", "Owner"), (ANA,))]
    assert str(answer.verdicts["see"].would[0]) == "Make Rep the Owner of Account."


def test_who_is_gone_or_switched_off_may_nothing(shop: Shop, filled: dict[str, str]) -> None:
    with shop.workspace.write(AS_ANA) as session:
        people.mirror(session, [one for one in PEOPLE if one.id != LEA])
    assert said(shop, filled["Mine"], LEA)["see"] == ["no", "Lea does not belong to this workspace (any more)."]
    with shop.workspace.read(AS_ANA) as session:
        off = why.of_record(session, "crm.accounts", filled["Mine"], AS_REP, off={REP})
        assert [str(one.says[0]) for one in off.verdicts.values()] == ["The account of Rep is switched off."] * 3
        seen = {
            one.person.id: one.may["see"] for one in why.everybody(session, "crm.accounts", filled["Mine"], off={REP})
        }
    assert seen == {ANA: True, REP: False, GUS: False, NEW: False}


def test_what_is_locked_is_locked_for_everybody(shop: Shop, filled: dict[str, str]) -> None:
    document = app()
    document["tables"]["accounts"]["locks"] = {
        "done": {"when": "={claimed}", "message": "It is done.", "free": ["phone"]}
    }
    shop.install(document)
    assert said(shop, filled["Other"], ANA)["delete"] == ["no", "It is done."]
    assert said(shop, filled["Other"], ANA)["change"][0] == "yes"  # its phone
    assert said(shop, filled["Other"], ANA, "name")["change"] == ["no", "It is done."]
    assert said(shop, filled["Other"], ANA, "phone")["change"][0] == "yes"


def test_only_who_gives_access_and_sees_the_record_may_ask(shop: Shop, filled: dict[str, str]) -> None:
    for asker in (AS_LEA, guise(AS_REP)):
        with shop.workspace.read(asker) as session, pytest.raises(Forbidden):
            why.of_record(session, "crm.accounts", filled["Mine"], AS_REP)
    with shop.workspace.read(AS_ANA) as session, pytest.raises(NotFound):
        why.everybody(session, "crm.accounts", "recNope")


def test_the_list_of_everybody_costs_the_same_for_every_record(shop: Shop, filled: dict[str, str]) -> None:
    numbers = []
    for _again in range(3):
        with counted(shop.workspace) as asked, shop.workspace.read(AS_ANA) as session:
            may = {one.person.name: one.may for one in why.everybody(session, "crm.accounts", filled["Mine"])}
        numbers.append(len(asked))
        shop.create("accounts", *({"name": f"A{number}", "owner": REP} for number in range(20)))
    assert may["Rep"] == {"see": True, "change": True, "delete": False}
    assert may["Lea"] == may["Ana"] == {"see": True, "change": True, "delete": True}
    assert numbers[1] == numbers[2]


def test_the_list_asks_once_for_each_person_whose_rules_ask(shop: Shop, filled: dict[str, str]) -> None:
    def asked() -> int:
        with counted(shop.workspace) as said, shop.workspace.read(AS_ANA) as session:
            why.everybody(session, "crm.accounts", filled["Mine"])
        return len(said)

    asked()  # who has which role is read once
    before = asked()
    more = [Person(f"usrMore{number}", f"More {number}", f"more{number}@example.com", "member") for number in range(9)]
    with shop.workspace.write(AS_ANA) as session:
        people.mirror(session, [*PEOPLE, *more])
        for one in more[:6]:
            roles.give(session, "crm.rep", one.id)
        roles.give(session, "crm.lead", more[7].id)
    asked()
    assert asked() == before + 6


def test_people_are_listed_page_by_page_and_found_by_name(shop: Shop, filled: dict[str, str]) -> None:
    def listed(**asked: Any) -> list[str]:
        with shop.workspace.read(AS_ANA) as session:
            return [one.person.name for one in why.everybody(session, "crm.accounts", filled["Mine"], **asked)]

    assert listed() == ["Ana", "Gus", "Lea", "New", "Rep"]
    assert listed(most=2) == ["Ana", "Gus"]
    assert listed(most=2, after=GUS) == ["Lea", "New"]
    assert listed(most=2, after=REP) == []
    assert listed(search="REP@") == ["Rep"]
    with counted(shop.workspace) as all_asked:
        listed()
    with counted(shop.workspace) as asked:
        listed(most=2)
    assert len(asked) < len(all_asked)
