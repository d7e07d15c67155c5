"""What keeps the server from starting, one test each: T-BOOT-01.

A data folder that others read or on a network drive, and a file that a crash left damaged: test_data_folder.py. A key
that is none, weak or readable: test_vault.py. Two processes on one folder: test_command.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from fastapi import APIRouter, FastAPI

from engine import audit, settings_log
from engine.errors import Misconfigured
from engine.settings import Settings
from engine.storage import migrations
from engine.storage.control_tables import users
from engine.storage.stores import Stores
from engine.text import _
from tests.support.databases import Database
from web.app import _routes, create_app


def test_no_address_that_people_open_where_others_can_reach_it() -> None:
    with pytest.raises(Misconfigured, match="FORMWORK_PUBLIC_URL must be set"):
        Settings.from_environment({"FORMWORK_HOST": "0.0.0.0"})


@pytest.mark.parametrize(
    "url", ["http://office.example.com", "http://192.168.1.20:8000", "http://localhost.example.com"]
)
def test_plain_http_over_a_network(tmp_path: Path, url: str) -> None:
    settings = Settings.from_environment({"FORMWORK_DATA": str(tmp_path), "FORMWORK_PUBLIC_URL": url})
    with pytest.raises(Misconfigured, match="must begin with https://"):
        create_app(settings)
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_newer(database_url: Database) -> None:
    stores = Stores(database_url.folder, database_url.url)
    with stores.control.write() as session:
        session.connection.execute(sa.update(migrations._version).values(version_num="c999"))
    stores.close()
    with pytest.raises(Misconfigured, match="newer Formwork"):
        Stores(database_url.folder, database_url.url)


def test_a_step_that_breaks_off_leaves_everything_as_it_was(database_url: Database) -> None:
    stores = Stores(database_url.folder, database_url.url)
    with stores.control.write() as session:  # as a database would be that somebody changed by hand
        session.connection.execute(sa.update(migrations._version).values(version_num="c001"))
        session.connection.execute(sa.insert(users).values(id="usr1", email="a@x.example", name="A", password_hash="-",
            language="", theme="", created_at="2026-01-01T00:00:00.000Z"))  # fmt: skip
    stores.close()
    for _start in range(2):
        with pytest.raises(Misconfigured, match="left as it was"):
            Stores(database_url.folder, database_url.url)
    with _opened(database_url) as connection:
        assert connection.execute(sa.select(migrations._version.c.version_num)).scalar() == "c001"
        assert connection.execute(sa.select(sa.func.count()).select_from(users)).scalar() == 1


@contextmanager
def _opened(database: Database) -> Iterator[sa.Connection]:
    """The control store, without looking at what is in it."""
    engine = sa.create_engine(database.url or f"sqlite:///{database.folder}/control.sqlite")
    with engine.connect() as connection:
        if database.url:
            connection.exec_driver_sql("SET search_path TO formwork")
        yield connection
    engine.dispose()


def test_a_clock_that_is_behind_is_told(database_url: Database) -> None:
    stores = Stores(database_url.folder, database_url.url)
    assert settings_log.clock_is_behind(stores) is None
    for days, told in ((0.9, False), (1.1, True)):
        with stores.control.write() as session:
            session.now += timedelta(days=days)
            audit.note(session, "test", _("did something"))
        assert (settings_log.clock_is_behind(stores) is not None) == told
    stores.close()


def test_pages_that_nothing_would_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.pages.home.router", APIRouter())
    with pytest.raises(TypeError, match=r"web\.pages\.home\.router must be a PageRouter"):
        _routes.__wrapped__()


def test_nothing_is_ever_shown_of_what_went_wrong_inside(app: FastAPI) -> None:
    """There is no switch for that: a trace is in the log alone."""
    assert app.debug is False
    assert not any("debug" in one.name.lower() for one in Settings.from_environment({}).described())
