"""Many people at once: threads, and on PostgreSQL two processes of them, as two servers would be."""

from __future__ import annotations

import multiprocessing
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing.synchronize import Barrier

import pytest

from engine.errors import Conflict, NotFound, Refused
from engine.storage.session import again
from engine.storage.stores import Stores, Workspace
from tests.support.databases import Database

WORKSPACE = "wsp00000000000001"  # as the fixture `workspace` has it
PROCESSES, THREADS = 2, 4
PEOPLE = PROCESSES * THREADS

Deed = Callable[[Workspace, int, int], None]  # in a workspace, the n-th person's m-th act
_together: Barrier


@pytest.fixture(scope="session")
def two_processes() -> Iterator[ProcessPoolExecutor]:
    """Two processes beside this one, each of which gets one of two jobs."""
    context = multiprocessing.get_context("spawn")
    both = context.Barrier(PROCESSES)
    with ProcessPoolExecutor(PROCESSES, context, _begin, (both,)) as processes:
        yield processes


@pytest.fixture
def crowd(
    request: pytest.FixtureRequest, database_url: Database, stores: Stores
) -> Callable[[Deed, int], Counter[str]]:
    """Eight people do a deed so many times each; how often it was `done`, or what refused it.

    As pages and the API do, they begin anew where others were in the way. Anything else that is raised is raised here.
    On PostgreSQL the deed must be a function of a module.
    """
    if not database_url.url:
        return lambda deed, times: _several(stores, deed, range(PEOPLE), times)
    processes: ProcessPoolExecutor = request.getfixturevalue("two_processes")

    def act(deed: Deed, times: int) -> Counter[str]:
        halves = [range(first, first + THREADS) for first in range(0, PEOPLE, THREADS)]
        jobs = [processes.submit(_in_process, database_url, deed, half, times) for half in halves]
        return sum((job.result(300) for job in jobs), Counter())

    return act


def _begin(both: Barrier) -> None:
    global _together
    _together = both


def _in_process(database: Database, deed: Deed, people: range, times: int) -> Counter[str]:
    stores = Stores(database.folder, database.url)
    try:
        _together.wait(300)  # so that no process takes both halves
        return _several(stores, deed, people, times)
    finally:
        stores.close()


def _several(stores: Stores, deed: Deed, people: range, times: int) -> Counter[str]:
    workspace = stores.workspace(WORKSPACE)
    together = threading.Barrier(len(people))

    def act(person: int) -> Counter[str]:
        together.wait(300)
        outcomes: Counter[str] = Counter()
        for time in range(times):
            try:
                again(lambda: deed(workspace, person, time))  # noqa: B023 - it is called at once
            except (Conflict, NotFound, Refused) as refusal:
                outcomes[type(refusal).__name__] += 1
            else:
                outcomes["done"] += 1
        return outcomes

    with ThreadPoolExecutor(len(people)) as threads:
        return sum(threads.map(act, people), Counter())
