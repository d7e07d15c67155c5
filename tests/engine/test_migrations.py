from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from engine.errors import Misconfigured
from engine.storage import migrations
from engine.storage.stores import Stores
from tests.support.databases import Database


@pytest.mark.parametrize("store", ["control", "workspace"])
def test_the_newest_version_is_read_off_the_files(store: str) -> None:
    script = ScriptDirectory(str(Path(migrations.__file__).parent / store))
    assert migrations.newest(store) == script.get_current_head()


def test_a_second_start_finds_nothing_to_do(database_url: Database) -> None:
    for _start in range(2):
        stores = Stores(database_url.folder, database_url.url)
        workspace = stores.workspace("wsp00000000000001")
        assert migrations._version_in(stores.control.database) == migrations.newest("control")
        assert migrations._version_in(workspace.database) == migrations.newest("workspace")
        stores.close()


def test_a_newer_database_is_left_alone(database_url: Database) -> None:
    stores = Stores(database_url.folder, database_url.url)
    with stores.control.write() as session:
        session.connection.execute(sa.update(migrations._version).values(version_num="c999"))
    stores.close()
    with pytest.raises(Misconfigured, match="newer Formwork"):
        Stores(database_url.folder, database_url.url)
