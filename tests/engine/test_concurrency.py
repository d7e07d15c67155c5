"""Many people at the same records at the same moment: each act is done wholly or refused, and nothing is lost."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from engine import apps, records
from engine import undo as undoing
from engine.access.principals import Principal, person
from engine.definitions.language import Apps
from engine.queries import Query
from engine.storage.layout import Layout
from engine.storage.stores import Stores, Workspace
from engine.verifying import verify
from tests.support.crowd import PEOPLE, crowd
from tests.support.databases import Database
from tests.support.replay import replayed, stored
from tests.support.workspaces import OWNER_ID, install

ADA = person(OWNER_ID, "owner")
TABLES: dict[str, Any] = {
    "accounts": {
        "fields": {
            "name": {"type": "text", "required": True, "unique": True},
            "spent": {"type": "rollup", "through": "orders", "field": "total", "function": "sum"},
            "count": {"type": "count", "through": "orders"},
        }
    },
    "orders": {
        "fields": {
            "no": {"type": "sequence", "number": "SO-{####}"},
            "net": {"type": "number"},
            "total": {"type": "formula", "formula": "{net} * 2"},
            "note": {"type": "text"},
            "account": {"type": "link", "to": "accounts", "inverse": "orders"},
            "watchers": {"type": "link", "to": "accounts", "many": True, "inverse": "watched"},
            **{f"person_{number}": {"type": "number"} for number in range(PEOPLE)},
        }
    },
}
ACCOUNTS, ORDERS = "shop.accounts", "shop.orders"
TIMES = 8


@pytest.fixture
def shop(workspace: Workspace, owner: Principal) -> Workspace:
    """The shop with three accounts, an order for each."""
    install(workspace, owner, TABLES)
    with workspace.write(owner) as session:
        accounts = records.create(session, ACCOUNTS, [{"name": name} for name in ("Acme", "Best", "Care")])
        records.create(session, ORDERS, [{"net": 1, "account": one, "watchers": [one]} for one in accounts])
    return workspace


@pytest.fixture
def many(database_url: Database, stores: Stores, shop: Workspace) -> Callable[..., Any]:
    """Let many do something in the shop; all is right afterwards."""

    def act(deed: Any, times: int = TIMES) -> Any:
        outcomes = crowd(database_url, stores, deed, times)
        with shop.read(ADA) as session:
            assert verify(session) == []
            for table in (ACCOUNTS, ORDERS):
                assert replayed(session, table) == stored(session, table)
        return outcomes

    return act


@pytest.mark.usefixtures("quick_turns")
def test_one_layout_serves_all_who_ask_at_once(shop: Workspace) -> None:
    with shop.read(ADA) as session:
        documents = [(app.document, app.revision) for app in session.layout.apps.values()]

    def ask(layout: Layout) -> list[Any]:
        begin.wait()
        return [layout.sql(table) for table in layout.apps.tables.values()]

    with ThreadPoolExecutor(PEOPLE) as crowded:
        for _again in range(40):
            begin = Barrier(PEOPLE)
            layout = Layout(Apps(documents), 1)
            told = list(crowded.map(ask, [layout] * PEOPLE))
            assert all(one is first for tables in told for one, first in zip(tables, told[0], strict=True))


@pytest.fixture
def quick_turns() -> Iterator[None]:
    """Threads take turns so often that what is not made for several of them goes wrong."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def ids(workspace: Workspace, table: str) -> list[str]:
    with workspace.read(ADA) as session:
        return [one.id for one in records.find(session, Query(table, limit=1000)).records]


def change_my_field(workspace: Workspace, who: int, time: int) -> None:
    with workspace.write(ADA) as session:
        order = records.find(session, Query(ORDERS, sort=["no"], limit=1)).records[0]
        records.update(session, ORDERS, {order.id: {f"person_{who}": time, "note": f"{who}/{time}"}})


