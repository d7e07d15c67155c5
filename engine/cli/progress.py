"""How far long work is: one line on standard error that is drawn over, where a person looks at it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from engine.cli.printing import width
from engine.local_door import Terminal
from engine.text import Text

CELLS = 24  # of the bar
SECONDS = 0.1  # between two drawings

Tell = Callable[[int], None]


@contextmanager
def shown(terminal: Terminal, what: Text, total: int = 0) -> Iterator[Tell]:
    """Inside, the function that is given takes how much is done (of `total`, if that is known).

    Nothing is drawn where no person looks, so that logs and pipes stay clean, and nothing stays on the screen.
    """
    drawn, last = 0, 0.0

    def tell(done: int) -> None:
        nonlocal drawn, last
        now = time.monotonic()
        if not terminal.interactive or now - last < SECONDS:
            return
        last = now
        line = _line(str(what), done, total)
        terminal.err(f"\r{line}{' ' * max(0, drawn - width(line))}")
        drawn = width(line)

    try:
        yield tell
    finally:
        if drawn:
            terminal.err(f"\r{' ' * drawn}\r")


def _line(what: str, done: int, total: int) -> str:
    if not total:
        return f"{what} {done:,}"
    share = min(done / total, 1)
    full = int(share * CELLS)
    return f"{what} [{'#' * full}{'-' * (CELLS - full)}] {share:4.0%} {done:,} / {total:,}"
