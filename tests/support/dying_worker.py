"""A worker that is killed (SIGKILL, so without any last word) at named points, again and again.

Started as a process of its own: `python -m tests.support.dying_worker <folder> <url> <point:hit>...`. For each point
it forks a child that works on the house there until the point is reached for the given time; it prints each point
and whether the child died there. Between children a lease passes.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine import outbox, worker
from engine.automations import runs
from engine.automations.runs import LEASE_SECONDS
from engine.automations.steps import Situation
from engine.egress import Egress
from tests.support.house import House

POINTS: dict[str, tuple[Any, str, bool]] = {  # where, and whether to die after it (else before)
    "claimed": (worker.Worker, "_claim", True),
    "before_step": (Situation, "look", False),
    "in_step": (runs, "note", True),
    "committed": (worker.Worker, "_within", True),
    "sending": (Egress, "post", False),
    "answered": (Egress, "post", True),
    "mailing": (worker, "send_mail", False),
    "mailed": (worker, "send_mail", True),
    "mail_claimed": (outbox, "claim", True),
}


def main(folder: Path, url: str, points: list[str]) -> None:
    """Fork a child for each point; the house's clock goes on by a lease for each that died."""
    ahead = 0.0
    for point in points:
        child = os.fork()
        if child == 0:
            live(folder, url, point, ahead)
            os._exit(0)
        _pid, status = os.waitpid(child, 0)
        died = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        print(point, "died" if died else f"lived {status}", flush=True)
        ahead += max(LEASE_SECONDS, outbox.LEASE_SECONDS) + 1


def live(folder: Path, url: str, point: str, ahead: float) -> None:
    """Work until everything is done, or until the point is reached for the nth time."""
    name, _colon, hit = point.partition(":")
    if name in POINTS:
        where, what, after = POINTS[name]
        setattr(where, what, deadly(getattr(where, what), int(hit), after=after))
    house = House(url, folder, **{key: value for key, value in os.environ.items() if key.startswith("FORMWORK_SMTP")})
    house.clock.forward(ahead)
    house.work()
    house.close()


def deadly(act: Callable[..., Any], hit: int, *, after: bool) -> Callable[..., Any]:
    """`act`, whose nth call is the last thing that this process does."""
    calls = 0

    def dying(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == hit and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        outcome = act(*arguments, **options)
        if calls == hit:
            os.kill(os.getpid(), signal.SIGKILL)
        return outcome

    return dying


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
