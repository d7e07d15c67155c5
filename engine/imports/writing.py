"""Writing what an import has planned: in sets, and line by line only where one is refused."""

from __future__ import annotations

from collections.abc import Sequence

from engine import records
from engine.definitions.language import Table
from engine.errors import Refused
from engine.imports.lookups import Names
from engine.imports.rows import Line, Told
from engine.storage import record_rows
from engine.storage.record_rows import system_values
from engine.storage.savepoints import attempt
from engine.storage.session import Session, timestamp
from engine.text import _


def write(session: Session, table: Table, lines: Sequence[Line]) -> None:
    """Create and update the records of lines without problems. What a check refuses gets its reason as a problem."""
    if not lines:
        return
    try:
        with attempt(session):
            _write(session, table, lines)
    except Refused as refused:
        if len(lines) == 1:
            lines[0].problems += [Told("", problem.says) for problem in refused.problems]
            return
        # A check speaks about records after the write; halving finds the lines it means.
        middle = len(lines) // 2
        write(session, table, lines[:middle])
        write(session, table, lines[middle:])


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
        before = record_rows.read(session, table, links, lock=True)
        records.write(session, table, links, before)


def _write(session: Session, table: Table, lines: Sequence[Line]) -> None:
    system = system_values(session.principal.user_id, timestamp(session.now))
    new = [(line.record_id, {**line.values, **system}) for line in lines if line.outcome == "new"]
    records.insert(session, table, new)
    changed = [line for line in lines if line.outcome == "changed" and line.values]
    before = {line.record_id: line.before or {} for line in changed}
    records.write(session, table, {line.record_id: line.values for line in changed}, before)
