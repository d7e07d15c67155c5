"""A started server that a base comes from, and a fresh workspace on each database that it comes into."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.bases import asking
from tests.support.base_server import Here, There, here_of, served
from tests.support.databases import Database


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server of ours has no limit of five requests a second."""
    monkeypatch.setattr(asking.Asker, "pace", 0.0)


@pytest.fixture
def there(tmp_path: Path) -> Iterator[There]:
    """The server over there."""
    with served(tmp_path / "there") as server:
        yield server


@pytest.fixture
def here(there: There, database_url: Database) -> Iterator[Here]:
    """The workspace that bases come into."""
    made = here_of(database_url.folder, database_url.url, there.url)
    yield made
    made.stores.close()
