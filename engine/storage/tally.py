"""How often something of one kind is written down, so that nobody can fill the disk by having it happen.

Kept in this process only: a restart begins anew, and each server counts for itself.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

A_MINUTE = 100
A_DAY = 2_000
_SPANS = ((60.0, A_MINUTE), (86_400.0, A_DAY))


class Tally:
    """Of each kind at most `A_MINUTE` within a minute and `A_DAY` within a day; what comes on top is only counted."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._taken: dict[str, deque[float]] = {}
        self._left_out: dict[str, int] = {}
        self._guard = threading.Lock()

    def take(self, kind: str) -> int | None:
        """None: leave this one out. Else how many were left out since the last one that was not."""
        now = self._clock()
        with self._guard:
            taken = self._taken.setdefault(kind, deque(maxlen=A_DAY))
            if any(len(taken) >= most and taken[-most] > now - seconds for seconds, most in _SPANS):
                self._left_out[kind] = self._left_out.get(kind, 0) + 1
                return None
            taken.append(now)
            return self._left_out.pop(kind, 0)
