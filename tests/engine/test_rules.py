from __future__ import annotations

import copy
import threading
from typing import Any

import pytest

from engine import apps, history, ledgers, records, undo
from engine.access.principals import Principal
from engine.errors import Conflict, Refused
from engine.storage.session import Session
from engine.storage.stores import Workspace
from tests.support.workspaces import install

STATES = {
    "draft": {"label": "Draft"},
    "sent": {"label": {"en": "Sent", "zh": "已发"}, "needs": ["customer"]},
    "posted": {"label": "Posted", "kind": "done"},
    "cancelled": {"label": "Cancelled", "kind": "cancelled"},
}
TABLES: dict[str, Any] = {
    "orders": {
        "title": "number",
        "fields": {
            "number": {"type": "text"},
            "customer": {"type": "text"},
            "warehouse": {"type": "text"},
            "note": {"type": "text"},
            "reason": {"type": "text"},
            "limit": {"type": "number"},
            "state": {
                "type": "status",
                "choices": STATES,
                "default": "draft",
                "start": ["draft", "sent"],
                "transitions": {
                    "draft": ["sent", {"to": "cancelled", "needs": ["reason"]}],
                    "sent": ["draft", "posted"],
                },
            },
        },
        "unique": {"name": {"fields": ["customer", "number"], "ignore": ["case", "spaces"]}},
        "checks": {
            "within": {
                "holds": "OR({limit} = BLANK(), SUM({lines.quantity}) <= {limit})",
                "message": "More than the limit.",
            }
        },
        "locks": {
            "posted": {
                "when": {"field": "state", "op": "is", "value": "posted"},
                "message": "It is posted.",
                "free": ["note"],
                "lines": ["lines"],
            }
        },
    },
    "lines": {
        "fields": {
            "what": {"type": "text"},
            "quantity": {"type": "number"},
            "order": {"type": "link", "to": "orders", "inverse": "lines", "on_delete": "cascade"},
        }
    },
    "items": {"fields": {"name": {"type": "text"}}},
    "stock": {
        "fields": {
            "what": {"type": "text"},
            "day": {"type": "date", "default": "=TODAY()"},
            "item": {"type": "link", "to": "items", "inverse": "stock"},
            "quantity": {"type": "number", "decimals": 2},
            "remark": {"type": "text"},
            "reversal_of": {"type": "link", "to": "stock"},
        },
        "ledger": {
            "date": "day",
            "amounts": ["quantity"],
            "by": ["item"],
            "reversal": "reversal_of",
            "free": ["remark"],
        },
    },
}


@pytest.fixture
def shop(workspace: Workspace, owner: Principal) -> Workspace:
    install(workspace, owner, TABLES)
    return workspace


def refused(shop: Workspace, asker: Principal, act: Any) -> list[tuple[str, str]]:
    """Where and with which code `act` is refused."""
    with pytest.raises(Refused) as told, shop.write(asker) as session:
        act(session)
    return [(one.at, one.code) for one in told.value.problems]


def test_several_fields_are_unique_together_whatever_the_case_and_spaces(shop: Workspace, owner: Principal) -> None:
    with shop.write(owner) as session:
        first, second = records.create(
            session, "shop.orders", [{"customer": "Acme Ltd", "number": "1"}, {"customer": "Acme Ltd", "number": "2"}]
        )
        records.create(session, "shop.orders", [{}, {}])  # all empty: nothing to compare

    def creating(session: Session) -> None:
        given = [
            {"customer": "ACME  ltd", "number": "1"},
            {"customer": "Ü", "number": "1"},
            {"customer": "ü", "number": "1"},
        ]
        records.create(session, "shop.orders", given)

    assert refused(shop, owner, creating) == [("/0/number", "not_unique"), ("/2/number", "not_unique")]
    assert refused(
        shop, owner, lambda session: records.update(session, "shop.orders", {second: {"number": " 1 "}})
    ) == [("/0/number", "not_unique")]
    with shop.write(owner) as session:  # two records may change places
        records.update(session, "shop.orders", {first: {"number": "2"}, second: {"number": "1"}})
        records.delete(session, "shop.orders", [first])
        deletion = session.transaction_id
    with shop.write(owner) as session:
        records.create(session, "shop.orders", [{"customer": "acme ltd", "number": "2"}])
    with pytest.raises((Refused, Conflict)), shop.write(owner) as session:
        undo.undo(session, deletion)


