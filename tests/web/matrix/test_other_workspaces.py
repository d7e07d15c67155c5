"""Ids of two workspaces mixed, and ids of the wrong kind: they answer like what does not exist, and nothing is written.

Whoever asks owns both workspaces, so that nothing but the mixing is wrong. T-IDOR-04, T-MTX-04.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tests.web.matrix import policy
from tests.web.matrix.asking import Ask, Crowd, content, outcome, told, without
from tests.web.matrix.examples import ask
from tests.web.matrix.place import Place
from tests.web.matrix.policy import PEOPLE, PROGRAMS

POLICY = policy.read()
BOTH = "both"
KINDS = (
    "mine",
    "file",
    "share",
    "import",
    "archive",
    "run",
    "mail",
    "department",
    "user",
    "invitation",
    "act on tag",
    "thing tag",
)


def requests(place: Place) -> Iterator[Ask]:
    """Every route as its owner asks it, once for everything that it is about."""
    for (method, path), acts in POLICY.routes.items():
        if POLICY.kind_of(path) in (PEOPLE, PROGRAMS) and path.startswith(("/w/", "/v0/")):
            for act in acts:
                yield ask(place, BOTH, method, path, act)


def swapped(place: Place) -> Place:
    """The same with the two workspaces in each other's place."""
    return replace(place, here=place.other, other=place.here)


def differing(one: Ask, other: Ask) -> list[str]:
    """The parameters of the path that are ids, which are others in the other workspace."""
    names = [name for name in one.known if f"{{{name}}}" in one.path]
    return [name for name in names if name != "workspace" and one.known[name] != other.known[name]]


def mixed(one: Any, ids: Mapping[str, str]) -> Any:
    """What is sent, with every id in it replaced by that of the other workspace."""
    if isinstance(one, Mapping):
        return {key: mixed(value, ids) for key, value in one.items()}
    if isinstance(one, list):
        return [mixed(value, ids) for value in one]
    return ids.get(one, one) if isinstance(one, str) else one


def test_an_id_of_the_other_workspace_does_not_exist(crowd: Crowd) -> None:
    place, found, tried = crowd.place, [], 0
    crowd.browser(BOTH)
    before = content(place)
    for one, other in zip(requests(place), requests(swapped(place)), strict=True):
        for name in differing(one, other):
            strange = replace(one, known={**one.known, name: other.known[name]})
            answer, twin = crowd.asks(BOTH, strange), without(one, name)
            tried += 1
            if outcome(strange, answer) != "404":
                found.append(f"{one.method} {one.path} with the other's {name}: {outcome(strange, answer)}")
            elif told(strange, answer, name) != told(twin, crowd.asks(BOTH, twin), name):
                found.append(f"{one.method} {one.path} with the other's {name}: not told like what does not exist")
    assert tried > 50
    assert not found, "\n".join(found)
    assert content(place) == before


def test_an_id_of_the_other_workspace_in_what_is_sent_is_refused(crowd: Crowd) -> None:
    place, found, tried = crowd.place, [], 0
    crowd.browser(BOTH)
    before = content(place)
    theirs = {value: place.other.ids[key] for key, value in place.here.ids.items() if value != place.other.ids[key]}
    for one in requests(place):
        strange = replace(one, **{part: mixed(getattr(one, part), theirs) for part in ("form", "query", "json")})
        if strange.is_other_than(one):
            tried += 1
            met = outcome(strange, crowd.asks(BOTH, strange))
            if met not in ("403", "404", "422"):
                found.append(f"{one.method} {one.path} {strange.form or strange.query or strange.json}: {met}")
    assert tried > 10
    assert not found, "\n".join(found)
    assert content(place) == before


def test_an_id_of_another_kind_does_not_exist(crowd: Crowd) -> None:
    place, found = crowd.place, []
    crowd.browser(BOTH)
    before = content(place)
    asked = [(one, differing(one, other)) for one, other in zip(requests(place), requests(swapped(place)), strict=True)]
    firsts = {(one.method, one.path): (one, names) for one, names in asked}
    for kind, strange_id in ((kind, place.here.ids[kind]) for kind in KINDS):
        for one, names in firsts.values():
            for name in names:
                if one.known[name][:3] != strange_id[:3]:  # an id says of what kind it is
                    strange = replace(one, known={**one.known, name: strange_id})
                    if (met := outcome(strange, crowd.asks(BOTH, strange))) not in ("404", "400"):
                        found.append(f"{one.method} {one.path} with a {kind} as {name}: {met}")
    assert not found, "\n".join(found)
    assert content(place) == before
