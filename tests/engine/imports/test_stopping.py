"""An import is cancelled while it goes on, or discarded before."""

from __future__ import annotations

import io

import pytest

from engine import imports, queries, records
from engine.access.principals import Principal
from engine.errors import Conflict, NotFound
from engine.imports import carrying
from engine.imports.files import path_of
from engine.queries import Query
from engine.storage.stores import Workspace
from tests.support.workspaces import install

ITEMS = "shop.items"
LINES = b"Name\n" + b"".join(b"Item %d\n" % number for number in range(5_000))


@pytest.fixture
def desk(workspace: Workspace, owner: Principal) -> Workspace:
    install(workspace, owner, {"items": {"title": "name", "fields": {"name": {"type": "text", "label": "Name"}}}})
    return workspace


def mapped(desk: Workspace, owner: Principal) -> str:
    with desk.write(owner) as session:
        held = imports.start(session, io.BytesIO(LINES), "items.csv", ITEMS)
        imports.choose(session, held.id, {"columns": {"Name": {"field": "name"}}, "match": []})
        return held.id


def test_cancelled_in_the_middle_nothing_is_left(desk: Workspace, owner: Principal) -> None:
    key = mapped(desk, owner)
    reached: list[int] = []

    def stop(line: int) -> None:
        reached.append(line)
        if len(reached) == 1:
            with desk.read(owner) as session:
                imports.cancel(session, key)

    with pytest.raises(Conflict, match="It was cancelled"):
        imports.carry_out(desk, owner, key, stop)
    assert len(reached) == 1
    with desk.read(owner) as session:
        held = imports.get(session, key)
        assert (held.state, str(held.says)) == ("failed", "It was cancelled. Nothing was changed.")
        assert queries.count(session, Query(ITEMS)) == 0
    assert imports.carry_out(desk, owner, key).state == "done"


def test_what_does_not_go_on_is_not_cancelled(desk: Workspace, owner: Principal) -> None:
    key = mapped(desk, owner)
    with desk.read(owner) as session, pytest.raises(Conflict):
        imports.cancel(session, key)


def test_discarded_it_is_gone(desk: Workspace, owner: Principal) -> None:
    key = mapped(desk, owner)
    with desk.write(owner) as session:
        imports.discard(session, key)
    assert not path_of(desk, key).exists()
    with desk.read(owner) as session, pytest.raises(NotFound):
        imports.get(session, key)


def test_done_it_is_not_discarded(desk: Workspace, owner: Principal) -> None:
    key = mapped(desk, owner)
    imports.carry_out(desk, owner, key)
    with desk.write(owner) as session, pytest.raises(Conflict):
        imports.discard(session, key)


def test_while_lines_are_counted_others_write(
    desk: Workspace, owner: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = mapped(desk, owner)
    counting = carrying.count
    written: list[str] = []

    def count(*given: object) -> object:
        with desk.write(owner) as session:
            written.extend(records.create(session, ITEMS, [{"name": "Meanwhile"}]))
        return counting(*given)  # type: ignore[arg-type]

    monkeypatch.setattr("engine.imports.count", count)
    held = imports.count_lines(desk, owner, key)
    assert len(written) == 1
    assert held.counts is not None
    assert held.counts["new"] == 5_000
