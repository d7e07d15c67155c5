"""Work that takes longer than a page may: it goes on while pages show how far it is."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from engine.errors import FormworkError
from engine.origin import taken_along
from engine.text import _

log = logging.getLogger("formwork.web")

AT_ONCE = 2


@dataclass(frozen=True)
class Job:
    """What is being done, or was: `failed` says why it came to nothing."""

    what: str
    done: bool = False
    failed: str = ""


class Background:
    """Jobs of this process by name, one at a time for each name. What they leave behind is in the stores, not here."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="background")
        self._guard = threading.Lock()

    def start(self, name: str, what: str, act: Callable[[], object]) -> bool:
        """Do `act` as job `name`; False when that job is already under way."""
        with self._guard:
            held = self._jobs.get(name)
            if held is not None and not held.done:
                return False
            self._jobs[name] = Job(what)
        self._threads.submit(taken_along(self._do), name, what, act)
        return True

    def under_way(self, name: str) -> Job | None:
        """The job while it is not done."""
        held = self._jobs.get(name)
        return held if held is not None and not held.done else None

    def failure(self, name: str) -> str:
        """Why the job failed the last time, empty when it did not."""
        held = self._jobs.get(name)
        return held.failed if held is not None else ""

    def close(self) -> None:
        """Wait for what is under way; nothing new begins."""
        self._threads.shutdown(wait=True)

    def _do(self, name: str, what: str, act: Callable[[], object]) -> None:
        failed = ""
        try:
            act()
        except FormworkError as error:
            failed = error.says
        except Exception:
            log.exception("%s %s", what, name)
            failed = _("Something went wrong on our side. What you saved before is safe. Try again.")
        with self._guard:
            if failed:
                self._jobs[name] = Job(what, done=True, failed=failed)
            else:
                del self._jobs[name]
