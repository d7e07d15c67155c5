"""Writing what an import has planned: in sets, without those that a check refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from engine import record_writes
from engine.access import judging
from engine.definitions.language import Table
from engine.errors import Refused
from engine.imports.lookups import Names
from engine.imports.rows import Line, Told
from engine.storage import record_rows
from engine.storage.record_rows import Values, system_values
from engine.storage.savepoints import attempt
from engine.storage.session import Session, timestamp
from engine.text import _


def write(session: Session, table: Table, lines: Sequence[Line]) -> None:
    """Create and update the records of lines without problems. What a check refuses gets its reason as a problem."""
    new = [line for line in lines if line.outcome == "new"]
    changed = [line for line in lines if line.outcome in ("changed", "conflict") and line.values]
    _write(session, new, lambda some: _insert(session, table, some))
    _write(session, changed, lambda some: _update(session, table, some))


def link(session: Session, table: Table, lines: Sequence[Line], made: Names, *, writes: bool) -> None:
    """Set the links of `lines` to records that this import made; a link to one that was refused stays empty, noted."""
    links: dict[str, dict[str, str | list[str]]] = {}
    for line in lines:
        for key, names in line.later.items():
            ids = [one for name in names for one in made.find(name)[:1]]
            for name in names:
                if not made.find(name):
                    says = _("It was left empty: the line of {name} was refused.", name=name)
                    line.notes.append(Told(key, says))
            if ids:
                held = line.values.get(key) or []
                links.setdefault(line.record_id, {})[key] = [*held, *ids] if table.fields[key].many else ids[0]
    if links and writes:
        with session.behind() as layout:
            whole = layout.table(table.address)
            before = record_rows.read(session, whole, list(links), lock=True)
            record_writes.write(session, whole, links, before)
            _judge(session, table, "after", links)


def _write(session: Session, lines: Sequence[Line], act: Callable[[Sequence[Line]], None]) -> None:
    """Let `act` write the lines; those that a check refuses are left out and get its reason."""
    if not lines:
        return
    try:
        with attempt(session):
            act(lines)
    except Refused as refused:
        blamed = _blamed(refused, lines)
        for number, says in blamed:
            lines[number].problems.append(Told("", says))
        if blamed:
            _write(session, [line for line in lines if not line.problems], act)
            return
        # The check of another table was broken, which does not say by which line: halving finds it.
        middle = len(lines) // 2
        _write(session, lines[:middle], act)
        _write(session, lines[middle:], act)


def _blamed(refused: Refused, lines: Sequence[Line]) -> list[tuple[int, str]]:
    """Which lines were refused, and why; empty when the problems do not say."""
    if len(lines) == 1:
        return [(0, problem.says) for problem in refused.problems]
    numbers = [problem.at.split("/")[1] if problem.at else "" for problem in refused.problems]
    if not all(number.isdecimal() for number in numbers):
        return []
    return [(int(number), problem.says) for number, problem in zip(numbers, refused.problems, strict=True)]


def _insert(session: Session, table: Table, lines: Sequence[Line]) -> None:
    system = system_values(session.principal.user_id, timestamp(session.now))
    with session.behind() as layout:
        whole = layout.table(table.address)
        record_writes.insert(
            session, whole, [(line.record_id, {**line.values, **system, **line.system}) for line in lines]
        )
        _judge(session, table, "create", {line.record_id: line.values for line in lines})


def _update(session: Session, table: Table, lines: Sequence[Line]) -> None:
    before = {line.record_id: line.before or {} for line in lines}
    changed = {line.record_id: line.values for line in lines}
    with session.behind() as layout:
        _judge(session, table, "before", changed)
        record_writes.write(session, layout.table(table.address), changed, before)
        _judge(session, table, "after", changed)


def _judge(session: Session, table: Table, stage: judging.Stage, written: Mapping[str, Values]) -> None:
    """By the roles of who imports; what is written beside what they may set comes of itself. Raises `Refused`."""
    if table.rights is None:
        return
    settable = {one.key for one in table.fields.values() if one.writable}
    problems = judging.problems(
        session, table.address, stage, {one: settable & values.keys() for one, values in written.items()}
    )
    if problems:
        raise Refused(problems)
