"""Every route once, as whoever may most there: what tests of the web's edge go through, whatever routes there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.web.matrix import policy
from tests.web.matrix.asking import Ask
from tests.web.matrix.examples import ask
from tests.web.matrix.place import Place
from tests.web.matrix.policy import LINKS

POLICY = policy.read()


@dataclass(frozen=True)
class Visited:
    """A route as somebody asks it. `needs`: what a stranger meets there (`yes` where anybody may)."""

    who: str
    ask: Ask
    needs: str

    def __str__(self) -> str:
        return f"{self.who} {self.ask.method} {self.ask.path}"


def every_route(place: Place, *methods: str, whole: bool = False) -> Iterator[Visited]:
    """Each route, or those of some methods; with `whole` once for each of its acts."""
    for (method, path), acts in POLICY.routes.items():
        if not methods or method in methods:
            for act in acts if whole else acts[:1]:
                kind = POLICY.kind_of(path)
                askers = POLICY.acts[kind][act]
                who = ("open" if askers["open"] == "yes" else "unlocked") if kind == LINKS else "owner"
                needs = "yes" if kind == LINKS else askers[next(iter(askers))]
                yield Visited(who, ask(place, who, method, path, act), needs)
