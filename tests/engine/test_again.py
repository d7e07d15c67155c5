"""What others were in the way of is begun anew, unless some of it is kept already."""

from __future__ import annotations

import pytest

from engine import records
from engine.access.principals import Principal
from engine.errors import Collided
from engine.queries import Query
from engine.storage.session import WAITS, again
from engine.storage.stores import Workspace
from tests.support.workspaces import install


@pytest.fixture
def shop(workspace: Workspace, owner: Principal) -> Workspace:
    install(workspace, owner, {"things": {"fields": {"name": {"type": "text"}}}})
    return workspace


def names(shop: Workspace, owner: Principal) -> list[str]:
    with shop.read(owner) as session:
        return [one.values["name"] for one in records.find(session, Query("shop.things")).records]


def test_it_is_begun_anew_and_alone(shop: Workspace, owner: Principal) -> None:
    alone: list[bool] = []

    def act() -> str:
        with shop.write(owner) as session:
            records.create(session, "shop.things", [{"name": f"time {len(alone)}"}])
            alone.append(session.alone)
            if len(alone) < 3:
                raise Collided("in the way")
        return "done"

    assert again(act) == "done"
    assert alone == [False, True, True]
    assert names(shop, owner) == ["time 2"]
    with shop.write(owner) as session:
        assert not session.alone


def test_after_a_few_times_it_is_told(shop: Workspace) -> None:
    times: list[int] = []

    def act() -> None:
        times.append(1)
        raise Collided("in the way")

    with pytest.raises(Collided):
        again(act)
    assert len(times) == len(WAITS) + 1


def test_what_is_kept_is_not_done_twice(shop: Workspace, owner: Principal) -> None:
    def act() -> None:
        with shop.write(owner) as session:
            records.create(session, "shop.things", [{"name": "once"}])
        raise Collided("in the way of what came after")

    with pytest.raises(Collided):
        again(act)
    assert names(shop, owner) == ["once"]
