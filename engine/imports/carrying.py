"""Bringing a file in: the definition that it needs, then its rows chunk by chunk. Counting goes the same way."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from engine import apps, computed
from engine.access import door
from engine.definitions.apps import Apps
from engine.definitions.language import Field, Table
from engine.errors import Refused
from engine.importers import Source
from engine.imports.lookups import Names, choices_by_label, folded, names_in, new_choices
from engine.imports.mapping import ColumnMapping, FileMapping, document_with
from engine.imports.names import NameFinder
from engine.imports.rows import Line, Planner, Told, chunks
from engine.imports.writing import link, write
from engine.rules.looking import look_at_what_follows
from engine.storage.savepoints import attempt
from engine.storage.session import Session

CHUNK = 2_000  # lines planned and written together; measured no slower than 10,000, and progress shows in between
SETTLED = 100_000  # lines after which what follows from them is worked out, where nobody looks at it before
MAX_UNKNOWN = 100  # names per column that the counts list

# count: look only. try: write, see what the checks say, and take it back. write: write.
Mode = Literal["count", "try", "write"]
KINDS = ("new", "changed", "same", "conflict", "refused")  # of lines


@dataclass
class Outcome:
    """What an import did, or would do.

    Every row of the file is in exactly one of `KINDS`; `told` are the reasons, by line.
    """

    new: int = 0
    changed: int = 0
    same: int = 0
    conflict: int = 0
    refused: int = 0
    noted: int = 0
    created: dict[str, int] = field(default_factory=dict)  # table -> records made because a name was missing
    choices: dict[str, list[str]] = field(default_factory=dict)  # field -> labels of choices made
    unknown: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # column -> names that nothing has
    told: list[tuple[int, str, Told]] = field(default_factory=list)

    def counts(self) -> dict[str, Any]:
        """The numbers as they are kept with the import."""
        numbers = {name: getattr(self, name) for name in KINDS}
        return {"rows": sum(numbers.values()), **numbers, "noted": self.noted, **self._also()}

    def _also(self) -> dict[str, Any]:
        return {"created": self.created, "choices": self.choices, "unknown": self.unknown}

    def add(self, line: Line) -> None:
        """One line whose fate is certain."""
        setattr(self, line.outcome, getattr(self, line.outcome) + 1)
        if line.problems:
            self.told += [(line.line, "refused", told) for told in line.problems]
            return
        self.told += [(line.line, "conflict", told) for told in line.conflicts]
        if line.notes:
            self.noted += 1
            self.told += [(line.line, "noted", told) for told in line.notes]


def count(
    session: Session, source: Source, mapping: FileMapping, address: str, progress: Callable[[int], None]
) -> Outcome:
    """What bringing the file in would do. Nothing stays written.

    Where the table has rules (`writes_to_count`) the session must be one that writes.
    """
    if not writes_to_count(session, address):
        return bring_in(session, source, mapping, address, progress, mode="count")
    tried: list[Outcome] = []
    with suppress(_TakenBack), attempt(session):
        tried.append(bring_in(session, source, mapping, address, progress, mode="try"))
        raise _TakenBack
    return tried[0]


def writes_to_count(session: Session, address: str) -> bool:
    """Whether counting writes records and takes them back, since rules look at written records only.

    Whoever roles limit does not see the table's rules, so that for them it always does.
    """
    held = session.layout.apps.tables.get(address)
    return held is not None and (held.rules.refuse or held.rights is not None)


def bring_in(
    session: Session,
    source: Source,
    mapping: FileMapping,
    address: str,
    progress: Callable[[int], None],
    mode: Mode = "write",
) -> Outcome:
    """Bring the rows of `source` into the table at `address`, which is made if the mapping says so.

    `progress` is called with the number of the line that was reached. Raises `Refused` when the definition that is
    needed is wrong, `Forbidden`; what is wrong with single lines is in the outcome.
    """
    exists = address in session.layout.apps.tables
    table, choices = _table(session, source, mapping, address, apply=mode == "write")
    keys = {one.field for one in mapping.columns}
    for act in ("create", "update") if mapping.match else ("create",):
        door.enter(session.principal, act, table, keys)
    writes = mode != "count"
    names = NameFinder(session, table, _titles_to_be(source, mapping, table), writes=writes)
    exists = exists or mode == "write"
    planner = Planner(session, table, mapping, source.columns, names, exists=exists, writes=writes)
    outcome = Outcome(choices=choices)
    made = Names(())
    waiting: list[Line] = []
    with computed.later(session) if writes and _may_wait(session, table, mapping) else nullcontext():
        settled = 0
        for chunk in chunks(source.rows(), CHUNK):
            lines = planner.plan(chunk)
            if writes:
                write(session, table, [line for line in lines if not line.problems])
            for line in lines:
                if line.outcome == "new" and table.fields[table.title].writable and line.values.get(table.title):
                    made.add(str(line.values[table.title]), line.record_id)
                if line.later and not line.problems:
                    waiting.append(line)
                else:
                    outcome.add(line)
            if chunk[-1].line - settled >= SETTLED:
                settled = chunk[-1].line
                computed.settle(session)
            progress(chunk[-1].line)
    link(session, table, waiting, made, writes=writes)
    for line in waiting:
        outcome.add(line)
    outcome.told.sort(key=lambda one: one[0])
    outcome.created = dict(names.created)
    outcome.unknown = dict(_unknown(planner, names, mapping, table))
    return outcome


def _may_wait(session: Session, table: Table, mapping: FileMapping) -> bool:
    """Whether nothing that is asked along the way looks at what is worked out from the records that are written."""
    links = [(one, target) for one in mapping.columns for target in table.fields[one.field].targets]
    seen = session.seen.apps.tables
    titles = {(target, seen[target].title) for _column, target in links if target in seen}  # by which they are found
    made = {target for column, target in links if column.unknown == "create" and target in seen}
    return not look_at_what_follows(session, {table.address, *made}, titles)


class _TakenBack(Exception):
    pass


def _table(
    session: Session, source: Source, mapping: FileMapping, address: str, *, apply: bool
) -> tuple[Table, dict[str, list[str]]]:
    """The table as it has to be for this import, and the labels of the choices that it lacked, by field."""
    held = session.layout.apps.tables.get(address)
    document = None if held is not None else document_with(session.layout.apps, mapping)
    table = held or _in_document(session, document, address)
    missing = _missing_choices(source, mapping, table)
    if missing:
        document = document or copy.deepcopy(dict(session.layout.apps[table.app].document))
        for key, choices in missing.items():
            document["tables"][table.key]["fields"][key]["choices"].update(choices)
    if document is None:
        return table, {}
    labels = {key: [str(one["label"]) for one in choices.values()] for key, choices in missing.items()}
    if apply:
        apps.apply(session, document)
        return session.layout.table(address), labels
    door.enter_builder(session.principal)
    planned = apps.plan(session, document)
    if planned.refused:
        raise Refused([problem for problem in planned.problems if problem.is_error])
    return _in_document(session, document, address), labels


def _in_document(session: Session, document: Mapping[str, Any] | None, address: str) -> Table:
    """The table as it would be if the document were applied."""
    document = document or {}
    others = [(app.document, app.revision) for app in session.layout.apps.values() if app.key != document["key"]]
    return Apps([*others, (document, 1)]).tables[address]


def _missing_choices(source: Source, mapping: FileMapping, table: Table) -> dict[str, dict[str, dict[str, Any]]]:
    wanted = [
        one for one in mapping.columns if one.unknown == "create" and table.fields[one.field].kind.names == "choices"
    ]
    labels = {one.field: list(_labels(source, one, table.fields[one.field])) for one in wanted}
    made = {key: new_choices(table.fields[key], some) for key, some in labels.items()}
    return {key: choices for key, choices in made.items() if choices}


def _labels(source: Source, one: ColumnMapping, of: Field) -> Iterator[str]:
    """The choices that the cells of a column name."""
    known = choices_by_label(of)
    for text in _meant(source, one):
        yield from names_in(of, text, known)


def _titles_to_be(source: Source, mapping: FileMapping, table: Table) -> set[str]:
    """What the records of this import will be called, where its lines may link to one another."""
    title = next((one for one in mapping.columns if one.field == table.title), None)
    links_to_own = any(table.address in table.fields[one.field].targets for one in mapping.columns)
    return {folded(name) for name in _meant(source, title)} if title and links_to_own else set()


def _meant(source: Source, one: ColumnMapping) -> Iterator[str]:
    """The distinct texts of a column, as the mapping understands them, in order of appearance."""
    position = source.columns.index(one.column)
    seen = dict.fromkeys(row.cells[position].strip() for row in source.rows() if not row.trouble)
    for cell in seen:
        if meant := one.values.get(cell, cell).strip():
            yield meant


def _unknown(
    planner: Planner, names: NameFinder, mapping: FileMapping, table: Table
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    fields = {one.column: table.fields[one.field] for one in mapping.columns}
    for column, counted in planner.unknown.items():
        yield (
            column,
            [
                {"value": name, "rows": rows, "suggestion": names.suggestion(fields[column], name)}
                for name, rows in Counter(counted).most_common(MAX_UNKNOWN)
            ],
        )
