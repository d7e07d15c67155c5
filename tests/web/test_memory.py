"""What a server holds in memory before anybody came: not the packages that few installations ever need."""

from __future__ import annotations

import subprocess
import sys

import pytest

from engine.storage.stores import Stores
from tests.support.databases import Database

START = """
import sys
from engine.opening import open_stores
from engine.settings import Settings
from web.app import create_app
import web.serving
settings = Settings.from_environment({"FORMWORK_DATA": sys.argv[1]})
stores = open_stores(settings)
create_app(settings, stores).state.site.templates.read_all()
stores.close()
print(" ".join(name for name, module in sys.modules.items() if module))
"""
SELDOM = {
    "PIL",
    "alembic",
    "joserfc",
    "jsonschema",
    "markdown_it",
    "mcp",
    "nh3",
    "psycopg",
    "pydantic.v1",
    "segno",
    "xlsxwriter",
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_seldom_needed_is_not_there_at_the_start(database_url: Database) -> None:
    Stores(database_url.folder).close()  # an installation that is there: to make one takes Alembic
    command = [sys.executable, "-c", START, str(database_url.folder)]
    loaded = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert SELDOM & set(loaded) == set()
