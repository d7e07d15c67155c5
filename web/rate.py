"""How often one sender may do something."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable

from starlette.responses import Response

from engine.errors import FormworkError, TooOften, Unavailable

AWAY_SECONDS = 5  # after which a database may be back that did not answer
MOST_SENDERS = 10_000  # remembered at once; whoever was quiet for the whole span is forgotten first


def told(response: Response, refused: FormworkError) -> Response:
    """The page that says what was refused; who did it too often is told when they may again."""
    if isinstance(refused, TooOften):
        response.status_code = refused.status
    response.headers.update(headers_of(refused))
    return response


def headers_of(error: FormworkError) -> dict[str, str]:
    """When it may be tried again, where that is known."""
    if isinstance(error, TooOften):
        return headers(error.times, -1, error.seconds)
    return {"Retry-After": str(AWAY_SECONDS)} if isinstance(error, Unavailable) else {}


def headers(times: int, left: int, wait: float) -> dict[str, str]:
    """What an answer tells of how often one may ask; `left` below zero: not this time, but after so many seconds."""
    seconds = math.ceil(wait)
    said = {
        "RateLimit-Limit": str(times),
        "RateLimit-Remaining": str(max(left, 0)),
        "RateLimit-Reset": str(seconds),
    }
    return said if left >= 0 else {**said, "Retry-After": str(max(seconds, 1))}


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

    def check(self, sender: str, says: str) -> None:
        """Count it as `allows` does. Raises `TooOften` with these words."""
        left, wait = self.take(sender)
        if left < 0:
            raise TooOften(says, self.times, wait)

    def take(self, sender: str) -> tuple[int, float]:
        """How often `sender` may do it once more after this time, and in how many seconds all of it is free again.

        Below zero: not this time, and the seconds are those until it may.
        """
        now = self._clock()
        allowed = self.allows(sender)
        with self._guard:
            seen = self._seen.get(sender)
            if not seen:
                return (self.times, 0.0) if allowed else (-1, self.seconds)
            wait = (seen[-1] if allowed else seen[0]) + self.seconds - now
            return (self.times - len(seen) if allowed else -1), max(wait, 0.0)

    def _forget(self, now: float) -> None:
        quiet = [sender for sender, seen in self._seen.items() if seen[-1] <= now - self.seconds]
        for sender in quiet or list(self._seen)[: MOST_SENDERS // 10]:
            del self._seen[sender]
