"""Many people at the same records at the same moment: each act is done wholly or refused, and nothing is lost.

The names T-CON-01 and so on are those of the requirements.
"""

from __future__ import annotations

import copy
import io
import random
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any, cast

import pytest

from engine import apps, automations, forms, history, imports, records, trash
from engine import undo as undoing
from engine.access.principals import Principal, person, public_form
from engine.automations.starts import start_runs
from engine.automations.steps import Means
from engine.definitions.apps import Apps
from engine.egress import Egress
from engine.queries import Query
from engine.settings import Settings
from engine.storage.layout import Layout
from engine.storage.session import Session, again
from engine.storage.stores import Stores, Workspace
from engine.vault import Vault
from engine.verifying import verify
from engine.worker import Worker
from tests.support.crowd import PEOPLE, Deed
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
            "told": {"type": "number"},
            **{f"person_{number}": {"type": "number"} for number in range(PEOPLE)},
        },
        "forms": {"ask": {"fields": ["note"], "public": True}},
    },
}
TELL = {
    "trigger": {"type": "record_created", "table": "orders"},
    "steps": {"tell": {"action": "update_record", "values": {"told": "={told} + 1"}}},
}
ACCOUNTS, ORDERS = "shop.accounts", "shop.orders"
TIMES = 8
Many = Callable[..., Counter[str]]
_attaching = threading.Lock()


@pytest.fixture
def shop(workspace: Workspace, owner: Principal) -> Workspace:
    """The shop with three accounts, an order for each."""
    install(workspace, owner, TABLES)
    with workspace.write(owner) as session:
        accounts = records.create(session, ACCOUNTS, [{"name": name} for name in ("Acme", "Best", "Care")])
        records.create(session, ORDERS, [{"net": 1, "account": one, "watchers": [one]} for one in accounts])
    return workspace


@pytest.fixture
def many(crowd: Callable[[Deed, int], Counter[str]], shop: Workspace) -> Callable[..., Counter[str]]:
    """Let many do something in the shop; all is right afterwards."""

    def act(deed: Deed, times: int = TIMES) -> Counter[str]:
        outcomes = crowd(deed, times)
        assert not outcomes["Collided"]
        with shop.read(ADA) as session:
            assert verify(session) == []
            for table in session.layout.apps.tables:
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
        order = first_order(session)
        records.update(session, ORDERS, {order.id: {f"person_{who}": time, "note": f"{who}/{time}"}})


def test_con_01_who_changes_other_fields_of_a_record_loses_nothing(shop: Workspace, many: Many) -> None:
    """T-CON-01: patches of different fields are both kept; of the same field the last counts, and the log has all."""
    assert many(change_my_field) == {"done": PEOPLE * TIMES}
    with shop.read(ADA) as session:
        order = first_order(session)
        assert [order.values[f"person_{who}"] for who in range(PEOPLE)] == [TIMES - 1] * PEOPLE
        notes = [entry.change.after["note"] for entry in history.of_record(session, ORDERS, order.id, limit=1000)[:-1]]
    assert sorted(notes) == sorted(f"{who}/{time}" for who in range(PEOPLE) for time in range(TIMES))
    assert notes[0] == order.values["note"]
    for who in range(PEOPLE):
        assert [one for one in notes if one.startswith(f"{who}/")] == [f"{who}/{time}" for time in range(TIMES)][::-1]


def first_order(session: Session) -> records.Record:
    return records.find(session, Query(ORDERS, sort=["no"], limit=1)).records[0]


def take_a_name(workspace: Workspace, who: int, time: int) -> None:
    name = f"Name {time}"
    if who % 4 == 3:
        bring(workspace, ACCOUNTS, f"name\n{name}\n")
        return
    with workspace.write(ADA) as session:
        if who % 4 == 0:
            records.create(session, ACCOUNTS, [{"name": name}])
        elif who % 4 == 1:
            one = records.create(session, ACCOUNTS, [{"name": f"{who} {time}"}])[0]
            records.update(session, ACCOUNTS, {one: {"name": name}})
        else:
            old = records.create(session, ACCOUNTS, [{"name": name}])
            records.delete(session, ACCOUNTS, old)
    if who % 4 == 2:
        again(lambda: bring_back(workspace, old[0]))


def bring_back(workspace: Workspace, record_id: str) -> None:
    with workspace.write(ADA) as session:
        trash.restore(session, [one.id for one in trash.entries(session, 1000) if one.key == record_id])


