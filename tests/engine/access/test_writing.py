"""What a role writes is judged before and after (T-NI-04)."""

from __future__ import annotations

import pytest

from engine import history, records, trash, undo
from engine.errors import Conflict, Forbidden, NotFound, Refused
from tests.engine.access.conftest import Shop
from tests.engine.access.shop import ANA, AS_ANA, AS_LEA, AS_REP, LEA, REP, app


def problems(refused: pytest.ExceptionInfo[Refused]) -> dict[str, str]:
    return {one.at: str(one.says) for one in refused.value.problems}


def test_a_new_record_must_be_one_that_the_role_may_create(shop: Shop) -> None:
    (made,) = shop.create("accounts", {"name": "Mine"}, by=AS_REP)
    assert shop.get("accounts", made)["owner"] == REP
    with pytest.raises(Refused) as refused:
        shop.create("accounts", {"name": "Fine"}, {"name": "Not mine", "owner": LEA}, by=AS_REP)
    assert problems(refused) == {"/1": "Your role does not let you create a record like this."}
    assert shop.names("accounts", AS_ANA) == ["Mine"]


def test_how_a_record_is_added_is_remembered_without_who_added_one_first(shop: Shop) -> None:
    shop.install(app(rep={"tables": {"deals": {"read": True, "create": True}}}))
    shop.create("deals", {"title": "A", "amount": 1}, {"title": "B", "amount": 2}, by=AS_REP)
    (alone,) = shop.create("deals", {"title": "C", "amount": 3}, by=AS_REP)
    assert shop.get("deals", alone)["amount"] == 3


def test_nobody_writes_a_record_out_of_or_into_what_they_may_not(shop: Shop) -> None:
    mine, other = shop.create("accounts", {"name": "Mine", "owner": REP}, {"name": "Other", "owner": ANA})
    shop.update("accounts", mine, by=AS_REP, name="Mine still")
    with pytest.raises(Refused) as refused:
        shop.update("accounts", mine, by=AS_REP, owner=LEA)
    assert problems(refused) == {"/0": "Your role does not let you change the record into this."}
    with pytest.raises(NotFound):
        shop.update("accounts", other, by=AS_REP, owner=REP)
    with pytest.raises(Forbidden):
        shop.delete("accounts", mine, by=AS_REP)
    assert shop.get("accounts", mine)["owner"] == REP


def test_fields_that_are_not_seen_or_not_set_are_refused_all_at_once(shop: Shop) -> None:
    (mine,) = shop.create("accounts", {"name": "Mine", "owner": REP, "credit": 5, "phone": "1"})
    with pytest.raises(Refused) as refused:
        shop.update("accounts", mine, by=AS_REP, credit=9, level="a", name="")
    assert problems(refused) == {
        "/0/credit": "There is no field credit here.",
        "/0/level": "You may not set Level.",
        "/0/name": "Name is needed.",
    }
    with pytest.raises(Refused) as refused:
        shop.update("accounts", mine, by=AS_REP, phone="2")
    assert problems(refused) == {"/0/phone": "You may not set Phone here."}
    shop.update("accounts", mine, by=AS_REP, phone=None, name="Renamed")  # as its form, where the phone is blank
    assert shop.get("accounts", mine)["phone"] == "1"


def test_a_field_is_set_where_the_role_says(shop: Shop) -> None:
    deals = {"read": True, "create": True, "update": True, "fields": {"amount": {"set": '={stage} = "open"'}}}
    shop.install(app(rep={"tables": {"deals": deals}}))
    (deal,) = shop.create("deals", {"title": "A", "amount": 5, "stage": "open"}, by=AS_REP)
    shop.update("deals", deal, by=AS_REP, amount=6, stage="won")  # it was open before
    with pytest.raises(Refused) as refused:
        shop.update("deals", deal, by=AS_REP, amount=7)
    assert problems(refused) == {"/0/amount": "You may not set Amount here."}
    shop.update("deals", deal, by=AS_REP, amount=6, title="B")  # as its form
    assert shop.get("deals", deal, by=AS_REP)["amount"] == 6
    shop.update("deals", deal, amount=7)  # whom no role limits


def test_what_is_said_of_every_field_counts_for_those_not_named(shop: Shop) -> None:
    looks = {"read": True, "update": True, "fields": {"*": "read_only", "phone": "open", "credit": "hidden"}}
    shop.install(app(rep={"tables": {"accounts": looks}}))
    (made,) = shop.create("accounts", {"name": "A", "credit": 5})
    shop.update("accounts", made, by=AS_REP, phone="1")
    with pytest.raises(Refused) as refused:
        shop.update("accounts", made, by=AS_REP, phone="2", name="B", credit=6)
    assert problems(refused) == {"/0/name": "You may not set Name.", "/0/credit": "There is no field credit here."}
    closed = {"read": True, "update": True, "fields": {"*": "hidden", "name": "read_only", "phone": "open"}}
    shop.install(app(rep={"tables": {"accounts": closed}}))
    shop.update("accounts", made, by=AS_REP, phone="3")
    seen = shop.get("accounts", made, by=AS_REP)
    assert {key: one for key, one in seen.items() if not key.startswith(("created", "updated"))} == {
        "name": "A",
        "phone": "3",
    }