def test_a_rule_that_comes_later_names_the_records_that_break_it(workspace: Workspace, owner: Principal) -> None:
    tables = copy.deepcopy(TABLES)
    rules = {name: tables["orders"].pop(name) for name in ("unique", "checks")}
    install(workspace, owner, tables)
    with workspace.write(owner) as session:
        given = [{"customer": one, "number": "1", "limit": limit} for one, limit in (("A", 1), ("a", 5), ("B", 9))]
        first, *_others = records.create(session, "shop.orders", given)
        records.create(session, "shop.lines", [{"order": first, "quantity": 2}])
    tables = {**tables, "orders": {**tables["orders"], **rules}}
    with workspace.read(owner) as session:
        document = {**apps.export(session, "shop"), "tables": tables}
        planned = apps.plan(session, document)
    told = [(one.at, one.severity, str(one.says)) for one in planned.problems]
    assert told == [
        ("/tables/orders/unique/name", "error", "2 records of orders hold the same: 1, 1. Make them differ first."),
        (
            "/tables/orders/checks/within",
            "warning",
            "1 records of orders do not satisfy this: 1. They stay, and must be put right when they are changed.",
        ),
    ]
    with pytest.raises(Refused), workspace.write(owner) as session:
        apps.apply(session, document)
    with workspace.write(owner) as session:
        records.update(session, "shop.orders", {first: {"number": "7"}})
        apps.apply(session, document)
    with pytest.raises(Refused), workspace.write(owner) as session:
        records.create(session, "shop.orders", [{"customer": "b", "number": "1"}])


def test_a_check_looks_through_links_and_is_asked_after_every_write_there(shop: Workspace, owner: Principal) -> None:
    with shop.write(owner) as session:
        (order,) = records.create(session, "shop.orders", [{"number": "7", "limit": 10}])
        (line,) = records.create(session, "shop.lines", [{"order": order, "quantity": 10}])
        (free,) = records.create(session, "shop.lines", [{"quantity": 1}])
    acts: list[Any] = [
        lambda session: records.create(session, "shop.lines", [{"order": order, "quantity": 1}]),
        lambda session: records.update(session, "shop.lines", {line: {"quantity": 11}}),
        lambda session: records.update(session, "shop.lines", {free: {"order": order}}),
        lambda session: records.update(session, "shop.orders", {order: {"limit": 9}}),
    ]
    for act in acts:
        with pytest.raises(Refused, match="More than the limit"), shop.write(owner) as session:
            act(session)
    assert refused(shop, owner, lambda session: records.update(session, "shop.orders", {order: {"limit": 9}})) == [
        ("/0/limit", "check")
    ]


def test_a_status_goes_its_ways_only_and_says_which(shop: Workspace, owner: Principal) -> None:
    with shop.write(owner) as session:
        (order,) = records.create(session, "shop.orders", [{"number": "7"}])
    with pytest.raises(Refused) as told, shop.write(owner) as session:
        records.update(session, "shop.orders", {order: {"state": "posted"}})
    assert str(told.value) == "State cannot go from Draft to Posted, only to Sent, Cancelled."

    def move(to: str | None, **more: str) -> Any:
        return lambda session: records.update(session, "shop.orders", {order: {"state": to, **more}})

    assert refused(shop, owner, move("sent")) == [("/0/customer", "required")]
    assert refused(shop, owner, move("cancelled")) == [("/0/reason", "required")]
    assert refused(shop, owner, move(None)) == [("/0/state", "transition")]
    assert refused(shop, owner, lambda session: records.create(session, "shop.orders", [{"state": "posted"}])) == [
        ("/0/state", "transition")
    ]
    with shop.write(owner) as session:
        move("sent", customer="Acme")(session)
    assert refused(shop, owner, lambda session: records.update(session, "shop.orders", {order: {"customer": ""}})) == [
        ("/0/customer", "required")
    ]
    with shop.write(owner) as session:
        move("draft")(session)
        moving = session.transaction_id
    with shop.write(owner) as session:
        assert undo.undo(session, moving) == 1


def test_a_locked_record_and_its_lines_are_left_alone(shop: Workspace, owner: Principal) -> None:
    with shop.write(owner) as session:
        (order,) = records.create(session, "shop.orders", [{"number": "7", "customer": "A", "state": "sent"}])
        (line,) = records.create(session, "shop.lines", [{"order": order, "quantity": 1}])
    with shop.write(owner) as session:
        records.update(session, "shop.orders", {order: {"state": "posted"}})
        posting = session.transaction_id
    for act, at in (
        (lambda session: records.update(session, "shop.orders", {order: {"customer": "B"}}), "/0/customer"),
        (lambda session: records.delete(session, "shop.orders", [order]), "/0"),
        (lambda session: records.create(session, "shop.lines", [{"order": order}]), "/0/order"),
        (lambda session: records.update(session, "shop.lines", {line: {"quantity": 2}}), "/0/quantity"),
        (lambda session: records.update(session, "shop.lines", {line: {"order": None}}), "/0/order"),
        (lambda session: records.delete(session, "shop.lines", [line]), "/0"),
        (lambda session: undo.undo(session, posting), "/0/state"),
    ):
        assert refused(shop, owner, act) == [(at, "locked")]
    with shop.write(owner) as session:
        records.update(session, "shop.orders", {order: {"note": "paid"}})


