"""One statement works only for so long (the limits of 4.9, T-LIM-01): nobody waits for it, nothing of it stays."""

from __future__ import annotations

import time
from contextlib import nullcontext

import pytest
import sqlalchemy as sa

from engine import record_writes, records
from engine.access.principals import Principal
from engine.errors import TookTooLong
from engine.queries import Query
from engine.storage import databases
from engine.storage.prepared import Prepared
from engine.storage.savepoints import attempt
from engine.storage.session import Session
from engine.storage.stores import Workspace
from engine.storage.time_limits import WHOLE_TABLES
from tests.support.house import House, on_created
from tests.support.workspaces import install

SHORT = 0.5  # seconds: no other question of these tests takes so long
THINGS = "shop.things"
TABLES = {"things": {"title": "name", "fields": {"name": {"type": "text"}}}}


def counted_to(most: int | None) -> sa.Select[int]:
    """A question that takes as long as one likes; None: it has no end."""
    first = sa.select(sa.literal(1).label("number")).cte("numbers", recursive=True)
    more = sa.select(first.c.number + 1)
    numbers = first.union_all(more if most is None else more.where(first.c.number < most))
    return sa.select(sa.func.count()).select_from(numbers)


ENDLESS = counted_to(None)


def ask_for_long(session: Session) -> None:
    """A question that takes longer than is allowed, and not much."""
    if session.dialect == "sqlite":
        driver = session.connection.connection.driver_connection
        driver.create_function("pg_sleep", 1, time.sleep)  # type: ignore[union-attr]
    long = sa.select(sa.func.pg_sleep(1.5 * SHORT), counted_to(20_000).scalar_subquery())
    assert session.connection.execute(long).scalars(1).one() == 20_000


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the stores are opened."""
    monkeypatch.setattr(databases, "READING", SHORT)
    monkeypatch.setattr(databases, "JOB", SHORT)


@pytest.fixture
def shop(workspace: Workspace, owner: Principal) -> Workspace:
    install(workspace, owner, TABLES)
    return workspace


def names(shop: Workspace, owner: Principal) -> list[str]:
    with shop.read(owner) as session:
        return [str(one.values["name"]) for one in records.find(session, Query(THINGS)).records]


def test_the_limits_are_those_that_are_promised() -> None:
    from engine.storage import time_limits

    assert (time_limits.READING, time_limits.JOB) == (5, 30)
    assert float(databases.LOCK_TIMEOUT.removesuffix("s")) < time_limits.READING


@pytest.mark.parametrize("way", ["SQLAlchemy", "prepared"])
def test_a_question_without_end_is_broken_off_and_the_next_is_answered(
    shop: Workspace, owner: Principal, way: str
) -> None:
    prepared = Prepared(ENDLESS)
    with pytest.raises(TookTooLong) as refused, shop.read(owner) as session:
        session.rows(prepared, {}) if way == "prepared" else session.connection.execute(ENDLESS).all()
    assert refused.value.status == 503
    assert names(shop, owner) == []


@pytest.mark.parametrize("within", ["the transaction", "a part of it"])
def test_a_write_that_takes_too_long_leaves_nothing_behind(shop: Workspace, owner: Principal, within: str) -> None:
    def act() -> None:
        with shop.write(owner) as session:
            records.create(session, THINGS, [{"name": "lost"}])
            with attempt(session) if within == "a part of it" else nullcontext():
                records.create(session, THINGS, [{"name": "lost too"}])
                session.connection.execute(ENDLESS).all()

    with pytest.raises(TookTooLong):
        act()
    assert names(shop, owner) == []
    with shop.write(owner) as session:
        records.create(session, THINGS, [{"name": "kept"}])
    assert names(shop, owner) == ["kept"]


def test_what_is_long_by_its_nature_may_take_its_time(shop: Workspace, owner: Principal) -> None:
    with pytest.raises(TookTooLong), shop.read(owner) as session:
        ask_for_long(session)
    with shop.read(owner) as session:
        session.take_time(WHOLE_TABLES)
        ask_for_long(session)
    with pytest.raises(TookTooLong), shop.read(owner) as session:  # it was for that transaction only
        ask_for_long(session)


def test_many_short_questions_may_take_longer_together(shop: Workspace, owner: Principal) -> None:
    with shop.read(owner) as session:
        for _time in range(2):
            time.sleep(SHORT)
            assert session.connection.execute(counted_to(20_000)).scalar_one() == 20_000


def test_a_step_that_takes_too_long_fails_and_says_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = {"task": {"action": "create_record", "table": "tasks", "values": {"subject": "x"}}}
    house.install(on_created(**steps))
    house.create("deals", title="One", stage="open")
    with monkeypatch.context() as patch:
        patch.setattr(record_writes, "insert", lambda session, *_given: session.connection.execute(ENDLESS).all())
        house.work()
    (run,) = house.runs()
    assert (run.status, "broken off" in str(run.says)) == ("failed", True)
    assert house.all("tasks") == []
