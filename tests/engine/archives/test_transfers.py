"""An app on its way out or in: how far it is, that it can be stopped, begun anew and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine import apps, archives, going_on, trash
from engine.access.principals import Principal, person
from engine.archives import Wanted, Wishes, bringing, transfers
from engine.archives.bringing import AS_IT_IS
from engine.archives.parts import NOTHING_MORE
from engine.errors import Conflict, Forbidden, NotFound, Refused
from engine.storage.stores import Workspace
from tests.engine.archives.conftest import LIMITS, OTHER, fill, packed


def _pieces(content: bytes) -> Iterator[bytes]:
    yield from (content[start : start + 100] for start in range(0, len(content), 100))


def _start(workspace: Workspace, asker: Principal, content: bytes, key: str = "") -> transfers.Transfer:
    return transfers.start_in(workspace, asker, _pieces(content), "shop.zip", Wishes(key))


def _kept(workspace: Workspace) -> list[str]:
    folders = (workspace.files / "transfers", workspace.files / "attachments")
    return sorted(one.name for folder in folders if folder.is_dir() for one in folder.iterdir())


def test_out_and_in_each_tell_how_far_they_are(workspace: Workspace, elsewhere: Workspace, owner: Principal) -> None:
    fill(workspace, owner)
    with workspace.write(owner) as session:
        out = transfers.start_out(session, "shop", Wanted(history=True))
    told: list[int] = []
    done = transfers.carry_out(workspace, owner, out.id, LIMITS, told.append)
    assert (done.state, told[-1]) == ("done", out.total + 1)  # files are known once the records have been read
    assert told == sorted(told)
    with workspace.read(owner) as session:
        content = transfers.file_of(session, out.id).read_bytes()
    assert content == packed(workspace, owner, wanted=Wanted(history=True))

    started = _start(elsewhere, owner, content)
    assert (started.state, started.app, started.about["records"]) == ("waiting", "shop", {"firms": 2, "orders": 2})
    told.clear()
    brought = transfers.carry_out(elsewhere, owner, started.id, LIMITS, told.append)
    assert told[-1] == started.total
    assert (brought.state, brought.done, brought.brought.records) == ("done", None, {"firms": 2, "orders": 2})
    with elsewhere.read(owner) as session:
        assert [one.id for one in transfers.listed(session)] == [started.id]
        with pytest.raises(NotFound):
            transfers.file_of(session, started.id)
    assert not [one for one in _kept(elsewhere) if one.startswith("arc")]  # what is brought needs its file no more
    with pytest.raises(Conflict, match="done already"):
        transfers.carry_out(elsewhere, owner, started.id, LIMITS)


def test_one_undo_throws_the_app_away(workspace: Workspace, elsewhere: Workspace, owner: Principal) -> None:
    fill(workspace, owner)
    started = _start(elsewhere, owner, packed(workspace, owner))
    with elsewhere.write(owner) as session, pytest.raises(Conflict, match="nothing to undo"):
        transfers.undo(session, started.id)
    transfers.carry_out(elsewhere, owner, started.id, LIMITS)
    with elsewhere.write(owner) as session:
        assert transfers.undo(session, started.id).state == "undone"
        assert "shop" not in session.layout.apps
    with elsewhere.read(owner) as session:
        assert [one.kind for one in trash.entries(session)] == ["app"]


def test_what_was_taken_out_comes_again_and_goes_again(workspace: Workspace, owner: Principal) -> None:
    """Its revisions go on counting in the process that did it, too."""
    document = {"formwork": 1, "key": "plain", "label": "Plain"}
    for _time in range(3):
        with workspace.write(owner) as session:
            apps.apply(session, {**document, "tables": {"things": {"fields": {"name": {"type": "text"}}}}})
        with workspace.write(owner) as session:
            apps.remove(session, "plain")
    with workspace.read(owner) as session:
        assert [one.number for one in apps.revisions(session, "plain")] == [6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize("way", ["out", "in"])
def test_who_cancels_leaves_nothing(way: str, workspace: Workspace, elsewhere: Workspace, owner: Principal) -> None:
    fill(workspace, owner)
    at = workspace if way == "out" else elsewhere
    if way == "out":
        with workspace.write(owner) as session:
            held = transfers.start_out(session, "shop", NOTHING_MORE)
    else:
        held = _start(elsewhere, owner, packed(workspace, owner))
    before = [one for one in _kept(at) if not one.startswith("arc")]

    def stop(_done: int) -> None:
        with at.read(owner) as session:  # as another process sees it
            assert transfers.get(session, held.id).state == "running"
            transfers.cancel(session, held.id)

    with pytest.raises(Conflict, match="cancelled"):
        transfers.carry_out(at, owner, held.id, LIMITS, stop)
    with at.write(owner) as session:
        failed = transfers.get(session, held.id)
        assert (failed.state, failed.done) == ("failed", None)
        assert "cancelled" in str(failed.problems[0].says)
        assert ("shop" in session.layout.apps) == (way == "out")
        with pytest.raises(Conflict, match="not going on"):
            transfers.cancel(session, held.id)
    assert [one for one in _kept(at) if not one.startswith("arc")] == before
    assert transfers.carry_out(at, owner, held.id, LIMITS).state == "done"  # and it can begin anew


def test_what_a_killed_process_left_begins_anew(
    workspace: Workspace, elsewhere: Workspace, owner: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(workspace, owner)
    held = _start(elsewhere, owner, packed(workspace, owner))

    class Killed(BaseException):
        pass

    def dies(*_given: Any, **_more: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(bringing, "settle", dies)
        with pytest.raises(Killed):
            transfers.carry_out(elsewhere, owner, held.id, LIMITS)
    with elsewhere.read(owner) as session:
        assert not session.layout.apps
        assert transfers.get(session, held.id).state == "waiting"
    assert transfers.carry_out(elsewhere, owner, held.id, LIMITS).state == "done"


def test_a_progress_that_does_not_move_is_nobodys(
    workspace: Workspace, owner: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(workspace, owner)
    with workspace.write(owner) as session:
        held = transfers.start_out(session, "shop", NOTHING_MORE)
    path = workspace.files / "transfers" / held.id
    path.parent.mkdir(parents=True, exist_ok=True)
    with going_on.told(path) as tell:
        tell(1)
        with workspace.read(owner) as session:
            assert (transfers.get(session, held.id).state, transfers.get(session, held.id).done) == ("running", 1)
            monkeypatch.setattr(going_on, "AGE", -1.0)
            assert transfers.get(session, held.id).state == "waiting"


def test_a_refusal_stays_with_it_until_it_is_wished_otherwise(workspace: Workspace, owner: Principal) -> None:
    fill(workspace, owner)
    held = _start(workspace, owner, packed(workspace, owner))
    with pytest.raises(Refused):
        transfers.carry_out(workspace, owner, held.id, LIMITS)
    with workspace.write(owner) as session:
        failed = transfers.get(session, held.id)
        assert [(one.at, str(one.says)) for one in failed.problems] == [
            ("/key", "There is an app shop here already. Choose another key.")
        ]
        transfers.change_wishes(session, held.id, Wishes("other"))
    assert transfers.carry_out(workspace, owner, held.id, LIMITS).app == "other"
    with workspace.write(owner) as session, pytest.raises(Conflict):
        transfers.change_wishes(session, held.id, AS_IT_IS)


def test_what_is_no_archive_is_not_kept(elsewhere: Workspace, owner: Principal) -> None:
    with pytest.raises(Refused, match="no archive"):
        _start(elsewhere, owner, b"nothing")
    assert _kept(elsewhere) == []


def test_they_are_kept_for_a_while(workspace: Workspace, elsewhere: Workspace, owner: Principal) -> None:
    fill(workspace, owner)
    with workspace.write(owner) as session:
        out = transfers.start_out(session, "shop", NOTHING_MORE)
    transfers.carry_out(workspace, owner, out.id, LIMITS)
    assert out.id in _kept(workspace)
    with workspace.write(owner) as session:
        assert transfers.forget(session, None, 10) == 0
        session.now += transfers.KEPT * 2
        assert transfers.forget(session, None, 10) == 1
    assert out.id not in _kept(workspace)
    held = _start(elsewhere, owner, packed(workspace, owner))
    with elsewhere.write(owner) as session:
        session.now += transfers.KEPT * 2
        assert transfers.forget(session, None, 10) == 0
        assert transfers.forget(session, session.now, 10) == 1
    assert held.id not in _kept(elsewhere)


def test_they_are_for_those_who_build(workspace: Workspace, owner: Principal) -> None:
    fill(workspace, owner)
    member = person(OTHER, "member")
    with workspace.write(owner) as session:
        held = transfers.start_out(session, "shop", NOTHING_MORE)
    with workspace.write(member) as session:
        for act in (
            lambda: transfers.listed(session),
            lambda: transfers.get(session, held.id),
            lambda: transfers.file_of(session, held.id),
            lambda: transfers.start_out(session, "shop", NOTHING_MORE),
            lambda: transfers.discard(session, held.id),
            lambda: transfers.undo(session, held.id),
            lambda: archives.counted(session, "shop"),
        ):
            with pytest.raises(Forbidden):
                act()
    with pytest.raises(Forbidden):
        _start(workspace, member, packed(workspace, owner))
    with pytest.raises(Forbidden):
        transfers.carry_out(workspace, member, held.id, LIMITS)
