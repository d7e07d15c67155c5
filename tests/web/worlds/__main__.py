"""How long the same questions take in two worlds that differ in what the asker does not see (T-NI-06).

    python -m tests.web.worlds [--rounds 500] [--databases sqlite,postgresql]

Both are asked turn by turn, so that whatever else the machine does hits both alike. It prints the medians, and ends
with code 1 where two of them differ by a twentieth and by two milliseconds or more, again and again: that would tell.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from engine import records
from tests.bench.servers import database_urls
from tests.support.databases import Database
from tests.web.worlds.asking import Request, _asked, looks, questions
from tests.web.worlds.place import POOR_WORLD, RICH, RICH_WORLD, Two, two_workspaces

HIDDEN = 500  # records of somebody else, beside those of the tests
TELLS = 0.05  # of the shorter time
TELLS_SECONDS = 0.002
TIMES = 3  # that a difference is looked at before it counts


def asked() -> Iterator[Request]:
    """What is only read, each question once."""
    seen = set()
    for one in (*looks(), *questions()):
        if one.method == "GET" and str(one) not in seen:
            seen.add(str(one))
            yield one


def measure(two: Two, one: Request, rounds: int, clock: Callable[[], float]) -> tuple[float, float]:
    """The medians in seconds."""
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(2 * (rounds + 1)):
        began = clock()
        _asked(two, number % 2, one)
        taken[number % 2].append(clock() - began)
    rich, poor = (median(times[1:]) for times in taken)  # what is worked out at the first question is no secret
    return rich, poor


def compare(name: str, two: Two, rounds: int) -> int:
    """Print what was measured; how many questions tell the worlds apart."""
    # A file is worked on in this process, so its time is told by the processor, whatever else the machine does.
    clock = time.process_time if name == "sqlite" else time.perf_counter
    two.put(0, RICH, RICH_WORLD)
    two.put(1, RICH, POOR_WORLD)
    with two.workspaces[0].write(two.owner) as session:
        records.create(session, "crm.accounts", [{"name": f"Elm {number}"} for number in range(HIDDEN)])
    telling = 0
    for one in asked():
        for _again in range(TIMES):  # what else the machine does is another thing each time
            rich, poor = measure(two, one, rounds, clock)
            tells = abs(rich - poor) >= max(TELLS_SECONDS, TELLS * min(rich, poor))
            if not tells:
                break
        telling += tells
        said = f"{'TELLS' if tells else '':<6}{one.path} {one.query or ''}"
        print(f"{name:<11}{rich * 1000:8.2f} ms{poor * 1000:8.2f} ms  {said}", flush=True)
    return telling


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--databases", default="sqlite,postgresql")
    given = parser.parse_args()
    telling = 0
    for name in given.databases.split(","):
        with database_urls(name) as (url, _other), tempfile.TemporaryDirectory(prefix="formwork-worlds-") as folder:
            for two in two_workspaces(Database(url, Path(folder))):
                telling += compare(name, two, given.rounds)
    print(f"{telling} questions tell the two worlds apart")
    return int(telling > 0)


if __name__ == "__main__":
    sys.exit(main())
