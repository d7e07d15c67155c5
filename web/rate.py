"""How often one sender may do something."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

MOST_SENDERS = 10_000  # remembered at once; whoever was quiet for the whole span is forgotten first


class Rate:
    """At most `times` within `seconds` for each sender. Kept in this process only, which is enough to slow a flood."""

    def __init__(self, times: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.times = times
        self.seconds = seconds
        self._clock = clock
        self._seen: dict[str, deque[float]] = {}
        self._guard = threading.Lock()

    def allows(self, sender: str) -> bool:
        """Whether `sender` may do it once more now; if so, that once is counted."""
        now = self._clock()
        with self._guard:
            seen = self._seen.setdefault(sender, deque())
            while seen and seen[0] <= now - self.seconds:
                seen.popleft()
            if len(seen) >= self.times:
                return False
            seen.append(now)
            if len(self._seen) > MOST_SENDERS:
                self._forget(now)
            return True

    def take(self, sender: str) -> tuple[int, float]:
        """How often `sender` may do it once more after this time, and in how many seconds all of it is free again.

        Below zero: not this time, and the seconds are those until it may.
        """
        now = self._clock()
        allowed = self.allows(sender)
        with self._guard:
            seen = self._seen.get(sender)
            if not seen:
                return self.times, 0.0
            wait = (seen[-1] if allowed else seen[0]) + self.seconds - now
            return (self.times - len(seen) if allowed else -1), max(wait, 0.0)

    def _forget(self, now: float) -> None:
        quiet = [sender for sender, seen in self._seen.items() if seen[-1] <= now - self.seconds]
        for sender in quiet or list(self._seen)[: MOST_SENDERS // 10]:
            del self._seen[sender]