def test_con_02_a_unique_value_is_there_once(shop: Workspace, many: Many) -> None:
    """T-CON-02: however it comes: created, changed, imported, out of the trash."""
    many(take_a_name)
    with shop.read(ADA) as session:
        names = sorted(values["name"] for values in stored(session, ACCOUNTS).values())
    assert names == sorted(["Acme", "Best", "Care", *(f"Name {time}" for time in range(TIMES))])


def bring(workspace: Workspace, table: str, file: str) -> None:
    with workspace.write(ADA) as session:
        held = imports.start(session, io.BytesIO(file.encode()), "a.csv", table)
        imports.choose(session, held.id, imports.propose(session, held.id).mapping)
    imports.carry_out(workspace, ADA, held.id)


def draw_numbers(workspace: Workspace, who: int, time: int) -> None:
    if who == 0:
        bring(workspace, ORDERS, "note\nfrom a file\nfrom a file\n")
        return
    with workspace.write(ADA) as session:
        records.create(session, ORDERS, [{"note": f"{who}"}] * (1 + time % 3))


def test_con_03_every_number_is_drawn_once(shop: Workspace, many: Many) -> None:
    """T-CON-03: without gaps, from the first one on."""
    assert many(draw_numbers) == {"done": PEOPLE * TIMES}
    with shop.read(ADA) as session:
        numbers = sorted(values["no"] for values in stored(session, ORDERS).values())
    assert numbers == [f"SO-{number:04}" for number in range(1, len(numbers) + 1)]


def link_and_delete(workspace: Workspace, who: int, time: int) -> None:
    dice = random.Random(who * 1000 + time)
    accounts, orders = ids(workspace, ACCOUNTS), ids(workspace, ORDERS)
    with workspace.write(ADA) as session:
        match dice.randrange(7):
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
            case 5:
                trash.restore(session, [one.id for one in trash.entries(session)[:2]])
            case _:
                records.delete(session, ORDERS, [dice.choice(orders)])
                records.create(session, ORDERS, [{"net": 7}])
    if dice.randrange(3) == 0:
        again(lambda: take_back(workspace, session.transaction_id))


def take_back(workspace: Workspace, transaction_id: str) -> None:
    with workspace.write(ADA, f"undo:{transaction_id}") as session:
        undoing.undo(session, transaction_id)


def test_con_04_links_lead_to_records_from_both_sides(many: Many) -> None:
    """T-CON-04: linked, unlinked, deleted and restored from both ends."""
    outcomes = many(link_and_delete, 12)
    assert outcomes["done"] > PEOPLE


AS_TEXT: dict[str, Any] = {"extra": {"type": "text", "label": "Renamed"}}
EXTRAS: list[dict[str, Any]] = [
    {"extra": {"type": "number"}, "total": {"type": "formula", "formula": "{net} * 3 + {extra}"}},
    AS_TEXT,
    {},  # it comes back as it went, else the log could not tell what it holds
    AS_TEXT,
    {"extra": {"type": "select", "choices": {"one": {"label": "One"}}}},
]
VALUES = {"number": 17, "text": "seventeen", "select": "one"}


def change_the_table(workspace: Workspace, who: int, time: int) -> None:
    with workspace.write(ADA) as session:
        tables = copy.deepcopy(TABLES)
        if who == 0:
            tables["orders"]["fields"] |= EXTRAS[time % len(EXTRAS)]
            apps.apply(session, {**apps.export(session, "shop"), "tables": tables})
        elif who == 1:  # a whole table comes and goes
            tables = dict(apps.export(session, "shop")["tables"])
            tables.pop("notes", None)
            if time % 2:
                tables["notes"] = {"fields": {"of": {"type": "link", "to": "orders"}, "text": {"type": "text"}}}
            apps.apply(session, {**apps.export(session, "shop"), "tables": tables})
        elif who % 2 and "shop.notes" in session.layout.apps.tables:
            records.create(session, "shop.notes", [{"text": "a note", "of": first_order(session).id}])
        else:
            extra = session.layout.table(ORDERS).fields.get("extra")
            field = {"extra": VALUES[extra.type]} if extra else {}
            one = records.create(session, ORDERS, [{"net": who, **field}])[0]
            records.update(session, ORDERS, {one: {"net": time, "note": "changed"}})