def test_who_changes_other_fields_of_a_record_loses_nothing(shop: Workspace, many: Callable[..., Any]) -> None:
    assert many(change_my_field) == {"done": PEOPLE * TIMES}
    with shop.read(ADA) as session:
        order = records.find(session, Query(ORDERS, sort=["no"], limit=1)).records[0]
        assert [order.values[f"person_{who}"] for who in range(PEOPLE)] == [TIMES - 1] * PEOPLE


def take_a_name(workspace: Workspace, who: int, time: int) -> None:
    with workspace.write(ADA) as session:
        if who % 2:
            records.create(session, ACCOUNTS, [{"name": f"Name {time}"}])
        else:
            one = records.create(session, ACCOUNTS, [{"name": f"{who} {time}"}])[0]
            records.update(session, ACCOUNTS, {one: {"name": f"Name {time}"}})


def test_a_unique_value_is_there_once(shop: Workspace, many: Callable[..., Any]) -> None:
    outcomes = many(take_a_name)
    assert outcomes["done"] == TIMES
    assert sum(outcomes.values()) == PEOPLE * TIMES
    assert len(ids(shop, ACCOUNTS)) == 3 + TIMES


def draw_numbers(workspace: Workspace, who: int, time: int) -> None:
    with workspace.write(ADA) as session:
        records.create(session, ORDERS, [{"note": f"{who}"}] * (1 + time % 3))


def test_every_number_is_drawn_once(shop: Workspace, many: Callable[..., Any]) -> None:
    assert many(draw_numbers) == {"done": PEOPLE * TIMES}
    with shop.read(ADA) as session:
        numbers = sorted(values["no"] for values in stored(session, ORDERS).values())
    assert numbers == [f"SO-{number:04}" for number in range(1, len(numbers) + 1)]


def link_and_delete(workspace: Workspace, who: int, time: int) -> None:
    dice = random.Random(who * 1000 + time)
    accounts, orders = ids(workspace, ACCOUNTS), ids(workspace, ORDERS)
    with workspace.write(ADA) as session:
        match dice.randrange(6):
            case 0:
                records.create(session, ORDERS, [{"net": who, "account": dice.choice(accounts), "watchers": accounts}])
            case 1:
                records.update(session, ORDERS, {one: {"account": dice.choice(accounts)} for one in orders[:2]})
            case 2:
                records.update(session, ACCOUNTS, {dice.choice(accounts): {"orders": orders[who % 3 :]}})
            case 3:
                records.update(session, ORDERS, {dice.choice(orders): {"watchers": [dice.choice(accounts)], "net": 5}})
            case 4:
                records.create(session, ACCOUNTS, [{"name": f"New {who} {time}"}])
                records.delete(session, ACCOUNTS, [dice.choice(accounts)])
            case _:
                records.delete(session, ORDERS, [dice.choice(orders)])
                records.create(session, ORDERS, [{"net": 7}])
    if dice.randrange(3) == 0:
        with workspace.write(ADA, f"undo:{session.transaction_id}") as again:
            undoing.undo(again, session.transaction_id)


def test_links_lead_to_records_from_both_sides(many: Callable[..., Any]) -> None:
    outcomes = many(link_and_delete)
    assert outcomes["done"] > PEOPLE


def change_the_table(workspace: Workspace, who: int, time: int) -> None:
    with workspace.write(ADA) as session:
        if who % 4:
            field = dict.fromkeys(session.layout.table(ORDERS).fields.keys() & {"extra"}, time)
            one = records.create(session, ORDERS, [{"net": who, **field}])[0]
            records.update(session, ORDERS, {one: {"net": time, "note": "changed"}})
            return
        document = {key: value for key, value in apps.export(session, "shop").items() if key != "tables"}
        tables = {key: {"fields": dict(table["fields"])} for key, table in TABLES.items()}
        if time % 2:
            tables["orders"]["fields"]["extra"] = {"type": "number"}
            tables["orders"]["fields"]["total"] = {"type": "formula", "formula": "{net} * 3 + {extra}"}
        apps.apply(session, {**document, "tables": tables})


def test_a_table_changes_while_others_write(shop: Workspace, many: Callable[..., Any]) -> None:
    outcomes = many(change_the_table)
    assert outcomes["done"] > PEOPLE
