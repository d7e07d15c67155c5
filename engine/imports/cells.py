"""From the text of a cell to a field's value: each distinct text of a column is read and judged once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from engine.definitions.language import Field, Table
from engine.importers import Row, Unreadable
from engine.imports.mapping import ColumnMapping
from engine.imports.names import NameFinder
from engine.storage.session import Session
from engine.text import Text, _
from engine.values import accept

MAX_REMEMBERED = 100_000  # distinct texts of one column


@dataclass(frozen=True, slots=True)
class Cell:
    """What a text comes to. `plain`: nothing but a value; else blank, refused, noted, or (partly) yet to be linked."""

    value: Any = None
    plain: bool = False
    blank: bool = False
    problem: Text | None = None
    note: Text | None = None
    later: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


_BLANK = Cell(blank=True)


class Column:
    """One column of the file on its way into a field."""

    def __init__(
        self, session: Session, table: Table, mapping: ColumnMapping, position: int, names: NameFinder
    ) -> None:
        self.mapping = mapping
        self.field: Field = table.fields[mapping.field]
        self._session = session
        self._table = table
        self._position = position
        self._names = names
        self._known: dict[str, Cell] = {}

    def cells(self, rows: Sequence[Row]) -> list[Cell]:
        """What the cells of these rows come to, in order."""
        texts = [row.cells[self._position] for row in rows]
        if len(self._known) > MAX_REMEMBERED:
            self._known.clear()
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._learn(new)
        known = self._known
        return [known[text] for text in texts]

    def _learn(self, texts: Collection[str]) -> None:
        meant = {text: self.mapping.values.get(text.strip(), text) for text in texts}
        if self._names.names(self.field):
            self._names.prepare(self.mapping, self.field, meant.values())
        read: dict[str, Any] = {}
        for text, said in meant.items():
            if not said.strip():
                self._known[text] = _BLANK
            elif self._names.names(self.field):
                self._known[text] = self._named(said)
            else:
                try:
                    read[text] = self.mapping.reading.read(said)
                except Unreadable as error:
                    self._known[text] = Cell(problem=error.says)
        if read:
            self._judge(read)

    def _judge(self, read: dict[str, Any]) -> None:
        key = self.field.key
        accepted, problems = accept(self._session, self._table, [{key: value} for value in read.values()], "text")
        refused = {int(problem.at.split("/")[1]): problem.says for problem in problems}
        rounds = getattr(self.mapping.reading, "rounded", False)
        for number, (text, before) in enumerate(read.items()):
            if number in refused:
                says = refused[number]
                self._known[text] = Cell(problem=says if isinstance(says, Text) else Text("{says}", {"says": says}))
                continue
            value = accepted[number][key]
            if isinstance(before, int | float) and value != before and not rounds:
                says = _("{value} would be rounded to {kept}.", value=before, kept=value)
                self._known[text] = Cell(problem=says)
            else:
                self._known[text] = Cell(value, plain=True)

    def _named(self, said: str) -> Cell:
        found = self._names.find(self.mapping, self.field, said)
        value = found.ids if self.field.several else found.ids[0] if found.ids else None
        if value and self.field.kind.listed:
            value = self.field.kind.accept(value, self.field.options)
        if not (found.says or found.later):
            return Cell(value, plain=True)
        empty = found.says is not None and self.mapping.unknown == "empty"
        return Cell(
            value or None,
            problem=None if empty else found.says,
            note=_("{reason} It was left empty.", reason=found.says) if empty else None,
            later=tuple(found.later),
            unknown=tuple(found.unknown),
        )
