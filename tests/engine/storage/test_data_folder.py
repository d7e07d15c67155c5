"""The data folder is for this user alone, and on a disk of this machine (T-BOOT-01)."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from engine.errors import Misconfigured
from engine.storage import data_folder
from engine.storage.stores import Stores

MOUNTS = """\
overlay / overlay rw,relatime 0 0
/dev/sda1 /srv ext4 rw 0 0
files:/all /srv/office\\040files nfs4 rw 0 0
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_folder_is_for_this_user_alone(tmp_path: Path) -> None:
    data_folder.prepare(tmp_path / "new" / "data", local=True)
    assert mode(tmp_path / "new" / "data") == 0o700


def test_others_lose_what_they_could_read(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    data_folder.prepare(tmp_path, local=True)
    assert mode(tmp_path) == 0o750


def test_a_folder_that_cannot_be_protected_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def not_ours(_path: Path, _mode: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    tmp_path.chmod(0o755)
    monkeypatch.setattr(Path, "chmod", not_ours)
    with pytest.raises(Misconfigured, match="chmod o-rwx"):
        data_folder.prepare(tmp_path, local=True)


@pytest.mark.parametrize(
    ("folder", "kind"),
    [("/srv/data", "ext4"), ("/srv/office files/data", "nfs4"), ("/srv/office files", "nfs4"), ("/srvs", "overlay")],
)
def test_where_a_folder_lies(tmp_path: Path, folder: str, kind: str) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS)
    assert data_folder.file_system(Path(folder), mounts) == kind


def test_sqlite_is_refused_on_a_network_drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_folder, "file_system", lambda _folder: "nfs4")
    with pytest.raises(Misconfigured, match="network drive"):
        Stores(tmp_path)
    data_folder.prepare(tmp_path, local=False)  # files of a PostgreSQL installation may lie there


def test_a_file_that_was_left_open_is_looked_through(tmp_path: Path) -> None:
    """T-BOOT-01: after a crash a damaged file is told at the start, not when somebody comes to its bad page."""
    Stores(tmp_path).close()
    file = tmp_path / "control.sqlite"
    damage(file)
    Stores(tmp_path).close()  # closed in order: nobody looks through all of it
    (tmp_path / "control.sqlite-wal").touch()
    with pytest.raises(Misconfigured, match=r"control\.sqlite is damaged"):
        Stores(tmp_path)


def damage(file: Path) -> None:
    """Turn around the page of an index that nothing reads at the start."""
    connection = sqlite3.connect(file)
    page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ix_tokens_user_id'").fetchone()[0]
    size = connection.execute("PRAGMA page_size").fetchone()[0]
    connection.close()
    content = bytearray(file.read_bytes())
    content[(page - 1) * size : page * size] = b"\xff" * size
    file.write_bytes(content)
