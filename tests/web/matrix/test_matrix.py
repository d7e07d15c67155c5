"""Everybody does everything by every route, and gets exactly what the page of words says (`who_may.txt`).

T-MTX-01, T-MTX-02, T-AUTHZ-01, T-IDOR-01, T-IDOR-05, T-HDR-01, T-ERR-01.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from fastapi import FastAPI

from tests.web.matrix import policy
from tests.web.matrix.asking import Ask, Crowd, content, outcome, taken_back, told, without
from tests.web.matrix.examples import MEETS, ask
from tests.web.matrix.policy import LINKS, PEOPLE, PROGRAMS
from tests.web.routes import operations

POLICY = policy.read()
# Whoever opened a share with a password, and a program whose token is sent to a page: nobody is signed in there.
ALIKE = {"stranger": ("link", "token")}
# What one does as oneself also in a guise.
AS_ONESELF = {"person", "look as somebody", "one's own here", "the owner's own"}
# Where something may not be there: what is missing is told as if the first of these did not exist.
LEVELS = (
    *("workspace", "table", "record", "form", "field", "key", "view", "comment", "hook"),
    *("share", "file", "transaction", "thing", "message", "session", "token", "browser"),
    *("automation", "run", "user", "invitation", "department", "holder", "mapping"),
)


@dataclass(frozen=True)
class Cell:
    """Somebody, a route and an act, and what is to come of it."""

    who: str
    method: str
    path: str
    act: str
    expected: str

    @property
    def meets(self) -> str:
        return MEETS.get(f"{self.method} {self.path}", "yes") if self.expected == "yes" else self.expected

    @property
    def is_granted(self) -> bool:
        return self.expected in ("yes", "ask")

    def ask(self, crowd: Crowd) -> Ask:
        return ask(crowd.place, self.who, self.method, self.path, self.act)

    def __str__(self) -> str:
        return f"{self.who} {self.method} {self.path} [{self.act}] {self.meets} expected"


def test_every_route_has_its_line_and_every_line_its_route(app: FastAPI) -> None:
    assert set(POLICY.routes) == set(operations(app))


def cells(kind: str) -> Iterator[Cell]:
    """Everybody against every route, with what is to come of it."""
    for (method, path), acts in POLICY.routes.items():
        if POLICY.kind_of(path) == kind:
            for act in acts:
                for who, expected in POLICY.acts[kind][act].items():
                    yield Cell(who, method, path, act, expected)
                    if who == "rep" and path.startswith("/w/") and act not in AS_ONESELF:
                        yield Cell("guise", method, path, act, expected if method == "GET" else "403")
                    if who == "owner" and (method, path) in POLICY.proof:
                        yield Cell("unproven", method, path, act, "proof")
                    for alike in ALIKE.get(who, ()):
                        yield Cell(alike, method, path, act, expected)


@pytest.mark.parametrize("kind", [PEOPLE, LINKS, PROGRAMS])
def test_what_one_may_is_done(crowd: Crowd, kind: str) -> None:
    found = []
    with taken_back():
        for cell in cells(kind):
            if cell.is_granted:
                one = cell.ask(crowd)
                if (met := outcome(one, crowd.asks(cell.who, one))) != cell.meets:
                    found.append(f"{cell}: {met}")
    assert not found, "\n".join(found)
    assert not crowd.leaks, "\n".join(crowd.leaks)
    assert not crowd.wrong, "\n".join(crowd.wrong)


@pytest.mark.parametrize("kind", [PEOPLE, LINKS, PROGRAMS])
def test_what_one_may_not_is_refused_leaves_no_trace_and_tells_nothing(crowd: Crowd, kind: str) -> None:
    """What is not there for somebody is told like what does not exist at all."""
    refused = [cell for cell in cells(kind) if not cell.is_granted]
    assert len(refused) > 10
    for who in {cell.who for cell in refused} if kind != PROGRAMS else ():
        crowd.browser(who)  # some have typed a password before they begin
    before = content(crowd.place)
    found = [says for cell in refused if (says := _wrong(crowd, cell))]
    assert not found, "\n".join(found)
    assert not crowd.leaks, "\n".join(crowd.leaks)
    assert not crowd.wrong, "\n".join(crowd.wrong)
    assert content(crowd.place) == before, "\n".join(_writing(crowd, refused))


def _wrong(crowd: Crowd, cell: Cell) -> str:
    one = cell.ask(crowd)
    answer = crowd.asks(cell.who, one)
    if (met := outcome(one, answer)) != cell.meets:
        return f"{cell}: {met}"
    if met == "404":
        twins = ((name, without(one, name)) for name in LEVELS if name in one.known)
        if not any(
            told(one, answer, name) == told(twin, crowd.asks(cell.who, twin), name)
            for name, twin in twins
            if twin.is_other_than(one)
        ):
            return f"{cell}: not told like what does not exist"
    return ""


def _writing(crowd: Crowd, refused: list[Cell]) -> Iterator[str]:
    """Who leaves a trace: each is asked once more, alone."""
    for cell in refused:
        before = content(crowd.place)
        crowd.asks(cell.who, cell.ask(crowd))
        if content(crowd.place) != before:
            yield f"{cell}: something was written"
