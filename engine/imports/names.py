"""Cells that name a record, choice, person or department: which one, and what becomes of a name that nothing has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from engine import records
from engine.access import door
from engine.definitions.language import Field, Table
from engine.errors import Refused
from engine.imports.lookups import Names, folded, names_in, names_of_kind, nothing_called, records_by_name
from engine.imports.mapping import ColumnMapping
from engine.storage.savepoints import attempt
from engine.storage.session import Session
from engine.text import Text, _
from engine.values import accept, check_required, defaults


@dataclass
class Found:
    """What the names in one cell came to. `later`: records that this import makes; `says`: why some came to nothing."""

    ids: list[str] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    says: Text | None = None


class NameFinder:
    """Finds what cells name. `writes`: missing records are really created, else it is only tried."""

    def __init__(self, session: Session, table: Table, titles_in_file: Collection[str], *, writes: bool) -> None:
        """`titles_in_file`: what the records of this import will be called (folded), for links among them."""
        self._session = session
        self._table = table
        self._titles_in_file = titles_in_file
        self._writes = writes
        self._names: dict[str, Names] = {}  # by field
        self._of_tables: dict[tuple[tuple[str, ...], str], Names] = {}
        self._refusals: dict[tuple[str, str], Text] = {}  # (table, folded name) -> why it cannot be created
        self._suggestions: dict[tuple[str, str], str | None] = {}
        self._pending = 0  # records that would be created, but are not
        self.created: Counter[str] = Counter()  # table -> records made along the way

    def names(self, of: Field) -> bool:
        """Whether the cells of this field name something."""
        return of.is_link or bool(of.kind.names)

    def prepare(self, one: ColumnMapping, of: Field, texts: Collection[str]) -> None:
        """Get ready for these cells of a column that names something: missing records are created, if so chosen."""
        names = self._names_of(of, one.by)
        if one.unknown != "create" or of.target is None:
            return
        missing: dict[str, str] = {}
        for text in texts:
            for name in names_in(of, text, names):
                if not names.find(name) and not self._is_coming(one, of, name):
                    missing.setdefault(folded(name), name.strip())
        target = self._session.layout.table(of.target)
        new = [name for key, name in missing.items() if (target.address, key) not in self._refusals]
        if new:
            self._create(target, new, names)

    def find(self, one: ColumnMapping, of: Field, text: str) -> Found:
        """What one cell names."""
        found = Found()
        names = self._names_of(of, one.by)
        for name in names_in(of, text, names):
            ids = names.find(name)
            if len(ids) == 1:
                found.ids.append(ids[0])
            elif not ids and self._is_coming(one, of, name):
                found.later.append(name)
            elif ids:
                found.says = _("{count} are called {name}.", count=len(ids), name=name.strip())
            else:
                found.unknown.append(name.strip())
                found.says = self._refusals.get((of.target or "", folded(name))) or nothing_called(
                    self._session, of, name.strip(), self.suggestion(of, name)
                )
        return found

    def suggestion(self, of: Field, name: str) -> str | None:
        """The name that was perhaps meant."""
        key = (of.key, folded(name))
        if key not in self._suggestions:
            self._suggestions[key] = self._names_of(of).similar(name)
        return self._suggestions[key]

    def _names_of(self, of: Field, by: str = "") -> Names:
        if of.key not in self._names:
            if of.is_link:
                wanted = of.targets, by
                if wanted not in self._of_tables:
                    self._of_tables[wanted] = records_by_name(self._session, of.targets, by)
                self._names[of.key] = self._of_tables[wanted]
            else:
                self._names[of.key] = names_of_kind(self._session, of)
        return self._names[of.key]

    def _is_coming(self, one: ColumnMapping, of: Field, name: str) -> bool:
        return not one.by and self._table.address in of.targets and folded(name) in self._titles_in_file

    def _create(self, target: Table, new: list[str], names: Names) -> None:
        title = target.fields[target.title]
        door.enter(self._session.principal, "create", target, {title.key})
        if not title.writable:
            says = _("{table} cannot be created by name alone.", table=target.plural or target.label)
            self._refusals |= {(target.address, folded(name)): says for name in new}
            return
        given = [{title.key: name} for name in new]
        accepted, problems = accept(self._session, target, given)
        with self._session.behind() as layout:
            preset = defaults(self._session, layout.table(target.address))
        problems += check_required(target, [{**preset, **values} for values in accepted])
        for problem in problems:
            number = int(problem.at.split("/")[1])
            self._refusals[target.address, folded(new[number])] = Text("{says}", {"says": problem.says})
        good = [name for name in new if (target.address, folded(name)) not in self._refusals]
        for name, record_id in zip(good, self._made(target, title, good), strict=True):
            if record_id:
                names.add(name, record_id)
                self.created[target.address] += 1

    def _made(self, target: Table, title: Field, new: list[str]) -> list[str]:
        """The ids of the records that are made by these names, "" for one that is refused after all."""
        if not new:
            return []
        if not self._writes:
            self._pending += len(new)
            return [f"rec{self._pending - number:014d}" for number in range(len(new))]
        try:
            with attempt(self._session):
                return records.create(self._session, target.address, [{title.key: name} for name in new])
        except Refused as refused:
            if len(new) == 1:
                says = Text("{says}", {"says": refused.problems[0].says})
                self._refusals[target.address, folded(new[0])] = says
                return [""]
            middle = len(new) // 2
            return [*self._made(target, title, new[:middle]), *self._made(target, title, new[middle:])]
