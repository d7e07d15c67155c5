"""Reading what a stranger made in a process of its own, to which the system gives so much memory and time and no more.

What a reader takes cannot be foreseen to the last byte: 300 KB of tags within tags took 1.1 GB of the server's memory.
A process that takes too much ends, and the server says so.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from engine.errors import Problem, Refused
from engine.text import Text, _

MAX_MEMORY = 512 * 2**20  # bytes
MAX_SECONDS = 30  # of the processor; how long whoever takes the values needs for them does not count

_NEARLY_ALL = 7 / 8  # of the memory; with less than the rest Python goes on, but very slowly
_LOOKS = 0.05  # seconds of the processor between two looks at what is taken
_TAKEN = Path("/proc/self/statm")
_TOO_MUCH = 3  # the exit code of a process that wanted more memory
_STOPPED = {-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGSEGV, -signal.SIGABRT, _TOO_MUCH}
_CODE = Path(__file__).resolve().parents[2]


def apart(read: Callable[..., Iterator[Any]], *words: str) -> Iterator[Any]:
    """What `read(*words)` gives, value by value; `read` is a function of a module and gives what JSON has.

    Raises the `Refused` that it raises, and one when it takes more than a file may. Ends with whoever asks for no more.
    """
    # -P: the current folder may be one that strangers write files into. Settings are nobody's business there.
    command = [sys.executable, "-P", "-m", __name__, read.__module__, read.__name__]
    with tempfile.TemporaryFile() as asked:
        asked.write(json.dumps([MAX_MEMORY, MAX_SECONDS, words]).encode())
        asked.seek(0)
        process = subprocess.Popen(command, stdin=asked, stdout=subprocess.PIPE, env={"PYTHONPATH": str(_CODE)})
    with process:
        try:
            yield from _given_by(process)
        finally:
            process.kill()


def told(text: str | None) -> Any:
    """A text so that it arrives as what it is: a `Text` can still be said in another language."""
    if not isinstance(text, Text):
        return text
    return {"message": text.message, "values": {name: told(one) for name, one in text.values.items()}}


def _as_text(found: dict[str, Any]) -> Any:
    return Text(found["message"], found["values"]) if found.keys() == {"message", "values"} else found


def _given_by(process: subprocess.Popen[bytes]) -> Iterator[Any]:
    for line in process.stdout or ():
        found = json.loads(line, object_hook=_as_text)
        if problems := found.get("refused") if isinstance(found, dict) else None:
            raise Refused([Problem(*problem) for problem in problems])
        yield found
    if ended := process.wait():
        if ended in _STOPPED:
            says = _("This file takes too much memory or time to be read. Split it, or save it as CSV.")
            raise Refused([Problem("/file", says, "too_big")])
        raise RuntimeError(f"reading a file apart ended with {ended}")  # its trace is in the log


def _main(module: str, name: str) -> None:
    memory, seconds, words = json.load(sys.stdin)
    read = getattr(importlib.import_module(module), name)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # nobody asks for more
    signal.signal(signal.SIGPROF, _look)
    signal.setitimer(signal.ITIMER_PROF, _LOOKS, _LOOKS)
    try:
        for value in read(*words):
            sys.stdout.write(json.dumps(value) + "\n")
    except Refused as refused:
        problems = [(one.at, told(one.says), one.code, one.value) for one in refused.problems]
        sys.stdout.write(json.dumps({"refused": problems}) + "\n")
    except MemoryError:
        os._exit(_TOO_MUCH)
    signal.setitimer(signal.ITIMER_PROF, 0)


def _look(*_of_the_signal: object) -> None:
    memory, _hard = resource.getrlimit(resource.RLIMIT_AS)
    # Not the most that was ever taken (`ru_maxrss`): that begins with what the server takes, which made this process.
    taken = int(_TAKEN.read_bytes().split()[1]) * resource.getpagesize()
    if taken > memory * _NEARLY_ALL:
        os._exit(_TOO_MUCH)


if __name__ == "__main__":
    _main(*sys.argv[1:])
