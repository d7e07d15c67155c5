"""Automations that roles give to see or to steer, and of their runs only what their viewer may see."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine import apps, automations, roles
from engine.access.principals import Principal, person
from engine.access.scopes import Scope
from engine.automations import Trace, by_hand
from engine.errors import Forbidden, NotFound, Refused
from engine.people import Person, mirror
from tests.support.house import BOB, OWNER, PEOPLE, House, document

AS_BOB = person(BOB)
AS_EVE, AS_GUS = person("usrEve"), person("usrGus", "guest")
MINE = "={owner} = ME()"
CREATED = {"type": "record_created", "table": "deals"}
STEPS: dict[str, Any] = {
    "task": {"action": "create_record", "table": "tasks", "values": {"subject": "={email}"}},
    "secret": {"action": "create_record", "table": "accounts", "values": {"name": "={email}"}},
    "tell": {"action": "notify", "to": f'="{BOB}"', "message": "{email}", "label": "Tell Bob"},
    "call": {"action": "send_webhook", "connection": "erp", "body": {"mail": "={email}"}},
}
WATCH = {
    "label": "Watch",
    "trigger": {"type": "record_updated", "table": "deals", "fields": ["email"]},
    "conditions": '={email} != ""',
    "steps": {"tell": STEPS["tell"]},
}


def role(given: dict[str, Any]) -> dict[str, Any]:
    deals = {"read": MINE, "update": MINE, "fields": {"email": "hidden"}}
    return {"label": "Seller", "tables": {"deals": deals, "tasks": {"read": True}}, "automations": given}


@pytest.fixture
def office(house: House) -> House:
    """Bob sells: he sees his own deals, no e-mail addresses and no accounts. Eve has no role, Gus is a guest."""
    gives(house, {"a": "seen"})
    with house.workspace.write(OWNER) as session:
        others = (Person("usrEve", "Eve", "e@example.com", "member"), Person("usrGus", "Gus", "g@example.com", "guest"))
        mirror(session, [*PEOPLE, *others])
        roles.give(session, "crm.seller", BOB)
    return house


def gives(house: House, given: dict[str, Any]) -> None:
    house.install({"a": {"label": "A", "trigger": CREATED, "steps": STEPS}, "w": WATCH}, roles={"seller": role(given)})


def ran(house: House, owner: str, email: str = "secret@example.com") -> str:
    """The run of a deal that this person owns, after its worker did what it could."""
    house.create("deals", title="One", owner=owner, email=email)
    house.work()
    return house.runs()[-1].id


def trace_of(house: House, run: str, by: Principal = AS_BOB) -> Trace:
    with house.workspace.read(by) as session:
        return automations.trace(session, run)


def test_who_is_given_an_automation_sees_it_and_no_other(office: House) -> None:
    with office.workspace.read(AS_BOB) as session:
        (one,) = automations.standings(session, "crm")
        assert one.automation.address == "crm.a"
        with pytest.raises(NotFound, match=r"no automation crm\.w"):
            automations.get(session, "crm.w")


@pytest.mark.parametrize("asker", [AS_EVE, AS_GUS])
def test_who_is_given_none_is_refused(office: House, asker: Principal) -> None:
    run = ran(office, BOB)
    for look in (
        lambda session: automations.standings(session, "crm"),
        lambda session: automations.counts(session, "crm"),
        automations.runs_of,
        lambda session: automations.trace(session, run),
    ):
        with pytest.raises(Forbidden), office.workspace.read(asker) as session:
            look(session)


def test_what_it_reads_and_sets_is_not_there(office: House) -> None:
    with office.workspace.read(AS_BOB) as session:
        held = automations.get(session, "crm.a").automation
        assert held.conditions is None
        assert held.steps["tell"] == {"action": "notify", "label": "Tell Bob"}
        said = automations.sentences(session.layout, held, "en")
    assert [str(one) for one in said] == [
        "When a record is created", "Create a record", "Create a record", "Tell Bob", "Send a webhook",
    ]  # fmt: skip


def test_only_runs_about_records_that_one_sees_are_there(office: House) -> None:
    mine, other = ran(office, BOB), ran(office, "usrAda")
    with office.workspace.read(AS_BOB) as session:
        assert [one.id for one in automations.runs_of(session, app="crm")] == [mine]
        assert sum(automations.counts(session, "crm")["crm.a"].values()) == 1
        newest = automations.get(session, "crm.a").last_run_at
        assert newest == automations.trace(session, mine).run.created_at
        with pytest.raises(NotFound):
            automations.trace(session, other)


def test_runs_that_are_not_seen_take_no_room_from_those_that_are(office: House) -> None:
    mine = [ran(office, BOB)]
    for _each in range(3):
        ran(office, "usrAda")
    mine.append(ran(office, BOB))
    with office.workspace.read(AS_BOB) as session:
        first = automations.runs_of(session, limit=1)
        assert [one.id for one in first] == mine[1:]
        assert [one.id for one in automations.runs_of(session, limit=2, before=first[0].id)] == mine[:1]


def test_a_trace_tells_nothing_hidden(office: House) -> None:
    """The e-mail address went into a task, an account, a message and a webhook: none of it is in what Bob sees."""
    office.connect("https://127.0.0.1:9/in")
    run = ran(office, BOB)
    whole, seen = trace_of(office, run, OWNER), trace_of(office, run)
    assert "secret@example.com" in repr(whole)
    assert "secret@example.com" not in repr(seen)
    task, secret, tell, call = seen.steps
    assert task.result == {"id": whole.steps[0].result["id"]}  # a task is there for him, an account is not
    assert secret.result == tell.result == {}
    assert (call.sent, [str(one["says"]) for one in call.attempts]) == (None, ["The receiver did not answer."])


def test_why_a_run_failed_is_for_who_builds(office: House) -> None:
    ran(office, "usrAda", "same@example.com")
    run = ran(office, BOB, "same@example.com")  # an account of that name is there already
    assert "Another record already has this" in repr(trace_of(office, run, OWNER))
    seen = trace_of(office, run)
    assert (seen.run.status, str(seen.run.says)) == ("failed", "It failed. Who builds the app sees why.")
    assert [str(one.says) for one in seen.steps if one.status == "failed"] == [str(seen.run.says)]


def test_who_only_sees_steers_nothing(office: House) -> None:
    record = office.create("deals", title="One", owner=BOB)
    run = ran(office, BOB)
    for act in (
        lambda session: automations.pause(session, "crm.a"),
        lambda session: automations.switch_on(session, "crm.a"),
        lambda session: automations.retry(session, run),
        lambda session: by_hand.run(session, "crm.a", [record]),
        lambda session: by_hand.offered(session, "crm.a", ""),
    ):
        with pytest.raises(Forbidden), office.workspace.write(AS_BOB) as session:
            act(session)


def test_who_steers_pauses_it_lets_it_go_on_and_tries_again(office: House) -> None:
    ran(office, "usrAda", "same@example.com")
    run = ran(office, BOB, "same@example.com")
    gives(office, {"*": "steered"})
    with office.workspace.write(AS_BOB) as session:
        automations.pause(session, "crm.a")
        assert not automations.get(session, "crm.a").is_on
        automations.switch_on(session, "crm.a")
        assert automations.get(session, "crm.a").is_on
        automations.retry(session, run)
        assert automations.trace(session, run).run.status == "waiting"


def test_who_steers_runs_it_for_records_that_they_see(office: House) -> None:
    gives(office, {"a": "steered"})
    mine, other = (office.create("deals", title="One", owner=one) for one in (BOB, "usrAda"))
    with office.workspace.write(AS_BOB) as session:
        (run,) = by_hand.run(session, "crm.a", [mine])
        assert automations.trace(session, run).run.record_id == mine
        with pytest.raises(Refused, match="no such record"):
            by_hand.run(session, "crm.a", [other])


def test_switching_on_what_its_definition_has_off_is_for_who_builds(office: House) -> None:
    off = {"a": {"label": "A", "trigger": CREATED, "steps": {"tell": STEPS["tell"]}, "enabled": False}}
    office.install(off, roles={"seller": role({"a": "steered"})})
    with pytest.raises(Forbidden), office.workspace.write(AS_BOB) as session:
        automations.switch_on(session, "crm.a")


def test_guests_steer_nothing_and_tokens_no_more_than_they_may(office: House) -> None:
    given = role({"a": "steered"}) | {"default": True}
    office.install({"a": {"trigger": CREATED, "steps": {"tell": STEPS["tell"]}}}, roles={"seller": given})
    with pytest.raises(Forbidden, match="look at this automation"), office.workspace.write(AS_GUS) as session:
        automations.pause(session, "crm.a")
    reading = replace(AS_BOB, kind="token", scope=Scope(writes=False))
    elsewhere = replace(AS_BOB, kind="token", scope=Scope(within=("crm.tasks",)))
    with office.workspace.write(reading) as session:
        assert automations.standings(session, "crm")
        with pytest.raises(Forbidden, match="only read"):
            automations.pause(session, "crm.a")
    with pytest.raises(Forbidden), office.workspace.read(elsewhere) as session:
        automations.standings(session, "crm")


def test_an_automation_about_a_table_that_a_role_does_not_see_is_not_there(office: House) -> None:
    tables = {"tasks": {"read": True}}
    office.install(
        {"a": {"trigger": CREATED, "steps": {"tell": STEPS["tell"]}}},
        roles={"seller": {"tables": tables, "automations": {"*": "seen"}}},
    )
    with pytest.raises(Forbidden), office.workspace.read(AS_BOB) as session:
        automations.standings(session, "crm")


def test_a_definition_names_automations_that_are_there(house: House) -> None:
    with pytest.raises(Refused) as refused, house.workspace.write(OWNER) as session:
        apps.apply(session, document({}, roles={"seller": role({"no": "seen"})}))
    assert [(one.at, one.code) for one in refused.value.problems] == [("/roles/seller/automations/no", "unknown")]
    with pytest.raises(Refused), house.workspace.write(OWNER) as session:
        apps.apply(session, document({}, roles={"seller": role({"a": "everything"})}))


def test_a_plan_says_what_a_role_may_from_now_on(office: House) -> None:
    made = document(
        {"a": {"label": "A", "trigger": CREATED, "steps": STEPS}, "w": WATCH}, roles={"seller": role({"w": "steered"})}
    )
    with office.workspace.read(OWNER) as session:
        says = [str(one.says) for one in apps.plan(session, made).alterations]
    assert says == [
        "Changes the role Seller.",
        "Role Seller: may no longer see what A does.",
        "Role Seller: may now see what Watch does, pause it and try runs again.",
    ]
