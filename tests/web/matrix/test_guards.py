"""Every line that refuses somebody something is missed when it is gone: it is switched off, one after the other.

T-MTX-03.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tests.web.matrix import guards
from tests.web.matrix.asking import Crowd, outcome, taken_back
from tests.web.matrix.attempts import Attempt, attempts
from tests.web.matrix.guards import Guard
from tests.web.matrix.policy import LINKS, PEOPLE, PROGRAMS
from tests.web.matrix.test_matrix import Cell, cells

# Nobody gets as far as these: what they call asks again, or what is not for somebody is not in their layout to begin
# with. Lines of a record are held by tests/engine/access/test_lines.py.
SECOND_LINES = {
    ("engine/archives/bringing.py", "bring"),  # installs the app
    ("engine/audit.py", "_kept"),  # asks again with each slice
    ("engine/archives/packing.py", "_entered"),  # asks twice: who may build, and who may take the records along
    ("engine/automations/steps.py", "_asker"),  # asked by the worker, for nobody's request
    ("engine/bases/working.py", "work"),  # asked by the worker, for nobody's request
    ("engine/by_item.py", "page"),  # reads the records that it found
    ("engine/hooks/__init__.py", "create"),
    ("engine/imports/carrying.py", "_table"),
    ("engine/imports/names.py", "NameFinder._create"),
    ("engine/ledgers.py", "reverse"),
    ("engine/ledgers.py", "balances"),
    ("engine/search.py", "_readable"),
    ("engine/sides.py", "_lines"),
    ("engine/trash/records.py", "_restore"),
    ("engine/typecast.py", "_link"),
    ("web/pages/archives.py", "bring"),  # so that nobody's file is read first
    ("web/pages/exports.py", "_anew"),  # the session ends while the file is on its way
}

# Of these nothing that is tried here shows that they refuse by themselves.
NOT_SHOWN = {
    ("engine/archives/packing.py", "_entered"),  # its lines for history and comments: who may build sees both
    ("engine/automations/steps.py", "_asker"),  # held by tests/engine/automations/test_acting.py
    ("engine/bases/working.py", "work"),  # held by tests/engine/bases/test_going_on.py
    ("web/pages/exports.py", "_anew"),  # held by tests/web/pages/test_exports.py
    ("engine/sides.py", "_lines"),  # held by tests/engine/access/test_lines.py
    ("engine/imports/carrying.py", "_table"),
    ("engine/imports/names.py", "NameFinder._create"),
    ("web/pages/archives.py", "bring"),
}


def test_what_is_tried_past_the_pages_is_refused(crowd: Crowd) -> None:
    tries = list(attempts(crowd))
    with taken_back():
        tried = {one.name: (one.act(), one.expected) for one in tries}
    assert {name: met for name, (met, expected) in tried.items() if met != expected} == {}


def test_each_line_that_refuses_is_missed(on_sqlite: Crowd) -> None:
    all_guards = guards.all_of_them()
    assert len(all_guards) > 60
    tries = [*attempts(on_sqlite), *_refusals(on_sqlite)]
    with taken_back():
        asked = _asked(all_guards, tries)
        unnoticed = [guard for guard in all_guards if not _is_missed(guard, asked[guard])]
    assert {(one.file, one.function) for one in unnoticed} == SECOND_LINES, "\n".join(map(str, unnoticed))


def test_each_second_line_refuses_by_itself(on_sqlite: Crowd) -> None:
    """With every other line that asks the door switched off, something else comes of what comes to it than once it is
    off, too.
    """
    all_guards = [one for one in guards.all_of_them() if not one.file.startswith("engine/access/")]
    second = [one for one in all_guards if (one.file, one.function) in SECOND_LINES]
    tries = [*attempts(on_sqlite), *_refusals(on_sqlite)]
    with taken_back():
        asked = _asked(all_guards, tries, off=True)
        idle = [guard for guard in second if not _refuses_by_itself(guard, all_guards, asked[guard])]
    assert {(one.file, one.function) for one in idle} == NOT_SHOWN, "\n".join(map(str, idle))


def _refuses_by_itself(guard: Guard, all_guards: list[Guard], tries: list[Attempt]) -> bool:
    others = [one for one in all_guards if one != guard]
    with guards.without(*others):
        by_itself = [one.act() for one in tries]
    with guards.without(*all_guards):
        return any(one.act() != met for one, met in zip(tries, by_itself, strict=True))


def _refusals(crowd: Crowd) -> Iterator[Attempt]:
    """The cells of the matrix that refuse."""
    for kind in (PROGRAMS, PEOPLE, LINKS):
        for cell in cells(kind):
            if not cell.is_granted and cell.who not in ("link", "token"):
                yield Attempt(str(cell), cell.meets, partial(_comes_to, crowd, cell))


def _comes_to(crowd: Crowd, cell: Cell) -> str:
    one = cell.ask(crowd)
    return outcome(one, crowd.asks(cell.who, one))


def _asked(all_guards: list[Guard], tries: list[Attempt], *, off: bool = False) -> dict[Guard, list[Attempt]]:
    """Which attempts come by each guard, while all refuse, or with `off` while none does."""
    found: dict[Guard, dict[int, Attempt]] = {guard: {} for guard in all_guards}
    now: list[Attempt] = []

    def asked(guard: Guard) -> None:
        found[guard][id(now[-1])] = now[-1]

    with guards.noticed(all_guards, asked, off=off):
        for one in tries:
            now.append(one)
            one.act()
    return {guard: list(some.values()) for guard, some in found.items()}


def _is_missed(guard: Guard, tries: list[Attempt]) -> bool:
    with guards.without(guard):
        return any(one.is_missed() for one in tries)