def test_con_05_a_table_changes_while_others_write(shop: Workspace, many: Many) -> None:
    """T-CON-05: each write lands in the old or the new table; no value in a column that is not its own."""
    outcomes = many(change_the_table)
    assert outcomes["done"] > PEOPLE * TIMES * 3 // 4
    with shop.write(ADA) as session:
        apps.apply(session, {**apps.export(session, "shop"), "tables": _with(AS_TEXT)})
        found = {values.get("extra") for values in stored(session, ORDERS).values()}
    assert found <= {None, "", "17", "seventeen", "One", "one"}


def _with(extra: dict[str, Any]) -> dict[str, Any]:
    tables = copy.deepcopy(TABLES)
    tables["orders"]["fields"] |= extra
    return tables


def import_or_edit(workspace: Workspace, who: int, time: int) -> None:
    dice = random.Random(who * 1000 + time)
    if who % 4 == 0:
        bring(
            workspace,
            ORDERS,
            "note,net,account,watchers\n" + f'file,{who},Acme,"Best, Care"\nfile,{time},New {time},\n' * 3,
        )
        return
    accounts, orders = ids(workspace, ACCOUNTS), ids(workspace, ORDERS)
    with workspace.write(ADA) as session:
        if who % 4 == 1:
            records.delete(session, ACCOUNTS, [dice.choice(accounts)])
            records.create(session, ACCOUNTS, [{"name": ["Acme", "Best", "Care"][time % 3]}])
        else:
            records.update(session, ORDERS, {dice.choice(orders): {"net": time, "account": dice.choice(accounts)}})


def test_con_06_imports_beside_edits(many: Many) -> None:
    """T-CON-06: what is worked out, what is linked and what is logged is right once all are done."""
    assert many(import_or_edit, 6)["done"] > PEOPLE


def create_and_work(workspace: Workspace, who: int, time: int) -> None:
    with _attaching:
        if start_runs not in workspace.observers:
            workspace.observers.append(start_runs)
    if who % 2:
        with workspace.write(ADA) as session:
            records.create(session, ORDERS, [{"note": f"{who} {time}"}] * 2)
    else:
        work(workspace)


def work(workspace: Workspace) -> None:
    settings = Settings.from_environment({})
    means = Means(settings, Egress.of(settings), Vault(b"k" * 32))
    Worker(cast(Stores, None), means, lambda: datetime.now(UTC)).run_until_idle(workspace)


def test_con_07_what_happens_starts_a_run_once(shop: Workspace, many: Many) -> None:
    """T-CON-07: several workers in two processes; each run is done, and once."""
    install(shop, ADA, TABLES, automations={"tell": TELL})
    many(create_and_work)
    work(shop)
    with shop.read(ADA) as session:
        told = [values["told"] for values in stored(session, ORDERS).values() if values["note"]]
        runs = automations.runs_of(session, limit=1000)
    assert told == [1] * (PEOPLE * TIMES)
    assert [run.status for run in runs] == ["done"] * (PEOPLE * TIMES)


def send_twice(workspace: Workspace, who: int, time: int) -> None:
    with workspace.write(public_form("shop", "orders", "ask")) as session:
        form = forms.get(session, ORDERS, "ask", public=True)
        forms.submit(session, ORDERS, form, {"note": f"sent {time}"}, once=f"sending{time}")


def test_con_09_a_form_that_all_send_counts_once(shop: Workspace, many: Many) -> None:
    """T-CON-09: one record for each sending, however often it comes."""
    assert many(send_twice) == {"done": PEOPLE * TIMES}
    with shop.read(ADA) as session:
        notes = sorted(values["note"] for values in stored(session, ORDERS).values() if values["note"])
    assert notes == sorted(f"sent {time}" for time in range(TIMES))


def change_many(workspace: Workspace, who: int, time: int) -> None:
    dice = random.Random(who * 1000 + time)
    places = {ACCOUNTS: ids(workspace, ACCOUNTS), ORDERS: ids(workspace, ORDERS)}
    with workspace.write(ADA) as session:
        for table in dice.sample([ACCOUNTS, ORDERS], 2):
            one = dice.choice(places[table])
            given = {"name": f"{who} {time}"} if table == ACCOUNTS else {"net": dice.randrange(9)}
            records.update(session, table, {one: given})


def test_con_10_in_whatever_order_records_are_changed(many: Many) -> None:
    """T-CON-10: who gets into the other's way begins anew; nobody is told of it."""
    assert many(change_many, 4) == {"done": PEOPLE * 4}
