"""Carrying out one command: understood, run, and whatever is refused told in one line each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from cyclopts import App, CycloptsError

from engine.cli import HELP, NOT_READY, OK, REFUSED, WRONG_USE
from engine.cli.anew import Remembering, carried_out
from engine.cli.commands import all_commands
from engine.cli.here import Here, Place, WithStores, WrongUse, as_json
from engine.errors import FormworkError, Misconfigured, Problem, Refused, Unavailable
from engine.ids import new_id
from engine.local_door import Terminal
from engine.origin import Origin, coming_from
from engine.settings import Settings
from engine.storage.process_lock import FolderInUse

if TYPE_CHECKING:
    from engine.storage.stores import Stores


def run(
    words: Sequence[str],
    terminal: Terminal,
    *,
    settings: Settings | None = None,
    stores: Stores | None = None,
    more: Callable[[App], None] | None = None,
) -> int:
    """Carry out the command that `words` make and answer on `terminal`; the exit code.

    With `stores` (a running server's) these are used; otherwise a command that needs stores opens its own.
    Raises `FolderInUse` before anything was done; every other refusal is told on the terminal.
    """
    commands = all_commands()
    if more is not None:
        more(commands)
    try:
        command, bound, _ignored = commands.parse_args(list(words), exit_on_error=False, print_error=False)
    except CycloptsError as error:
        return tell(WrongUse(" ".join(str(error).split())), terminal, wants_json="--json" in words)
    if "here" not in bound.signature.parameters:  # the help, which cyclopts prints itself
        _chain, named, _rest = commands.parse_commands([word for word in words if word not in HELP])
        if named[-1].default_command is not None:
            named[-1].help = None  # the line of the list gives way to all that the command's own file says
        command(*bound.args, **bound.kwargs)
        return OK
    # A fresh one, since the default of the signature is shared by all runs in this process.
    here: Here = bound.arguments.get("here") or type(bound.signature.parameters["here"].default)()
    bound.arguments["here"] = here
    own: Stores | None = None
    try:
        settings = settings or Settings.from_environment()
        if isinstance(here, WithStores) and stores is None:
            from engine.opening import open_stores

            stores = own = open_stores(settings)
        remembering = Remembering(terminal)
        here.place = Place(remembering, settings, stores)
        with coming_from(Origin(new_id("cmd"))):
            return carried_out(lambda: command(*bound.args, **bound.kwargs), remembering) or OK
    except FolderInUse:
        raise
    except FormworkError as error:
        return tell(error, terminal, wants_json=here.json)
    finally:
        if own is not None:
            own.close()


def tell(error: FormworkError, terminal: Terminal, *, wants_json: bool = False) -> int:
    """Say what was refused, each problem in a line of its own with its place; the exit code that says the same."""
    problems = error.problems if isinstance(error, Refused) else ()
    if wants_json:
        said: dict[str, Any] = {"code": error.code, "says": str(error.says)}
        if problems:
            said["problems"] = list(map(as_facts, problems))
        terminal.err(f"{as_json({'error': said})}\n")
    else:
        lines = [f"{one.at}: {one.says}" if one.at else one.says for one in problems] or error.says.splitlines()
        terminal.err("".join(f"formwork: {line}\n" for line in lines))
    if isinstance(error, WrongUse):
        return WRONG_USE
    return NOT_READY if isinstance(error, (Misconfigured, Unavailable)) else REFUSED


def as_facts(problem: Problem) -> dict[str, str]:
    """A problem for programs."""
    return {"at": problem.at, "says": str(problem.says), "code": problem.code, "severity": problem.severity}
