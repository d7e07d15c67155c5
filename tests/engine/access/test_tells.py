"""What still tells of hidden things, one by one, as `tells.txt` declares it: no more than that, and no less.

T-NI-05.
"""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine import automations, files, history, limits, records
from engine.access.principals import person
from engine.errors import Conflict, Refused
from engine.files import Limits
from tests.engine.access.conftest import Shop
from tests.engine.access.shop import ANA, AS_ANA, AS_REP, REP, app
from tests.support.house import BOB, House

TELLS = Path(__file__).with_name("tells.txt")


def declared() -> dict[str, str]:
    """Who answers for what."""
    lines = [one for one in TELLS.read_text().splitlines() if one and not one.startswith("#")]
    told = [[part.strip() for part in one.split("|")] for one in lines]
    assert all(len(parts) == 3 and all(parts) for parts in told)
    return {name: owner for name, owner, _why in told}


def test_each_has_an_owner_and_a_test() -> None:
    tests = {f"test_{name.replace(' ', '_')}" for name in declared()}
    others = {"test_each_has_an_owner_and_a_test"}
    assert tests | others == {name for name in globals() if name.startswith("test_")}


def refused(shop: Shop, **values: Any) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as found:
        shop.create("accounts", values, by=AS_REP)
    return [(one.at, str(one.says)) for one in found.value.problems]


def test_unique_value(shop: Shop) -> None:
    changed = app()
    changed["tables"]["accounts"]["fields"]["code"] = {"type": "text", "unique": True}
    shop.install(changed)
    (other,) = shop.create("accounts", {"name": "Other", "owner": ANA, "code": "7"})
    told = refused(shop, name="Mine", code="7")
    assert told == [("/0/code", "Another record already has this Code.")]
    assert other not in str(told)


def test_check(shop: Shop) -> None:
    changed = app()
    checks = {"known": {"holds": "{credit} < 5", "message": "Less than 5.", "field": "credit"}}
    changed["tables"]["accounts"] |= {"checks": checks}
    changed["tables"]["accounts"]["fields"]["credit"]["default"] = 7
    shop.install(changed)
    (at, says), *others = refused(shop, name="Mine")
    assert (at, others) == ("/0", [])
    assert "Credit" not in says


def test_limited_link(shop: Shop) -> None:
    changed = app()
    changed["tables"]["deals"]["fields"]["account"]["where"] = {"field": "credit", "op": "greater", "value": 5}
    shop.install(changed)
    rich, _poor, _others = shop.create(
        "accounts",
        {"name": "Rich", "owner": REP, "credit": 7},
        {"name": "Poor", "owner": REP, "credit": 1},
        {"name": "Other", "owner": ANA, "credit": 9},
    )
    with shop.workspace.read(AS_REP) as session:
        assert limits.choices(session, "crm.deals", "account", {}) == [(rich, "Rich")]


def test_gap_of_a_sequence(shop: Shop) -> None:
    changed = app()
    changed["tables"]["accounts"]["fields"]["number"] = {"type": "sequence", "number": "A-{#}"}
    shop.install(changed)
    for name, owner in (("One", REP), ("Two", ANA), ("Three", REP)):
        shop.create("accounts", {"name": name, "owner": owner})
    assert shop.names("accounts", AS_REP, "number") == ["A-1", "A-3"]


def test_still_needed(shop: Shop) -> None:
    changed = app()
    changed["tables"]["accounts"]["fields"]["tag"] = {"type": "link", "to": "tags", "on_delete": "refuse"}
    changed["roles"]["rep"]["tables"]["tags"] |= {"delete": True}
    shop.install(changed)
    (tag,) = shop.create("tags", {"name": "vip"})
    shop.create("accounts", *({"name": name, "owner": ANA, "tag": tag} for name in ("Other", "Another")))
    with pytest.raises(Conflict) as found:
        shop.delete("tags", tag, by=AS_REP)
    assert str(found.value.says) == "Other records still need it."


def test_time_of_a_change(shop: Shop) -> None:
    (mine,) = shop.create("accounts", {"name": "Mine"}, by=AS_REP)
    before = shop.get("accounts", mine, AS_REP)
    with shop.workspace.write(AS_ANA) as session:
        session.now += timedelta(seconds=5)
        records.update(session, "crm.accounts", {mine: {"credit": 2}})
    after = shop.get("accounts", mine, AS_REP)
    assert {key for key in after if after[key] != before[key]} == {"updated_at", "updated_by"}
    with shop.workspace.read(AS_REP) as session:
        assert [one.change.kind for one in history.of_record(session, "crm.accounts", mine)] == ["created"]


def test_outcome_of_a_run(house: House) -> None:
    """Whether there was something to do depends on an address that Bob does not see."""
    tell = {"action": "notify", "to": f'="{BOB}"', "message": "Hello"}
    greet = {"trigger": {"type": "record_created", "table": "deals"}, "conditions": "={email} != BLANK()"}
    deals = {"read": True, "fields": {"email": "hidden"}}
    seller = {"default": True, "tables": {"deals": deals}, "automations": {"greet": "seen"}}
    house.install({"greet": {**greet, "steps": {"tell": tell}}}, roles={"seller": seller})
    for email in ("a@example.com", None):
        house.create("deals", title="One", email=email)
    house.work()
    with house.workspace.read(person(BOB)) as session:
        runs = automations.runs_of(session)
        traces = [automations.trace(session, one.id) for one in runs]
    assert [(one.status, one.says) for one in runs] == [("skipped", None), ("done", None)]
    assert "a@example.com" not in repr(traces)


def test_room_for_files(shop: Shop) -> None:
    room = Limits(100, 100)
    files.bring(shop.workspace, AS_ANA, io.BytesIO(b"x" * 90), "hidden.txt", room)
    with pytest.raises(Refused) as found:
        files.bring(shop.workspace, AS_REP, io.BytesIO(b"x" * 20), "mine.txt", room)
    assert str(found.value.says) == "This workspace has no room for more files. Ask an owner."