def test_links_that_are_not_seen_are_kept(shop: Shop) -> None:
    mine, other = shop.create("accounts", {"name": "Mine", "owner": REP}, {"name": "Other", "owner": ANA})
    (deal,) = shop.create("deals", {"title": "A", "account": other})
    shop.update("deals", deal, by=AS_REP, title="B", account=None)
    assert shop.get("deals", deal)["account"] == other
    with pytest.raises(Refused) as refused:
        shop.update("deals", deal, by=AS_REP, account=other)
    with pytest.raises(Refused) as unknown:
        shop.update("deals", deal, by=AS_REP, account="rec00000000000000")
    assert problems(refused) == problems(unknown)
    shop.update("deals", deal, by=AS_REP, account=mine)
    assert shop.get("deals", deal)["account"] == mine
    (tag,) = shop.create("tags", {"name": "vip"})
    changed = app(
        rep={"tables": {"*": {"read": True, "update": True}, "accounts": {"read": "={owner} = ME()", "update": True}}}
    )
    shop.install(changed)
    for account in (mine, other):
        shop.update("accounts", account, tags=[tag])
    shop.update("tags", tag, by=AS_REP, accounts=[])
    assert shop.get("tags", tag)["accounts"] == [other]


def test_a_way_of_a_status_may_be_for_some_roles(shop: Shop) -> None:
    (deal,) = shop.create("deals", {"title": "A", "stage": "won"})
    with pytest.raises(Refused) as refused:
        shop.update("deals", deal, by=AS_REP, stage="paid")
    assert problems(refused) == {"/0/stage": "Stage cannot go from Won to Paid, only to Open."}
    shop.update("deals", deal, by=AS_LEA, stage="paid")


def test_history_tells_what_is_seen(shop: Shop) -> None:
    mine, other = shop.create("accounts", {"name": "Mine", "owner": REP, "credit": 5, "phone": "1"}, {"name": "Other"})
    shop.update("accounts", mine, credit=7)
    shop.update("accounts", mine, credit=8, level="a")
    (deal,) = shop.create("deals", {"title": "A", "account": other})
    shop.update("deals", deal, account=mine)
    with shop.workspace.read(AS_REP) as session:
        entries = history.of_record(session, "crm.accounts", mine)
        told = [{key: one.change.after.get(key) for key in ("name", "level")} for one in entries]
        assert told == [{"name": None, "level": "a"}, {"name": "Mine", "level": None}]
        assert not any({"credit", "phone"} & {*one.change.before, *one.change.after} for one in entries)
        assert history.of_record(session, "crm.accounts", other) == []
        moved, _made = history.of_record(session, "crm.deals", deal)
        assert (moved.change.before["account"], moved.change.after["account"]) == (None, mine)


def test_only_ones_own_acts_are_taken_back(shop: Shop) -> None:
    (mine,) = shop.create("accounts", {"name": "Mine", "owner": REP})
    with shop.workspace.write(AS_ANA) as session:
        records.update(session, "crm.accounts", {mine: {"name": "By Ana"}})
        by_ana = session.transaction_id
    with shop.workspace.write(AS_REP) as session:
        records.update(session, "crm.accounts", {mine: {"name": "By Rep"}})
        by_rep = session.transaction_id
    with shop.workspace.write(AS_REP) as session, pytest.raises(NotFound):
        undo.undo(session, by_ana)
    with shop.workspace.write(AS_REP) as session:
        undo.undo(session, by_rep)
    assert shop.get("accounts", mine)["name"] == "By Ana"
    with shop.workspace.write(AS_LEA) as session:
        records.delete(session, "crm.accounts", [mine])
        by_lea = session.transaction_id
    with shop.workspace.write(AS_LEA) as session:
        undo.undo(session, by_lea)
    assert shop.get("accounts", mine)["name"] == "By Ana"


def test_the_trash_shows_ones_own_deletions_where_records_have_a_rule(shop: Shop) -> None:
    rep = {"tables": {"accounts": {"read": "={owner} = ME()", "create": True, "delete": True}}}
    shop.install(app(rep=rep))
    mine, other = shop.create("accounts", {"name": "Mine", "owner": REP}, {"name": "Other", "owner": REP})
    shop.delete("accounts", mine, by=AS_REP)
    shop.delete("accounts", other)
    with shop.workspace.write(AS_REP) as session:
        (mine_again,) = trash.entries(session)
        assert mine_again.name == "Mine"
        trash.restore(session, [mine_again.id])
    assert shop.names("accounts", AS_REP) == ["Mine"]
    with shop.workspace.read(AS_ANA) as session:
        assert [one.name for one in trash.entries(session)] == ["Other"]


def test_what_is_in_the_way_of_a_deletion_is_not_told(shop: Shop) -> None:
    changed = app(rep={"tables": {"tags": {"read": True, "delete": True}}})
    changed["tables"]["accounts"]["fields"]["tags"]["on_delete"] = "refuse"
    shop.install(changed)
    (tag,) = shop.create("tags", {"name": "vip"})
    shop.create("accounts", {"name": "A", "tags": [tag]})
    with pytest.raises(Conflict, match="Other records still need it"):
        shop.delete("tags", tag, by=AS_REP)
    with pytest.raises(Conflict, match="1 Accounts still need it"):
        shop.delete("tags", tag)
