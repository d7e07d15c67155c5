"""From the text of a cell to a field's value: each distinct text of a column is read and judged once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.definitions.language import Field, Table
from engine.importers import Row, Unreadable
from engine.imports.mapping import ColumnMapping
from engine.imports.names import NameFinder
from engine.storage.session import Session
from engine.text import Text, _
from engine.values import accept_all

MAX_REMEMBERED = 100_000  # distinct texts of one column


@dataclass(frozen=True, slots=True)
class Cell:
    """What a text comes to that is no plain value: blank, refused, noted, or (partly) yet to be linked."""

    value: Any = None
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
        self._values: dict[str, Any] = {}  # by text
        self._others: dict[str, Cell] = {}  # texts that are no plain value

    def cells(self, rows: Sequence[Row]) -> tuple[list[Any], dict[int, Cell]]:
        """The values of these rows, in order, and by its number each row whose cell is no plain value."""
        texts = [row.cells[self._position] for row in rows]
        if len(self._values) + len(self._others) > MAX_REMEMBERED:
            self._values.clear()
            self._others.clear()
        values, others = self._values, self._others
        new = [text for text in dict.fromkeys(texts) if text not in values and text not in others]
        if new:
            self._learn(new)
        found = {number: others[text] for number, text in enumerate(texts) if text in others} if others else {}
        return [values.get(text) for text in texts], found

    def _learn(self, texts: Sequence[str]) -> None:
        said = texts
        if self.mapping.values:
            said = [self.mapping.values.get(text.strip(), text) for text in texts]
        if self._names.names(self.field):
            self._names.prepare(self.mapping, self.field, said)
        read: dict[str, Any] = {}
        for text, meant in zip(texts, said, strict=True):
            if not meant or meant.isspace():
                self._others[text] = _BLANK
            elif self._names.names(self.field):
                self._name(text, meant)
            else:
                try:
                    read[text] = self.mapping.reading.read(meant)
                except Unreadable as error:
                    self._others[text] = Cell(problem=error.says)
        if read:
            self._judge(read)

    def _judge(self, read: dict[str, Any]) -> None:
        accepted, refused = accept_all(self._session, self._table, self.field, list(read.values()), "text")
        rounds = getattr(self.mapping.reading, "rounded", False)
        for number, (text, before) in enumerate(read.items()):
            value = accepted[number]
            if number in refused:
                says = refused[number].says
                self._others[text] = Cell(problem=says if isinstance(says, Text) else Text("{says}", {"says": says}))
            elif value != before and isinstance(before, int | float) and not rounds:
                says = _("{value} would be rounded to {kept}.", value=before, kept=value)
                self._others[text] = Cell(problem=says)
            else:
                self._values[text] = value

    def _name(self, text: str, meant: str) -> None:
        found = self._names.find(self.mapping, self.field, meant)
        value = found.ids if self.field.several else found.ids[0] if found.ids else None
        if value and self.field.kind.listed:
            value = self.field.kind.accept(value, self.field.options)
        if not (found.says or found.later):
            self._values[text] = value
            return
        empty = found.says is not None and self.mapping.unknown == "empty"
        self._others[text] = Cell(
            value or None,
            problem=None if empty else found.says,
            note=_("{reason} It was left empty.", reason=found.says) if empty else None,
            later=tuple(found.later),
            unknown=tuple(found.unknown),
        )
