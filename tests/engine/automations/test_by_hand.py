"""Running an automation because somebody asks for it."""

from __future__ import annotations

import pytest

from engine import audit, automations
from engine.access.principals import person
from engine.automations import by_hand
from engine.errors import Forbidden, NotFound, Refused
from tests.engine.automations.test_starts import created, matches
from tests.support.house import BOB, OWNER, House

HOT = {"field": "stage", "op": "is", "value": "won"}


def run(house: House, *ids: str, automation: str = "crm.a") -> list[str]:
    with house.workspace.write(OWNER) as session:
        return by_hand.run(session, automation, ids)


def why(house: House, *ids: str) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as refused:
        run(house, *ids)
    return [(one.at, str(one.says)) for one in refused.value.problems]


def test_it_runs_for_the_chosen_records_each_once(house: House) -> None:
    house.install({"a": created()})
    first, second = house.create("deals", title="One"), house.create("deals", title="Two")
    house.work()
    house.update("deals", second, note="")
    made = run(house, second, first, second)
    of = {one.id: one.record_id for one in house.runs()}
    assert [of[one] for one in made] == [second, first]
    house.work()
    assert house.get("deals", second)["note"] == "seen"


def test_it_may_be_off_and_its_own_conditions_are_asked(house: House) -> None:
    house.install({"a": created(conditions=HOT)})
    open_, won = house.create("deals", title="Open", stage="open"), house.create("deals", title="Won", stage="won")
    house.work()
    with house.workspace.write(OWNER) as session:
        automations.pause(session, "crm.a")
    run(house, open_, won)
    house.work()
    newest = {one.record_id: one.status for one in house.runs()[:2]}
    assert newest == {open_: "skipped", won: "done"}


def test_a_record_must_be_there_and_match_what_is_waited_for(house: House) -> None:
    house.install({"a": matches()})
    open_, won = house.create("deals", title="Open", stage="open"), house.create("deals", title="Won", stage="won")
    before = len(house.runs())
    assert why(house, won, open_, "rec00000000000000") == [
        ("/records/1", "This record does not match what the automation waits for."),
        ("/records/2", "There is no such record (any more)."),
    ]
    assert len(house.runs()) == before
    assert len(run(house, won)) == 1
    with house.workspace.read(OWNER) as session:
        assert by_hand.offered(session, "crm.a", "") == [(won, "Won")]
        assert by_hand.offered(session, "crm.a", "open") == []


def test_there_is_an_end_to_how_many(house: House) -> None:
    house.install({"a": created()})
    assert [at for at, _says in why(house)] == ["/records"]
    assert [at for at, _says in why(house, *(f"rec{n:014}" for n in range(by_hand.MOST + 1)))] == ["/records"]
    with pytest.raises(NotFound):
        run(house, "rec00000000000000", automation="crm.nothing")


def test_only_who_builds_may_and_it_is_noted(house: House) -> None:
    house.install({"a": created()})
    deal = house.create("deals", title="One")
    with pytest.raises(Forbidden), house.workspace.write(person(BOB, "member")) as session:
        by_hand.run(session, "crm.a", [deal])
    with pytest.raises(Forbidden), house.workspace.read(person(BOB, "member")) as session:
        by_hand.offered(session, "crm.a", "")
    run(house, deal)
    with house.workspace.read(OWNER) as session:
        newest = audit.entries(session, limit=1)[0]
    assert (newest.act, newest.about["records"]) == ("automation.run", [deal])
