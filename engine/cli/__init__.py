"""The command line: what the pages do, for scripts and for people who like to type.

`main` is the way in, `answered` the one for what runs commands by itself. `commands.py` lists the commands, `here.py`
is what each of them gets to work with, `run.py` carries one out; the other files hold the commands, one file per noun.
While a server has a SQLite folder open, the words go to it through `engine/local_door.py` and come back as text.
"""

from __future__ import annotations

import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from engine.cli.terminal import OwnTerminal
from engine.errors import FormworkError

if TYPE_CHECKING:
    from cyclopts import App

    from engine.local_door import Terminal
    from engine.settings import Settings

# These need no store, or the server itself: they never go through the local door.
ALONE = frozenset({"serve", "mcp", "settings", "schema", "template"})
HELP = frozenset({"-h", "--help", "--version"})
WAIT_SECONDS = 20.0  # for another command that has the data folder open

OK, REFUSED, WRONG_USE, NOT_READY, FAULT, BROKEN_OFF = 0, 1, 2, 3, 4, 130


def main(words: Sequence[str] | None = None, more: Callable[[App], None] | None = None) -> int:
    """Carry out one command; the exit code.

    `words` are those of the process when None. `more` adds commands of an upper floor (web adds `serve`).
    """
    words = sys.argv[1:] if words is None else list(words)
    terminal = OwnTerminal()
    try:
        return answered(words, terminal, more)
    except FormworkError as error:
        from engine.cli.run import tell

        return tell(error, terminal, wants_json="--json" in words)
    except KeyboardInterrupt:
        return BROKEN_OFF
    except BrokenPipeError:  # `formwork query ... | head` has seen enough
        terminal.close()
        return OK
    except Exception:  # noqa: BLE001 - whatever it is, people get a line and not a stack trace
        with tempfile.NamedTemporaryFile("w", prefix="formwork-fault-", suffix=".txt", delete=False) as file:
            file.write(traceback.format_exc())
        terminal.err(f"formwork: This is a fault of Formwork. {file.name} says more.\n")
        return FAULT


def answered(words: list[str], terminal: Terminal, more: Callable[[App], None] | None = None) -> int:
    """Carry out a command on a terminal, by the server that has the folder open if there is one; the exit code.

    Raises `FolderInUse` when another process keeps the folder for itself.
    """
    from engine.settings import Settings

    if not words or words[0] in ALONE or not HELP.isdisjoint(words):
        return _run_here(words, terminal, None, more)
    settings = Settings.from_environment()
    if settings.database_url:
        return _run_here(words, terminal, settings, more)
    from engine import local_door
    from engine.storage.process_lock import FolderInUse

    until = time.monotonic() + WAIT_SECONDS
    while True:
        code = local_door.ask(settings.data, words, terminal)
        if code is not None:
            return code
        try:
            return _run_here(words, terminal, settings, more)
        except FolderInUse:
            # Another command, which ends soon, or a server that is just starting and will open its door.
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def _run_here(
    words: list[str], terminal: Terminal, settings: Settings | None, more: Callable[[App], None] | None
) -> int:
    from engine.cli.run import run

    return run(words, terminal, settings=settings, more=more)
