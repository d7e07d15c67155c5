"""With whose rights an automation acts: its app's, or those of the person who caused it (T-AUTO-01, T-IDOR-03)."""

from __future__ import annotations

from typing import Any

from engine import apps, automations, history, people, records, roles, trash
from engine.access.principals import Principal, person
from engine.access.scopes import Scope
from tests.support.house import ADA, BOB, OWNER, House

AS_BOB = person(BOB)
MINE = "={owner} = ME()"
ROLES: dict[str, Any] = {
    "rep": {
        "label": "Rep",
        "tables": {
            "deals": {"where": MINE, "read": True, "create": True, "update": True, "fields": {"score": "hidden"}},
            "tasks": {"read": True},
        },
    }
}
CREATED = {"type": "record_created", "table": "deals"}
TASK = {"task": {"action": "create_record", "table": "tasks", "values": {"subject": "={title}"}}}
NOTE = {"note": {"action": "update_record", "values": {"note": "seen"}}}


def install(house: House, **automations_: Any) -> None:
    house.install(automations_, roles=ROLES)
    with house.workspace.write(OWNER) as session:
        roles.give(session, "crm.rep", BOB)


def create(house: House, by: Principal, **values: Any) -> str:
    with house.workspace.write(by) as session:
        return records.create(session, "crm.deals", [values])[0]


def ends(house: House) -> list[tuple[str, str | None]]:
    """How the runs ended, oldest first."""
    house.work()
    return [(one.status, None if one.says is None else str(one.says)) for one in house.runs()]


def test_by_itself_an_automation_may_what_its_app_may(house: House) -> None:
    install(house, a={"trigger": CREATED, "steps": TASK})
    create(house, AS_BOB, title="One", owner=BOB)
    assert ends(house) == [("done", None)]
    assert [one["subject"] for one in house.all("tasks")] == ["One"]


def test_with_a_persons_rights_a_step_fails_that_they_may_not_do(house: House) -> None:
    install(house, a={"acts_as": "person", "trigger": CREATED, "steps": {**NOTE, **TASK}})
    deal = create(house, AS_BOB, title="One", owner=BOB)
    why = "With the rights of Bob: Your role lets you create no records here. Ask an owner for another role."
    assert ends(house) == [("failed", why)]
    assert house.get("deals", deal)["note"] == "seen"
    assert house.all("tasks") == []
    with house.workspace.read(OWNER) as session:
        noted = history.of_record(session, "crm.deals", deal)[0]
    assert (noted.by_kind, noted.user_id) == ("automation", BOB)


def test_an_owner_causes_what_an_owner_may(house: House) -> None:
    install(house, a={"acts_as": "person", "trigger": CREATED, "steps": TASK})
    create(house, OWNER, title="One")
    assert ends(house) == [("done", None)]


def test_what_the_person_does_not_see_goes_into_no_step(house: House) -> None:
    told = {"tell": {"action": "notify", "to": "={owner}", "message": "Score {{ score }}"}}
    install(house, a={"acts_as": "person", "trigger": CREATED, "steps": told})
    create(house, AS_BOB, title="One", owner=BOB)
    ((status, says),) = ends(house)
    assert status == "failed"
    assert says is not None
    assert says.startswith("With the rights of Bob: There is no field score.")


def test_the_person_is_who_they_are_when_it_acts(house: House) -> None:
    install(house, a={"acts_as": "person", "trigger": CREATED, "steps": NOTE})
    create(house, AS_BOB, title="One", owner=BOB)
    with house.workspace.write(OWNER) as session:
        roles.take(session, "crm.rep", BOB)
    ((status, says),) = ends(house)
    assert (status, says) == ("failed", "With the rights of Bob: There is no table crm.deals.")
    create(house, OWNER, title="Two", owner=BOB)
    with house.workspace.write(OWNER) as session:
        people.mirror(session, [people.Person(BOB, "Bob", "bob@example.com", "owner")])  # Ada is gone
    assert ends(house)[-1][0] == "failed"


def test_strangers_lend_no_rights(house: House) -> None:
    install(house, a={"acts_as": "person", "trigger": CREATED, "steps": NOTE})
    create(house, Principal("engine", "engine", None, "owner"), title="One")
    why = "It acts with the rights of who caused it, and that is nobody of this workspace."
    assert ends(house) == [("failed", why)]


def test_a_token_lends_no_more_than_it_has(house: House) -> None:
    install(house, a={"acts_as": "person", "trigger": CREATED, "steps": TASK})
    create(house, Principal("token", "tok1", ADA, "owner", Scope(True, ("crm.deals",))), title="One")
    ((status, _says),) = ends(house)
    assert status == "failed"
    assert house.all("tasks") == []


def test_who_is_behind_it_passes_on_to_what_it_sets_off(house: House) -> None:
    """Five deep, through steps of the app's rights and of the person's: the last still has the first one's rights."""

    def step(number: int, acts_as: str) -> dict[str, Any]:
        where = {"field": "score", "op": "equals", "value": number}
        trigger = {"type": "record_matches", "table": "deals", "where": where}
        return {
            "acts_as": acts_as,
            "trigger": trigger,
            "steps": {"on": {"action": "update_record", "values": {"score": number + 1}}},
        }

    chain = {f"step_{number}": step(number, "app") for number in range(1, 4)}
    last = {**step(4, "person"), "steps": TASK}
    first = {"trigger": CREATED, "steps": {"on": {"action": "update_record", "values": {"score": 1}}}}
    install(house, first=first, **chain, last=last)
    create(house, AS_BOB, title="One", owner=BOB)
    for _round in range(6):
        house.work()
    (run,) = [one for one in house.runs() if one.automation == "crm.last"]
    assert run.status == "failed"
    assert str(run.says).startswith("With the rights of Bob:")
    with house.workspace.read(OWNER) as session:
        assert len(automations.trace(session, run.id).chain) == 4


def test_a_run_says_whose_rights_it_had(house: House) -> None:
    install(house, a={"acts_as": "person", "trigger": CREATED, "steps": NOTE}, b={"trigger": CREATED, "steps": NOTE})
    create(house, AS_BOB, title="One", owner=BOB)
    house.work()
    install(house, a={"trigger": CREATED, "steps": NOTE})  # what came since changes nothing of what was
    with house.workspace.read(OWNER) as session:
        traces = {one.automation: automations.trace(session, one.id) for one in automations.runs_of(session)}
    assert (traces["crm.a"].caused_by, traces["crm.a"].rights_of) == (BOB, BOB)
    assert (traces["crm.b"].caused_by, traces["crm.b"].rights_of) == (BOB, None)


def test_roles_sleep_while_their_app_is_out_and_come_back_with_it(house: House) -> None:
    install(house, a={"trigger": CREATED, "steps": NOTE})
    deal = create(house, AS_BOB, title="One", owner=BOB)
    with house.workspace.write(OWNER) as session:
        apps.remove(session, "crm")
    with house.workspace.read(AS_BOB) as session:
        assert session.roles == {}
        assert "crm" not in session.layout.apps
    with house.workspace.write(OWNER) as session:
        (thing,) = [one for one in trash.entries(session) if one.kind == "app"]
        trash.restore(session, [thing.id])
    with house.workspace.read(AS_BOB) as session:
        assert session.roles["crm"] == ["rep"]
        assert records.get(session, "crm.deals", deal).values["title"] == "One"
