"""What is kept for a while only."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
import sqlalchemy as sa

from engine import files, imports, outbox, retention
from engine.access.principals import Principal
from engine.errors import NotFound
from engine.imports.files import path_of
from engine.retention import Keep
from engine.settings import Settings
from engine.storage.automation_tables import outbox as mails
from engine.storage.automation_tables import run_steps, runs
from engine.storage.session import Session
from engine.storage.stores import Workspace
from tests.support.pictures import PDF, brought
from tests.support.workspaces import install

MONTH = timedelta(days=30)
KEEP = Keep(MONTH, MONTH, MONTH)


@pytest.fixture
def desk(workspace: Workspace, owner: Principal) -> Workspace:
    install(workspace, owner, {"items": {"title": "name", "fields": {"name": {"type": "text", "label": "Name"}}}})
    return workspace


def ran(session: Session, number: int, finished_at: str | None, due_at: str | None = None) -> None:
    run = {"id": f"run{number:014}", "automation": "shop.a", "revision": 1, "status": "done",
           "table_address": "shop.items", "record_id": f"rec{number}",
           "transaction_id": "trx1", "previous": "{}", "chain": "[]", "attempt": 0, "claims": 0,
           "created_at": "2026-01-01T00:00:00.000Z", "finished_at": finished_at, "due_at": due_at}  # fmt: skip
    session.connection.execute(sa.insert(runs).values(**run))
    step = {"run_id": run["id"], "key": "a", "action": "notify", "status": "done", "position": 0, "attempts": "[]"}
    session.connection.execute(sa.insert(run_steps).values(**step, started_at="2026-01-01T00:00:00.000Z"))


def purged(desk: Workspace, after: timedelta, keep: Keep = KEEP, most: int = 500) -> bool:
    with desk.write() as session:
        session.now += after
        return retention.purge(session, keep, most)


def count(desk: Workspace, table: sa.Table) -> int:
    with desk.read() as session:
        return int(session.connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def test_finished_runs_go_and_others_stay(desk: Workspace) -> None:
    with desk.write() as session:
        for number in range(5):
            ran(session, number, "2026-01-01T00:00:00.000Z")
        ran(session, 5, None, "2026-01-01T00:00:00.000Z")
    assert not purged(desk, timedelta(), Keep(None, None, None))
    assert count(desk, runs) == 6
    assert purged(desk, timedelta(), most=2)
    assert (count(desk, runs), count(desk, run_steps)) == (4, 4)
    assert not purged(desk, timedelta())
    assert (count(desk, runs), count(desk, run_steps)) == (1, 1)


def test_mail_that_still_waits_stays(desk: Workspace) -> None:
    settings = Settings.from_environment({"FORMWORK_SMTP_HOST": "mail", "FORMWORK_SMTP_FROM": "a@example.com"})
    with desk.write() as session:
        outbox.put(session, ["a@example.com"], "Kept", "", Settings.from_environment({}))
        outbox.put(session, ["b@example.com"], "Waits", "", settings)
    assert not purged(desk, timedelta(days=29))
    assert count(desk, mails) == 2
    assert not purged(desk, timedelta(days=31))
    assert count(desk, mails) == 1


def test_imports_that_nobody_carried_out_go_with_their_files(desk: Workspace, owner: Principal) -> None:
    with desk.write(owner) as session:
        left = imports.start(session, io.BytesIO(b"Name\nA\n"), "a.csv", "shop.items")
        done = imports.start(session, io.BytesIO(b"Name\nB\n"), "b.csv", "shop.items")
        imports.choose(session, done.id, {"columns": {"Name": {"field": "name"}}, "match": []})
    imports.carry_out(desk, owner, done.id)
    purged(desk, timedelta(days=31))
    assert not path_of(desk, left.id).exists()
    assert not path_of(desk, done.id).exists()
    with desk.read(owner) as session:
        assert imports.get(session, done.id).state == "done"
        with pytest.raises(NotFound):
            imports.get(session, left.id)
    assert imports.take_back(desk, owner, done.id).state == "undone"


def test_files_that_no_record_holds_go_too(desk: Workspace, owner: Principal) -> None:
    file = brought(desk, owner, "plan.pdf", PDF)
    purged(desk, timedelta(hours=25))
    assert not files.path_of(desk, file.id).exists()


def test_the_settings_say_how_long() -> None:
    three = timedelta(days=90)
    assert Keep.of(Settings.from_environment({})) == Keep(three, three, MONTH, MONTH, timedelta(days=400))
    for_ever = {f"FORMWORK_KEEP_{name}_DAYS": "0" for name in ("RUNS", "MAIL", "IMPORTS", "AUDIT")}
    assert Keep.of(Settings.from_environment(for_ever)) == Keep(None, None, None, MONTH)
