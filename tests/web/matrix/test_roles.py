"""The lines of an app's roles: programs see and set what the page says, and each line is missed when it is gone.

T-MTX-03.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from engine import apps
from engine.access.principals import person
from tests.web.matrix import fields
from tests.web.matrix.asking import Crowd, outcome, taken_back
from tests.web.matrix.place import app_of_all
from tests.web.matrix.policy import PEOPLE, PROGRAMS
from tests.web.matrix.test_matrix import cells

Line = tuple[str, ...]  # the way to it in the document
ROLES = ("rep", "lead", "looker")  # that somebody of the page has


def test_programs_see_and_set_what_the_page_says(crowd: Crowd) -> None:
    with taken_back():
        found = [(one, one.found(crowd)) for one in fields.cells()]
    wrong = [f"{one}: {met}" for one, met in found if met != one.expected]
    assert not wrong, "\n".join(wrong)


def test_each_line_of_a_role_is_missed(on_sqlite: Crowd) -> None:
    roles = app_of_all()["roles"]
    gives = ((role, part) for role in ROLES for part in ("tables", "automations"))
    lines = [line for role, part in gives for line in _lines(roles[role].get(part, {}), (role, part))]
    assert len(lines) > 15
    assert not _is_missed(on_sqlite)
    unnoticed = []
    for line in lines:
        _apply(on_sqlite, line)
        if not _is_missed(on_sqlite):
            unnoticed.append("/".join(line))
    assert not unnoticed, "\n".join(unnoticed)


def _lines(held: Mapping[str, Any], way: Line) -> Iterator[Line]:
    for key, value in held.items():
        if isinstance(value, Mapping):
            yield from _lines(value, (*way, key))
        else:
            yield (*way, key)


def _apply(crowd: Crowd, line: Line) -> None:
    """The app without the line: `read` without its rule gives all records, and a role without `read` nothing there."""
    document: dict[str, Any] = copy.deepcopy(app_of_all())
    held = document["roles"]
    *way, key = line
    for part in way[:-1]:
        held = held[part]
    if key != "read":
        del held[way[-1]][key]
    elif held[way[-1]][key] is True:
        del held[way[-1]]
    else:
        held[way[-1]][key] = True
    place = crowd.place.here
    with place.store.write(person(place.owner.id, "owner")) as session:
        apps.apply(session, document)


def _is_missed(crowd: Crowd) -> bool:
    with taken_back():
        if any(one.found(crowd) != one.expected for one in fields.cells()):
            return True
        for cell in (*cells(PROGRAMS), *(one for one in cells(PEOPLE) if one.act == "share accounts")):
            one = cell.ask(crowd)
            if outcome(one, crowd.asks(cell.who, one)) != cell.meets:
                return True
    return False
