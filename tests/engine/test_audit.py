"""The audit log: there with its act or not at all, and never changed without its showing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from engine import audit, business_calendar
from engine.access.principals import Principal, person
from engine.errors import Forbidden
from engine.formulas.calendar import WEEKDAYS
from engine.storage.audit_tables import entries
from engine.storage.session import Session
from engine.storage.stores import Workspace
from engine.text import _
from tests.support.workspaces import OWNER_ID, install

TABLES = {"items": {"fields": {"name": {"type": "text"}}}}
HOURS = dict.fromkeys(WEEKDAYS, "09:00-12:00")
DROP_TRIGGERS = {
    "sqlite": ("DROP TRIGGER _audit_is_kept_update", "DROP TRIGGER _audit_is_kept_delete"),
    "postgresql": ("DROP TRIGGER _audit_is_kept ON _audit",),
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


def test_older_entries_follow(workspace: Workspace, owner: Principal) -> None:
    with workspace.write(owner) as session:
        for number in range(5):
            audit.note(session, "test", _("did number {number}", number=number))
    with workspace.read(owner) as session:
        newest = audit.entries(session, limit=2)
        assert [one.number for one in newest] == [5, 4]
        assert [one.number for one in audit.entries(session, before=4)] == [3, 2, 1]
