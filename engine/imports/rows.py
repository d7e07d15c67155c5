"""From rows of a file to records: what each line would do, with every reason why it would not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from engine.access import judging
from engine.definitions.language import Table
from engine.ids import new_ids
from engine.importers import Row
from engine.imports.cells import Cell, Column
from engine.imports.conflicts import changed_here
from engine.imports.lookups import records_by_values
from engine.imports.mapping import FileMapping
from engine.imports.names import NameFinder
from engine.queries import read_records
from engine.storage import record_rows
from engine.storage.record_rows import Values
from engine.storage.session import Session
from engine.text import Text, _
from engine.values import check_links, check_required, check_unique, defaults


class Told(NamedTuple):
    """Something about one line: the field it concerns ("" for the whole line), and what there is to say."""

    field: str
    says: Text | str


@dataclass(slots=True)
class Line:
    """One row of the file and what becomes of it.

    `values` are to be written, `before` is what the record holds that is there already (None: it is a new one);
    `later` are names of records that this same import makes. `system`: what system fields of a new one hold.
    """

    line: int
    values: Values = field(default_factory=dict)
    record_id: str = ""
    before: Values | None = None
    problems: list[Told] = field(default_factory=list)
    notes: list[Told] = field(default_factory=list)
    conflicts: list[Told] = field(default_factory=list)
    later: dict[str, list[str]] = field(default_factory=dict)
    blank: list[str] = field(default_factory=list)
    system: Values = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        """`new`, `changed`, `same`, `conflict` or `refused`."""
        if self.problems:
            return "refused"
        if self.before is None:
            return "new"
        if self.conflicts:
            return "conflict"
        return "changed" if self.values or self.later else "same"


class Planner:
    """Plans one file chunk by chunk; what it remembers of earlier lines tells doubles within the file."""

    def __init__(
        self,
        session: Session,
        table: Table,
        mapping: FileMapping,
        columns: Sequence[str],
        names: NameFinder,
        *,
        exists: bool,
        writes: bool,
    ) -> None:
        """`exists`: the table is in the database; else every line is a new record of a table yet to be made.

        `writes`: what is planned will be written, so what it links to must still be there, and stay.
        """
        self._session = session
        self._table = table
        self._mapping = mapping
        self._exists = exists
        self._writes = writes
        self._columns = [Column(session, table, one, columns.index(one.column), names) for one in mapping.columns]
        self._system = {key: columns.index(column) for key, column in mapping.system.items()}
        self._defaults: Values | None = None
        self._shown: dict[str, Values] = {}  # what is seen of records that are there, by who sees not all
        self._held: dict[str, set[str]] = defaultdict(set)  # link -> records that it leads to, and that stay
        self._seen: dict[str, dict[Any, int]] = {}  # field ("" for the match) -> value -> line
        self.unknown: dict[str, Counter[str]] = {}  # column -> name that nothing has -> lines

    def plan(self, rows: Sequence[Row]) -> list[Line]:
        """What becomes of each row, in order."""
        read = iter(self._read([row for row in rows if row.trouble is None]))
        lines = [
            next(read) if row.trouble is None else Line(row.line, problems=[Told("", row.trouble)]) for row in rows
        ]
        self._find(_sound(lines))
        self._fill(_sound(lines))
        self._check_required(_sound(lines))
        if self._writes:
            self._check_links(_sound(lines))
        self._check_unique(_sound(lines))
        if self._mapping.match:
            for line in _sound(lines):
                self._keep_differences(line)
            self._find_conflicts(_sound(lines))
        return lines

    def _read(self, rows: Sequence[Row]) -> list[Line]:
        keys = [column.mapping.field for column in self._columns]
        read = [column.cells(rows) for column in self._columns]
        values = zip(*(values for values, _others in read), strict=True)
        lines = [Line(row.line, dict(zip(keys, found, strict=True))) for row, found in zip(rows, values, strict=True)]
        for key, position in self._system.items():
            for row, line in zip(rows, lines, strict=True):
                if row.cells[position]:
                    line.system[key] = row.cells[position]
        for column, (_values, others) in zip(self._columns, read, strict=True):
            for number, cell in others.items():
                del lines[number].values[column.mapping.field]
                if cell.blank:
                    lines[number].blank.append(column.mapping.field)
                else:
                    self._take_apart(lines[number], column, cell)
        return lines

    def _take_apart(self, line: Line, column: Column, cell: Cell) -> None:
        key = column.field.key
        if cell.value is not None:
            line.values[key] = cell.value
        if cell.problem:
            line.problems.append(Told(key, cell.problem))
        if cell.note:
            line.notes.append(Told(key, cell.note))
        if cell.later:
            line.later[key] = list(cell.later)
        for name in cell.unknown:
            self.unknown.setdefault(column.mapping.column, Counter())[name] += 1

    def _find(self, lines: Sequence[Line]) -> None:
        """The records that are there already, by the fields that the mapping matches."""
        keys = self._mapping.match
        if not keys:
            return
        wanted: dict[tuple[Any, ...], Line] = {}
        seen = self._seen.setdefault("", {})
        for line in lines:
            missing = [key for key in keys if line.values.get(key) is None]
            values = tuple(line.values.get(key) for key in keys)
            if missing:
                line.problems.append(Told(missing[0], _("It is empty, so the record cannot be found.")))
            elif values in seen:
                line.problems.append(Told(keys[0], _("Line {line} is about the same record.", line=seen[values])))
            else:
                seen[values] = line.line
                wanted[values] = line
        if not self._exists:
            return
        found = records_by_values(self._session, self._table, keys, wanted)
        known = [one for ids in found.values() for one in ids]
        with self._session.behind() as layout:
            held = record_rows.read(self._session, layout.table(self._table.address), known, lock=True)
        if self._table.rights is not None:
            self._shown |= read_records(self._session, self._table, known)
        for values, ids in found.items():
            line = wanted[values]
            if len(ids) > 1:
                line.problems.append(Told(keys[0], _("{count} records have this value.", count=len(ids))))
            else:
                line.record_id, line.before = ids[0], held[ids[0]]

    def _fill(self, lines: Sequence[Line]) -> None:
        """Blank cells and fields without a column: empty or as by default in a new record, as asked in another."""
        if self._defaults is None:
            self._defaults = self._preset() if self._exists else {}
        new = [line for line in lines if line.before is None]
        for line, record_id in zip(new, new_ids("rec", len(new)), strict=True):
            line.record_id = record_id
        for line in lines:
            if line.before is None and (line.blank or self._defaults):
                said = [key for key in line.blank if not self._table.fields[key].required]
                line.values = {**self._defaults, **self._emptied(said), **line.values}
            elif line.before is not None and self._mapping.clear:
                line.values |= self._emptied(line.blank)

    def _preset(self) -> Values:
        with self._session.behind() as layout:
            return defaults(self._session, layout.table(self._table.address))

    def _emptied(self, keys: Sequence[str]) -> Values:
        return {key: [] if self._table.fields[key].many else self._table.fields[key].kind.empty() for key in keys}

    def _check_required(self, lines: Sequence[Line]) -> None:
        if not any(one.required for one in self._table.fields.values()):
            return
        for new in (True, False):
            some = [line for line in lines if (line.before is None) is new]
            there = [{**line.values, **dict.fromkeys(line.later, "later")} for line in some]
            keys = None if new else {one.field for one in self._mapping.columns}
            for problem in check_required(self._table, there, keys):
                _empty, number, key = problem.at.split("/")
                some[int(number)].problems.append(Told(key, problem.says))

    def _check_links(self, lines: Sequence[Line]) -> None:
        """The names were looked up when the import began; since then somebody may have deleted a record.

        Those that are there stay until the transaction ends, so nobody asks for them again.
        """
        for problem in check_links(self._session, self._table, [line.values for line in lines], self._held):
            _empty, number, key = problem.at.split("/")
            lines[int(number)].problems.append(Told(key, problem.says))

    def _check_unique(self, lines: Sequence[Line]) -> None:
        for one in self._table.fields.values():
            if not one.unique or one.many:
                continue
            seen = self._seen.setdefault(one.key, {})
            for line in lines:
                value = line.values.get(one.key)
                if value is None:
                    continue
                if value in seen and not line.problems:
                    says = _("Line {line} has the same {field}.", line=seen[value], field=one.label)
                    line.problems.append(Told(one.key, says))
                elif not line.problems:
                    seen[value] = line.line
        left = _sound(lines)
        if self._exists:
            with self._session.behind() as layout:
                table = layout.table(self._table.address)
                taken = check_unique(self._session, table, {line.record_id: line.values for line in left})
            for problem in judging.told(self._table, taken):
                number, _slash, key = problem.at.removeprefix("/").partition("/")
                left[int(number)].problems.append(Told(key, problem.says))

    def _keep_differences(self, line: Line) -> None:
        if line.before is not None:
            held: Mapping[str, Any] = line.before
            if self._table.rights is not None:
                key = line.record_id
                line.values = judging.kept(self._table, {key: line.values}, self._shown, {key: line.before})[key]
            line.values = {key: value for key, value in line.values.items() if held.get(key) != value}

    def _find_conflicts(self, lines: Sequence[Line]) -> None:
        """What would overwrite something that was changed here since an import last wrote the record."""
        some = {line.record_id: line for line in lines if line.before is not None and (line.values or line.later)}
        for record_id, changed in changed_here(self._session, self._table.address, some).items():
            line = some[record_id]
            for key in changed.keys() & {*line.values, *line.later}:
                line.conflicts.append(Told(key, _("It was changed here on {day}.", day=changed[key][:10])))
            if line.conflicts and not self._mapping.overwrite:
                line.values, line.later = {}, {}


def chunks(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    """The rows in lists of at most `size`."""
    chunk: list[Row] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _sound(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if not line.problems]
