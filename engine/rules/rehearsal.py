"""What the checks say of records that cannot be written, because some of their values are wrong.

So people learn of everything at once. The rest is written, the checks are asked, and all of it is taken back;
what a wrong value would decide is not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from engine import computed
from engine.definitions.language import Table
from engine.errors import FormworkError, Problem
from engine.rules import checks
from engine.storage.savepoints import attempt
from engine.storage.session import Session
from engine.written import Written

Unsound = Mapping[str, Collection[str]]


def unsound_in(table: Table, problems: Collection[Problem], ids: list[str]) -> dict[str, set[str]]:
    """The fields with problems by record; all of them where a problem is about the record as a whole.

    Problems are at `/<number>/<field>`, numbers in the order of `ids`.
    """
    found: dict[str, set[str]] = {}
    for problem in problems:
        number, _slash, place = problem.at.removeprefix("/").partition("/")
        if number.isdecimal():
            keys = [place.partition("/")[0]] if place else table.fields
            found.setdefault(ids[int(number)], set()).update(keys)
    return found


def problems(
    session: Session, table: Table, ids: Collection[str], unsound: Unsound, write: Callable[[], None]
) -> list[Problem]:
    """What checks refuse about the records `ids` of the table once `write` has written them without what is unsound.

    At `/<number>/<field>`. Nothing stays written.
    """
    if session.unchecked is not None:
        return []
    try:
        with attempt(session), checks.withheld(session) as written:
            write()
            raise _Rehearsed(_told(session, table, ids, unsound, written))
    except _Rehearsed as rehearsed:
        return rehearsed.problems
    except FormworkError:
        return []  # something else speaks against it, which is told when what is known is mended


class _Rehearsed(Exception):
    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems


def _told(
    session: Session, table: Table, ids: Collection[str], unsound: Unsound, written: list[Written]
) -> list[Problem]:
    whole, doubtful = Written.of(written), Written()
    for record_id, keys in unsound.items():
        doubtful.wrote(table.address, keys, [record_id])
    computed.refresh(session, doubtful)
    numbers = {record_id: number for number, record_id in enumerate(ids)}
    return [one for one in checks.problems(session, whole, table.address, numbers, doubtful) if one.at]
