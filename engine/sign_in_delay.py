"""How long the next try to sign in has to wait: nothing at first, then longer each time, never for ever."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import UTC, datetime, timedelta

from engine.storage.session import timestamp

FREE = 10  # failures that cost no delay
FIRST = timedelta(seconds=5)
LONGEST = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(minutes=15)
REMEMBERED = 10_000  # names and addresses kept in memory, the oldest forgotten first


def delay_after(failures: int, until: str | None, now: datetime, free: int = FREE) -> tuple[int, str]:
    """The new count of failures, and until when (ISO) the next try has to wait; `until` is what counted before."""
    if until is not None and until < timestamp(now - FORGOTTEN_AFTER):
        failures = 0
    failures += 1
    over = failures - free
    delay = min(FIRST * 2 ** min(over - 1, 10), LONGEST) if over > 0 else timedelta(0)
    return failures, timestamp(now + delay)


class Delays:
    """The delays of what has no account to keep them: network addresses, and names nobody has."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[int, str]] = OrderedDict()
        self._lock = threading.Lock()

    def until(self, what: str) -> str:
        """Until when `what` has to wait (ISO); empty when it need not."""
        with self._lock:
            return self._kept.get(what, (0, ""))[1]

    def count(self, what: str, free: int = FREE) -> None:
        """One more failure of `what`."""
        with self._lock:
            failures, until = self._kept.pop(what, (0, None))
            self._kept[what] = delay_after(failures, until, datetime.now(UTC), free)
            while len(self._kept) > REMEMBERED:
                self._kept.popitem(last=False)

    def forget(self) -> None:
        """Start afresh."""
        with self._lock:
            self._kept.clear()
