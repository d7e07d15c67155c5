"""Many people at once: threads, and on PostgreSQL two processes of them, as two servers would be."""

from __future__ import annotations

import multiprocessing
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from engine.errors import Conflict, NotFound, Refused
from engine.storage.stores import Stores, Workspace
from tests.support.databases import Database

WORKSPACE = "wsp00000000000001"  # as the fixture `workspace` has it
PROCESSES, THREADS = 2, 4
PEOPLE = PROCESSES * THREADS

Deed = Callable[[Workspace, int, int], None]  # in a workspace, the n-th person's m-th act


def crowd(database: Database, stores: Stores, deed: Deed, times: int) -> Counter[str]:
    """Eight people do `deed` so many times each; how often it was `done`, or what refused it.

    Anything else that is raised is raised here. On PostgreSQL `deed` must be a function of a module.
    """
    if not database.url:
        return _several(stores, deed, range(PEOPLE), times)
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as processes:
        halves = [range(first, first + THREADS) for first in range(0, PEOPLE, THREADS)]
        jobs = [processes.submit(_in_process, database, deed, half, times) for half in halves]
        return sum((job.result(120) for job in jobs), Counter())


def _in_process(database: Database, deed: Deed, people: range, times: int) -> Counter[str]:
    stores = Stores(database.folder, database.url)
    try:
        return _several(stores, deed, people, times)
    finally:
        stores.close()


def _several(stores: Stores, deed: Deed, people: range, times: int) -> Counter[str]:
    workspace = stores.workspace(WORKSPACE)
    together = threading.Barrier(len(people))

    def act(person: int) -> Counter[str]:
        together.wait(60)
        outcomes: Counter[str] = Counter()
        for time in range(times):
            try:
                deed(workspace, person, time)
            except (Conflict, NotFound, Refused) as refusal:
                outcomes[type(refusal).__name__] += 1
            else:
                outcomes["done"] += 1
        return outcomes

    with ThreadPoolExecutor(len(people)) as threads:
        return sum(threads.map(act, people), Counter())
