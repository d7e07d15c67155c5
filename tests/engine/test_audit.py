"""The audit log: there with its act or not at all, and never changed without its showing."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from engine import audit, audit_purging, business_calendar
from engine.access.principals import Principal, person
from engine.errors import Forbidden
from engine.formulas.calendar import WEEKDAYS
from engine.origin import Origin, coming_from
from engine.storage.audit_tables import entries
from engine.storage.session import Session
from engine.storage.stores import Workspace
from engine.text import _
from tests.support.workspaces import OWNER_ID, install

TABLES = {"items": {"fields": {"name": {"type": "text"}}}}
HOURS = dict.fromkeys(WEEKDAYS, "09:00-12:00")
DROP_TRIGGERS = {
    "sqlite": ("DROP TRIGGER _audit_is_kept_update", "DROP TRIGGER _audit_is_kept_delete"),
    "postgresql": ("DROP TRIGGER _audit_is_kept ON _audit", "DROP TRIGGER _audit_is_let_go ON _audit"),
}


@pytest.fixture
def busy(workspace: Workspace, owner: Principal) -> Workspace:
    """Three acts: an app installed, changed, and a calendar changed."""
    install(workspace, owner, TABLES)
    install(workspace, owner, {"items": {"fields": {"name": {"type": "text"}, "price": {"type": "number"}}}})
    with workspace.write(owner) as session:
        business_calendar.change(session, HOURS, "")
    return workspace


def noted(workspace: Workspace, asker: Principal) -> list[audit.Entry]:
    with workspace.read(asker) as session:
        return audit.entries(session)


def test_acts_are_noted_with_who_and_what(busy: Workspace, owner: Principal) -> None:
    calendar, changed, installed = noted(busy, owner)
    assert (installed.number, installed.act, installed.says) == (1, "app.installed", "installed the app Shop")
    assert (installed.by_kind, installed.by_id, installed.user_id) == ("person", OWNER_ID, OWNER_ID)
    assert changed.says == "changed the app Shop: revision 2"
    assert changed.about["summary"] == ["Adds price to items."]
    assert calendar.act == "calendar.changed"


def test_an_act_that_is_not_done_is_not_noted(workspace: Workspace, owner: Principal) -> None:
    with pytest.raises(RuntimeError), workspace.write(owner) as session:
        change_and_fail(session)
    assert noted(workspace, owner) == []


def change_and_fail(session: Session) -> None:
    business_calendar.change(session, HOURS, "")
    raise RuntimeError


def test_the_chain_is_whole(busy: Workspace, owner: Principal) -> None:
    newest = noted(busy, owner)[0]
    with busy.read(owner) as session:
        verdict = audit.verify(session, since=[newest.hash, "0" * 64])
    assert verdict == audit.Verdict(3, newest.hash, None, frozenset({newest.hash}))
    assert verdict.is_whole


@pytest.mark.parametrize("change", [sa.update(entries).values(act="nothing"), sa.delete(entries)])
def test_the_database_lets_nobody_change_it(busy: Workspace, owner: Principal, change: sa.Executable) -> None:
    with pytest.raises(DBAPIError, match="never changed"), busy.write(owner) as session:
        session.connection.execute(change)
    assert len(noted(busy, owner)) == 3


def rewrite(session: Session) -> None:
    session.connection.execute(sa.update(entries).where(entries.c.number == 2).values(user_id="usrSomebodyElse"))


def take_out(session: Session) -> None:
    session.connection.execute(sa.delete(entries).where(entries.c.number == 2))


def slip_in(session: Session) -> None:
    second = session.connection.execute(sa.select(entries).where(entries.c.number == 2)).one()._asdict()
    session.connection.execute(sa.update(entries).where(entries.c.number == 3).values(number=4))
    session.connection.execute(sa.insert(entries).values({**second, "number": 3}))


@pytest.mark.parametrize(("tamper", "at"), [(rewrite, 2), (take_out, 3), (slip_in, 3)])
def test_whoever_goes_round_that_is_found(
    busy: Workspace, owner: Principal, tamper: Callable[[Session], None], at: int
) -> None:
    with busy.write(owner) as session:
        for statement in DROP_TRIGGERS[session.dialect]:
            session.connection.execute(sa.text(statement))
        tamper(session)
    with busy.read(owner) as session:
        assert audit.verify(session).broken_at == at


@pytest.mark.parametrize("before_origins", [False, True], ids=["entry of now", "entry from before origins were kept"])
@pytest.mark.parametrize("column", entries.c, ids=str)
def test_an_edit_of_any_one_cell_is_found(
    workspace: Workspace, owner: Principal, column: sa.Column[Any], before_origins: bool
) -> None:
    """T-AUD-02."""
    with coming_from(Origin("req1", "192.0.2.7", "3f0c9a")):
        install(workspace, owner, TABLES)
    with workspace.write(owner) as session:
        for statement in DROP_TRIGGERS[session.dialect]:
            session.connection.execute(sa.text(statement))
        if before_origins:
            write_as_before(session)
        assert audit.verify(session) == audit.Verdict(1, noted_hash(session), None)
        session.connection.execute(sa.update(entries).values({column: 7 if column is entries.c.number else "other"}))
        assert not audit.verify(session).is_whole


def noted_hash(session: Session) -> str:
    return str(session.connection.execute(sa.select(entries.c.hash)).scalar_one())


def write_as_before(session: Session) -> None:
    """The one entry as it was written when an entry was all that there was before its origin was kept, too."""
    one = session.connection.execute(sa.select(entries)).one()._asdict()
    known = [one[name] for name in ("number", "at", "act", "by_kind", "by_id", "user_id", "workspace_id")]
    text = json.dumps(["", *known, one["says"], one["about"]], ensure_ascii=False, separators=(",", ":"))
    values = dict.fromkeys(("address", "session", "request", "result")) | {"hash": sha256(text.encode()).hexdigest()}
    session.connection.execute(sa.update(entries).values(values))


def test_an_entry_says_where_it_came_from_and_what_became_of_it(workspace: Workspace, owner: Principal) -> None:
    with coming_from(Origin("req1", "192.0.2.7", "3f0c9a")):
        install(workspace, owner, TABLES)
        audit.note_apart(workspace, owner, "access.refused", _("was refused"))
    install(workspace, owner, {"other": TABLES["items"]})
    by_itself, refused, done = noted(workspace, owner)
    assert (done.request, done.address, done.session, done.result) == ("req1", "192.0.2.7", "3f0c9a", "done")
    assert (refused.request, refused.result) == ("req1", "refused")
    assert (by_itself.request, by_itself.address, by_itself.session) == ("", "", "")


def test_many_at_once_make_one_chain(workspace: Workspace, owner: Principal) -> None:
    def act(number: int) -> None:
        with workspace.write(owner) as session:
            audit.note(session, "test", _("did number {number}", number=number), number=number)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(act, range(40)))
    with workspace.read(owner) as session:
        assert audit.verify(session).count == 40
        assert audit.verify(session).is_whole
    assert {one.about["number"] for one in noted(workspace, owner)} == set(range(40))


@pytest.mark.parametrize("role", ["builder", "member", "guest"])
def test_only_owners_read_it(workspace: Workspace, role: str) -> None:
    asker = person("usr00000000000009", role)  # type: ignore[arg-type]
    with pytest.raises(Forbidden), workspace.read(asker) as session:
        audit.entries(session)
    with pytest.raises(Forbidden), workspace.read(asker) as session:
        audit.verify(session)


KEPT = timedelta(days=400)


def purged(workspace: Workspace, after: timedelta, most: int = 500) -> int:
    with workspace.write() as session:
        session.now += after
        return audit_purging.purge(session, KEPT, most)


def test_what_is_left_after_400_days_proves_itself(busy: Workspace, owner: Principal) -> None:
    assert purged(busy, KEPT) == 0  # a day more, so that the log does not tell of it each hour
    noted_once = noted(busy, owner)[0].hash
    assert purged(busy, KEPT + timedelta(days=2)) == 3
    (told,) = noted(busy, owner)
    assert (told.number, told.act, told.about) == (4, "audit.purged", {"through": 3, "hash": noted_once})
    with busy.read(owner) as session:
        assert audit.verify(session) == audit.Verdict(1, told.hash, None, first=4)


def test_they_go_in_slices_from_the_beginning(busy: Workspace, owner: Principal) -> None:
    assert purged(busy, KEPT + timedelta(days=2), most=2) == 2
    assert [one.number for one in noted(busy, owner)] == [4, 3]
    assert purged(busy, KEPT + timedelta(days=2), most=2) == 1
    assert purged(busy, KEPT + timedelta(days=2), most=2) == 0
    with busy.read(owner) as session:
        verdict = audit.verify(session)
    assert (verdict.first, verdict.count, verdict.is_whole) == (4, 2, True)


def test_what_was_purged_a_second_time_leaves_a_whole_chain(busy: Workspace, owner: Principal) -> None:
    purged(busy, KEPT + timedelta(days=2))
    assert purged(busy, 2 * KEPT + timedelta(days=4)) == 1
    assert [(one.number, one.about["through"]) for one in noted(busy, owner)] == [(5, 4)]
    with busy.read(owner) as session:
        assert audit.verify(session).is_whole


def test_nobody_else_takes_the_oldest_out(busy: Workspace, owner: Principal) -> None:
    """Also not where older ones were purged: the database keeps the rest, and the proof misses what the log kept."""
    purged(busy, KEPT + timedelta(days=2), most=1)
    oldest = sa.delete(entries).where(entries.c.number == 2)
    with pytest.raises(DBAPIError, match="never changed"), busy.write(owner) as session:
        session.connection.execute(oldest)
    with busy.write(owner) as session:
        for statement in DROP_TRIGGERS[session.dialect]:
            session.connection.execute(sa.text(statement))
        session.connection.execute(oldest)
        assert audit.verify(session).broken_at == 3


def test_older_entries_follow(workspace: Workspace, owner: Principal) -> None:
    with workspace.write(owner) as session:
        for number in range(5):
            audit.note(session, "test", _("did number {number}", number=number))
    with workspace.read(owner) as session:
        newest = audit.entries(session, limit=2)
        assert [one.number for one in newest] == [5, 4]
        assert [one.number for one in audit.entries(session, before=4)] == [3, 2, 1]
