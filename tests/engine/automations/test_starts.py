"""What starts a run, and what does not."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from engine import apps, automations, history, notifications, records, undo
from engine.access.principals import public_form
from tests.support.house import ADA, OWNER, TABLES, House, document

STAMP: dict[str, Any] = {"stamp": {"action": "update_record", "values": {"note": "seen"}}}
WON = {"field": "stage", "op": "is", "value": "won"}


def created(**more: Any) -> dict[str, Any]:
    return {"trigger": {"type": "record_created", "table": "deals"}, "steps": STAMP, **more}


def updated(*fields: str, **more: Any) -> dict[str, Any]:
    trigger = {"type": "record_updated", "table": "deals", **({"fields": list(fields)} if fields else {})}
    return {"trigger": trigger, "steps": STAMP, **more}


def matches(where: Any = None, table: str = "deals", **more: Any) -> dict[str, Any]:
    steps = STAMP if table == "deals" else {"tell": {"action": "notify", "to": ADA, "message": "{{ name }}"}}
    return {"trigger": {"type": "record_matches", "table": table, "where": where or WON}, "steps": steps, **more}


def test_a_created_record_starts_a_run_in_the_same_transaction(house: House) -> None:
    house.install({"a": created()})
    deal = house.create("deals", title="One")
    (run,) = house.runs()
    assert (run.automation, run.status, run.table_address, run.record_id) == ("crm.a", "waiting", "crm.deals", deal)
    house.create("accounts", name="Acme")
    assert len(house.runs()) == 1


def test_what_is_rolled_back_starts_nothing(house: House) -> None:
    house.install({"a": created()})
    with suppress(RuntimeError), house.workspace.write(OWNER) as session:
        records.create(session, "crm.deals", [{"title": "One"}])
        raise RuntimeError
    assert house.runs() == []


def test_a_record_that_is_gone_at_the_end_of_the_transaction_starts_nothing(house: House) -> None:
    house.install({"a": created(), "b": matches()})
    with house.workspace.write(OWNER) as session:
        ids = records.create(session, "crm.deals", [{"title": "One", "stage": "won"}])
        records.delete(session, "crm.deals", ids)
    assert house.runs() == []


def test_an_update_starts_a_run_only_for_the_fields_it_waits_for(sqlite_house: House) -> None:
    house = sqlite_house
    house.install({"any": updated(), "stage": updated("stage")})
    deal = house.create("deals", title="One", stage="open")
    assert house.runs() == []
    house.update("deals", deal, amount=5)
    assert [run.automation for run in house.runs()] == ["crm.any"]
    house.update("deals", deal, stage="won")
    assert sorted(run.automation for run in house.runs()) == ["crm.any", "crm.any", "crm.stage"]
    house.update("deals", deal, stage="won")  # nothing changed
    assert len(house.runs()) == 3


def test_a_match_starts_when_it_begins_and_again_when_it_begins_again(house: House) -> None:
    house.install({"a": matches()})
    house.create("deals", title="Open", stage="open")
    deal = house.create("deals", title="Won at once", stage="won")
    assert [run.record_id for run in house.runs()] == [deal]
    house.update("deals", deal, amount=7)
    assert len(house.runs()) == 1
    house.update("deals", deal, stage="lost")
    house.update("deals", deal, stage="won")
    assert [run.record_id for run in house.runs()] == [deal, deal]


def test_a_match_by_what_is_looked_up_without_a_link(house: House) -> None:
    plain = '=LOOKUP("accounts", {accounts.name} = {note}, {accounts.tier}) = "gold"'
    house.install({"looked": matches(plain), "counted": matches('=COUNT_IF("accounts", {accounts.tier} = "gold") > 1')})
    (acme, bolt) = house.create("accounts", name="Acme", tier="plain"), house.create("accounts", name="Bolt")
    one, other = house.create("deals", title="One", note="Acme"), house.create("deals", title="Other", note="Bolt")
    house.update("accounts", bolt, tier="plain")
    assert house.runs() == []
    house.update("accounts", acme, tier="gold")
    assert [(run.automation, run.record_id) for run in house.runs()] == [("crm.looked", one)]
    house.update("accounts", acme, name="Ampere")
    house.update("accounts", acme, name="Acme")  # it begins again
    assert [(run.automation, run.record_id) for run in house.runs()] == [("crm.looked", one)] * 2
    house.update("accounts", bolt, tier="gold")
    found = sorted((run.automation, run.record_id) for run in house.runs()[2:])
    assert found == [("crm.counted", one), ("crm.counted", other), ("crm.looked", other)]
    house.delete("accounts", bolt)
    house.create("accounts", name="Bolt", tier="gold")
    found = sorted((run.automation, run.record_id) for run in house.runs()[5:])
    assert found == [("crm.counted", one), ("crm.counted", other), ("crm.looked", other)]


def test_a_match_by_a_formula_that_looks_at_all_records(house: House) -> None:
    fields = {**TABLES["deals"]["fields"], "rich": {"type": "formula", "formula": 'SUM_IF("tasks", TRUE(), 1) > 1'}}
    tables = {**TABLES, "deals": {**TABLES["deals"], "fields": fields}}
    house.install({"a": matches({"field": "rich", "op": "is", "value": True})}, tables=tables)
    deal = house.create("deals", title="One")
    house.create("tasks", subject="a")
    assert house.runs() == []
    house.create("tasks", subject="b")
    assert [run.record_id for run in house.runs()] == [deal]


def test_a_match_by_a_computed_field_of_another_table(house: House) -> None:
    house.install({"a": matches({"field": "won", "op": "at_least", "value": 100}, "accounts")})
    account = house.create("accounts", name="Acme")
    deal = house.create("deals", title="One", stage="won", amount=60, account=account)
    assert house.runs() == []
    house.create("deals", title="Two", stage="won", amount=60, account=account)
    assert [run.record_id for run in house.runs()] == [account]
    house.delete("deals", deal)
    house.update("deals", house.all("deals")[0]["id"], amount=200)
    assert len(house.runs()) == 2


def test_a_match_by_a_formula(sqlite_house: House) -> None:
    house = sqlite_house
    house.install({"a": matches({"field": "big", "op": "is", "value": True})})
    deal = house.create("deals", title="One", amount=999)
    assert house.runs() == []
    house.update("deals", deal, amount=1000)
    assert len(house.runs()) == 1


def test_a_match_through_a_link_to_one_record(house: House) -> None:
    house.install({"a": matches({"field": "account.tier", "op": "is", "value": "gold"})})
    account = house.create("accounts", name="Acme", tier="plain")
    deal = house.create("deals", title="One", account=account)
    other = house.create("deals", title="Two")
    assert house.runs() == []
    house.update("accounts", account, tier="gold")
    assert [run.record_id for run in house.runs()] == [deal]
    house.update("deals", other, account=account)
    assert [run.record_id for run in house.runs()] == [deal, other]


def test_a_match_on_the_other_side_of_a_link(house: House) -> None:
    house.install({"a": matches({"field": "deals", "op": "is_empty"}, "accounts")})
    acme = house.create("accounts", name="Acme")
    beta = house.create("accounts", name="Beta")
    assert [run.record_id for run in house.runs()] == [acme, beta]
    deal = house.create("deals", title="One", account=acme)
    house.update("deals", deal, account=beta)
    assert [run.record_id for run in house.runs()] == [acme, beta, acme]
    house.delete("deals", deal)
    assert [run.record_id for run in house.runs()] == [acme, beta, acme, beta]


def test_a_match_by_the_title_of_a_record_of_any_of_several_tables(house: House) -> None:
    notes = {"fields": {"name": {"type": "text"}, "about": {"type": "any_link", "to": ["accounts", "deals"]}}}
    house.install({"a": matches('={about.title} = "Acme"', "notes")}, tables={**TABLES, "notes": notes})
    account = house.create("accounts", name="Bolt")
    deal = house.create("deals", title="Acme")
    note = house.create("notes", about=account)
    assert house.runs() == []
    house.update("accounts", account, name="Acme")
    assert [run.record_id for run in house.runs()] == [note]
    house.update("notes", note, about=deal)
    assert len(house.runs()) == 1, "it went on matching"
    house.delete("deals", deal)
    house.update("notes", note, about=account)
    assert len(house.runs()) == 2


def test_a_match_by_an_expression_and_a_setting(house: House) -> None:
    house.install({"a": matches("={score} >= {settings.days}")})
    deal = house.create("deals", title="One", score=2)
    house.update("deals", deal, score=3)
    assert len(house.runs()) == 1


def test_records_that_match_before_the_automation_is_there_begin_nothing(house: House) -> None:
    house.install({})
    deal = house.create("deals", title="One", stage="won")
    house.install({"a": matches()})
    house.update("deals", deal, amount=1)
    assert house.runs() == []
    house.create("deals", title="Two", stage="won")
    assert len(house.runs()) == 1
    house.install({"a": matches({"field": "stage", "op": "is_not", "value": "lost"})})
    house.update("deals", deal, amount=2)
    assert len(house.runs()) == 1


def test_many_records_at_once(house: House) -> None:
    house.install({"a": matches(), "b": created()})
    with house.workspace.write(OWNER) as session:
        stages = ["won", "open"]
        records.create(session, "crm.deals", [{"title": str(n), "stage": stages[n % 2]} for n in range(200)])
    assert len(house.runs("a")) == 100
    assert len(house.runs("b")) == 200


def test_one_transaction_starts_an_automation_once_for_a_record(sqlite_house: House) -> None:
    house = sqlite_house
    house.install({"a": updated()})
    deal = house.create("deals", title="One")
    with house.workspace.write(OWNER) as session:
        records.update(session, "crm.deals", {deal: {"amount": 1}})
        records.update(session, "crm.deals", {deal: {"amount": 2}})
    assert len(house.runs()) == 1


def test_what_is_switched_off_or_paused_starts_nothing_and_makes_up_for_nothing(house: House) -> None:
    house.install({"off": created(enabled=False), "a": matches()})
    with house.workspace.write(OWNER) as session:
        automations.pause(session, "crm.a")
    deal = house.create("deals", title="One", stage="won")
    assert house.runs() == []
    with house.workspace.write(OWNER) as session:
        assert [one.is_on for one in automations.standings(session)] == [False, False]
        automations.resume(session, "crm.a")
    house.update("deals", deal, amount=1)
    assert house.runs() == []
    house.update("deals", house.create("deals", title="Two"), stage="won")
    assert len(house.runs()) == 1


def test_undo_and_installing_start_nothing(house: House) -> None:
    house.install({"a": matches(), "b": updated()})
    deal = house.create("deals", title="One", stage="won")
    house.update("deals", deal, stage="open")
    count = len(house.runs())
    with house.workspace.read(OWNER) as session:
        last = history.of_record(session, "crm.deals", deal)[0].transaction_id
    with house.workspace.write(OWNER, cause=f"undo:{last}") as session:
        undo.undo(session, last)
    assert house.get("deals", deal)["stage"] == "won"
    with house.workspace.write(OWNER) as session:
        apps.apply(session, document({"a": created(), "c": matches()}))
        records.create(session, "crm.deals", [{"title": "Sample", "stage": "won"}])
    assert len(house.runs()) == count


def test_a_public_form_starts_runs_too(sqlite_house: House) -> None:
    house = sqlite_house
    tables = document({})["tables"]
    form = {"fields": ["title", "amount"], "public": True}
    tables = {**tables, "deals": {**tables["deals"], "forms": {"enquiry": form}}}
    house.install({"a": created()}, tables=tables)
    with house.workspace.write(public_form("crm", "deals", "enquiry")) as session:
        records.create(session, "crm.deals", [{"title": "Enquiry"}])
    house.work()
    assert [run.status for run in house.runs()] == ["done"]
    assert house.all("deals")[0]["note"] == "seen"


def test_an_automation_that_sets_itself_off_is_paused_and_its_owner_told_once(house: House) -> None:
    steps = {"count": {"action": "update_record", "values": {"score": "={score} + 1"}}}
    house.install({"a": {"label": "Count up", **updated(), "steps": steps}})
    deal = house.create("deals", title="One", score=1)
    house.update("deals", deal, score=2)
    house.work()
    assert [run.status for run in house.runs()] == ["done", "stopped"]
    assert house.get("deals", deal)["score"] == 3
    with house.workspace.write(OWNER) as session:
        (standing,) = automations.standings(session)
        assert standing.paused_at
        assert "Count up" in (standing.paused_why or "")
        (told,) = notifications.inbox(session)
        assert told.automation == "crm.a"
    house.update("deals", deal, score=5)
    house.work()
    assert len(house.runs()) == 2


def test_two_automations_that_set_each_other_off_stop_at_the_second_visit(sqlite_house: House) -> None:
    house = sqlite_house
    house.install(
        {
            "a": {**updated("score"), "steps": {"s": {"action": "update_record", "values": {"note": "={note} & 'x'"}}}},
            "b": {**updated("note"), "steps": {"s": {"action": "update_record", "values": {"score": "={score} + 1"}}}},
        }
    )
    deal = house.create("deals", title="One", score=1)
    house.update("deals", deal, score=2)
    house.work()
    assert [(run.automation, run.status) for run in house.runs()] == [
        ("crm.a", "done"),
        ("crm.b", "done"),
        ("crm.a", "stopped"),
    ]
    assert house.trace().chain == ["crm.a", "crm.b"]
    held = house.get("deals", deal)
    assert (held["score"], held["note"]) == (3, "x")


def test_a_chain_has_a_depth(sqlite_house: House) -> None:
    house = sqlite_house
    stages = [f"t{number}" for number in range(8)]
    choices = {key: {"label": key} for key in stages}
    tables = document({})["tables"]
    fields = {**tables["deals"]["fields"], "stage": {"type": "select", "choices": choices}}
    tables = {
        "deals": {**tables["deals"], "fields": fields},
        "accounts": {**tables["accounts"], "fields": {"name": {"type": "text"}}},
        "tasks": tables["tasks"],
    }
    chain = {
        f"a{number}": {
            **matches({"field": "stage", "op": "is", "value": stages[number]}),
            "steps": {"on": {"action": "update_record", "values": {"stage": stages[number + 1]}}},
        }
        for number in range(7)
    }
    house.install(chain, tables=tables)
    deal = house.create("deals", title="One", stage="t0")
    house.work()
    assert [run.status for run in house.runs()] == ["done"] * 5 + ["stopped"]
    assert house.get("deals", deal)["stage"] == "t5"
    with house.workspace.read(OWNER) as session:
        assert notifications.unread(session) == 1
        assert all(one.paused_at is None for one in automations.standings(session))
