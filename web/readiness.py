"""Whether the database answers, looked at once in a few seconds however often it is asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from engine.errors import Misconfigured, Unavailable
from engine.storage.stores import Stores

COUNTS_FOR = 5.0  # seconds


class Readiness:
    """The last look."""

    def __init__(self, stores: Stores, clock: Callable[[], float] = time.monotonic) -> None:
        self._stores = stores
        self._clock = clock
        self._guard = threading.Lock()
        self._until: float | None = None
        self._works = False

    def works(self) -> bool:
        """Whether the database answered a moment ago."""
        with self._guard:
            now = self._clock()
            if self._until is None or now > self._until:
                self._works, self._until = self._look(), now + COUNTS_FOR
            return self._works

    def _look(self) -> bool:
        try:
            with self._stores.control.read() as session:
                session.ask("SELECT 1")
                return True
        except (Unavailable, Misconfigured):
            return False
