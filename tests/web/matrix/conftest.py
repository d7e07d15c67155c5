from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.databases import Database
from tests.web.matrix.asking import Crowd
from tests.web.matrix.place import place_on


@pytest.fixture
def crowd(database_url: Database) -> Iterator[Crowd]:
    """Everybody before both workspaces, on each database."""
    for place in place_on(database_url):
        yield Crowd(place)


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Crowd]:
    """The same on SQLite alone."""
    folder = tmp_path / "data"
    folder.mkdir()
    for place in place_on(Database("", folder)):
        yield Crowd(place)


@pytest.fixture(scope="session")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    """The same over files, once for all tests of a worker that leave nothing behind (`taken_back`, or refused)."""
    for place in place_on(Database("", tmp_path_factory.mktemp("everybody"))):
        yield Crowd(place)
