"""How far long work is: told to other processes by a file beside the store, since they cannot see its transaction yet.

A file beside that one asks the work to stop, whichever process does it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.errors import Conflict
from engine.text import _

AGE = 60.0  # seconds after which a progress that does not move belongs to a process that is gone


@contextmanager
def told(path: Path) -> Iterator[Callable[[int], None]]:
    """Inside, the function that is given takes how much is done of the work on the file at `path`.

    That raises `Conflict` once somebody asked to stop.
    """
    try:
        _tell(path, 0)

        def tell(done: int) -> None:
            if path.with_suffix(".stop").exists():
                raise Conflict(_("It was cancelled. Nothing was changed."))
            _tell(path, done)

        yield tell
    finally:
        with suppress(OSError):
            path.with_suffix(".progress").unlink()
        path.with_suffix(".stop").unlink(missing_ok=True)


def how_far(path: Path) -> int | None:
    """How much is done, or None when nobody works on it."""
    held = path.with_suffix(".progress")
    try:
        if time.time() - held.stat().st_mtime > AGE:
            return None
        return int(json.loads(held.read_text())["done"])
    except (OSError, ValueError):
        return None


def ask_to_stop(path: Path) -> None:
    """Tell the process that works on it, whichever it is, to stop."""
    path.with_suffix(".stop").touch()


def forget(path: Path) -> None:
    """The file goes, and what was noted beside it."""
    for one in (path, path.with_suffix(".progress"), path.with_suffix(".stop")):
        one.unlink(missing_ok=True)


def _tell(path: Path, done: int) -> None:
    part = path.with_suffix(".progress.part")
    part.write_text(json.dumps({"done": done}))
    part.replace(path.with_suffix(".progress"))
