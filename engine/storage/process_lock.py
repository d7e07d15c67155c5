"""One process at a time opens the SQLite files of a data folder.

The lock is the operating system's (`flock`), so it ends with its process however that ends.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from engine.errors import Misconfigured
from engine.text import _


class ProcessLock:
    """Held while this process has the data folder open."""

    def __init__(self, folder: Path) -> None:
        """Take the lock; raises `Misconfigured` when the folder cannot be written or another process has it."""
        self.path = folder / "formwork.lock"
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Misconfigured(
                _(
                    "The data folder {folder} cannot be written: {why}.",
                    folder=str(folder),
                    why=error.strerror or "",
                )
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise FolderInUse(
                _(
                    "Another process has the data folder {folder} open. SQLite serves one at a time.",
                    folder=str(folder),
                )
            ) from error

    def release(self) -> None:
        """Let another process in."""
        os.close(self._file)


class FolderInUse(Misconfigured):
    """Another process holds the data folder."""