def test_a_ledger_grows_by_entries_and_reversals_only(shop: Workspace, owner: Principal) -> None:
    with shop.write(owner) as session:
        nut, bolt = records.create(session, "shop.items", [{"name": "Nut"}, {"name": "Bolt"}])
        given = [(nut, 5.25, "2026-01-31"), (nut, -1.25, "2026-02-01"), (bolt, 3, "2026-01-01")]
        first, *_others = records.create(
            session,
            "shop.stock",
            [{"what": "In", "item": one, "quantity": many, "day": day} for one, many, day in given],
        )
        creation = session.transaction_id
    for act, code in (
        (lambda session: records.update(session, "shop.stock", {first: {"quantity": 6}}), "ledger"),
        (lambda session: records.delete(session, "shop.stock", [first]), "ledger"),
        (lambda session: undo.undo(session, creation), "ledger"),
        (lambda session: records.create(session, "shop.stock", [{"reversal_of": first, "quantity": 1}]), "reversal"),
    ):
        assert {told for _at, told in refused(shop, owner, act)} == {code}
    with pytest.raises(Conflict, match="never changed"), shop.write(owner) as session:
        records.delete(session, "shop.items", [nut])
    with shop.write(owner) as session:
        records.update(session, "shop.stock", {first: {"remark": "counted"}})
    with shop.read(owner) as session:
        january = {
            one.value: one.amounts["quantity"] for one in ledgers.balances(session, "shop.stock", "item", "2026-01-31")
        }
        assert january == {nut: 5.25, bolt: 3}
    with shop.write(owner) as session:
        (mirror,) = ledgers.reverse(session, "shop.stock", [first])
    with shop.read(owner) as session:
        values = records.get(session, "shop.stock", mirror).values
        assert (values["quantity"], values["item"], values["reversal_of"]) == (-5.25, nut, first)
        assert ledgers.reversal_of(session, "shop.stock", first) == mirror
        (whole,) = ledgers.balances(session, "shop.stock")
        assert (whole.count, whole.amounts) == (4, {"quantity": 1.75})
        assert [one.change.kind for one in history.of_record(session, "shop.stock", mirror)] == ["created"]
    assert refused(shop, owner, lambda session: ledgers.reverse(session, "shop.stock", [first])) == [
        ("/0/reversal_of", "not_unique")
    ]
    assert refused(shop, owner, lambda session: ledgers.reverse(session, "shop.stock", [mirror])) == [
        ("/0/reversal_of", "reversal")
    ]


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"unique": {"one": {"fields": ["lines"]}}}, "/tables/orders/unique/one/fields"),
        ({"unique": {"one": {"fields": ["nothing"]}}}, "/tables/orders/unique/one/fields"),
        ({"locks": {"one": {"when": "={number} = 1 +", "message": "No"}}}, "/tables/orders/locks/one/when"),
        ({"locks": {"one": {"when": "TRUE()", "message": "No", "lines": ["note"]}}}, "/tables/orders/locks/one/lines"),
        ({"ledger": {"date": "note", "amounts": ["limit"], "reversal": "note"}}, "/tables/orders/ledger/date"),
    ],
)
def test_rules_that_make_no_sense_are_refused_at_their_place(
    workspace: Workspace, owner: Principal, change: dict[str, Any], at: str
) -> None:
    tables = copy.deepcopy(TABLES)
    tables["orders"] |= change
    with workspace.read(owner) as session:
        problems = apps.check(session, {"formwork": 1, "key": "shop", "tables": tables})
    assert at in [one.at for one in problems]


def test_a_status_that_leads_nowhere_known_is_refused(workspace: Workspace, owner: Principal) -> None:
    tables = copy.deepcopy(TABLES)
    tables["orders"]["fields"]["state"]["transitions"] = {"draft": ["lost", {"to": "sent", "needs": ["colour"]}]}
    with workspace.read(owner) as session:
        problems = apps.check(session, {"formwork": 1, "key": "shop", "tables": tables})
    place = "/tables/orders/fields/state/transitions/draft"
    assert [one.at for one in problems] == [f"{place}/0", f"{place}/1/needs"]


def test_of_many_who_save_the_same_at_once_one_does(shop: Workspace, owner: Principal) -> None:
    together = threading.Barrier(6, timeout=60)
    outcomes: list[str] = []

    def save(number: int) -> None:
        together.wait()
        try:
            with shop.write(owner) as session:
                records.create(session, "shop.orders", [{"customer": "Acme" if number % 2 else "ACME", "number": "1"}])
            outcomes.append("saved")
        except (Refused, Conflict):
            outcomes.append("refused")

    threads = [threading.Thread(target=save, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused"] * 5 + ["saved"]
