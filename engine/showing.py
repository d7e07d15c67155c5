"""Records as text: other records by their names, choices by their labels, numbers as people write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine import files, named, queries
from engine.definitions.language import Field, Table
from engine.field_types import field_types
from engine.formulas import reasons
from engine.formulas.types import FILE
from engine.numbers import format_number
from engine.shown import shown_as
from engine.storage.session import Session
from engine.text import label_in


class Figure(str):
    """A number that is written already."""


class Shown:
    """How the values of some fields of one table read; names are looked up once for all records."""

    def __init__(
        self,
        session: Session,
        table: Table,
        keys: Sequence[str],
        *,
        language: str = "",
        time_zone: str = "",
        ticked: str = "yes",
    ) -> None:
        """`language` may be that of a country (`en-IE`); without it, and without a time zone, it is the workspace's.

        `ticked` is what a ticked box reads.
        """
        self.session = session
        self.language = language or session.workspace.language
        self.time_zone = time_zone
        self.ticked = ticked
        self.fields = [table.fields[key] for key in keys]
        self._named: dict[str, Mapping[str, str]] = {}  # by kind
        self._titles: dict[tuple[str, ...], dict[str, str]] = {}
        self._files: dict[str, str] = {}

    @property
    def headings(self) -> dict[str, str]:
        """The labels of the fields by key."""
        return {one.key: label_in(one.label, self.language, one.key) for one in self.fields}

    def rows(self, records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The same records with texts instead of values; keys that are no field of ours stay as they are."""
        for field in self.fields:
            if self.session.layout.tables_named(field):
                self._look_up(field, (values.get(field.key) for values in records))
            elif self.session.layout.held_type(field).item == FILE:
                self._look_up_files([one for values in records for one in values.get(field.key) or ()])
        fields = {one.key: one for one in self.fields}
        return [
            {key: self.text(fields[key], value) if key in fields else value for key, value in values.items()}
            for values in records
        ]

    def text(self, field: Field, value: Any) -> Any:
        """One value as text; None when it is empty, a `Figure` when it is a number."""
        if value is None or value == "" or value == []:
            return None
        if isinstance(value, Mapping) and field.kind.computed:
            why = reasons.in_words(value["reason"])
            return f"{value['error']} ({why})" if why else value["error"]
        if tables := self.session.layout.tables_named(field):
            self._look_up(field, [value])
            titles = self._titles[tables]
            return ", ".join(titles.get(one) or one for one in (value if isinstance(value, list) else [value]))
        if self.session.layout.held_type(field).item == FILE:
            self._look_up_files(value)
            return ", ".join(self._files.get(one, one) for one in value)
        name, options = shown_as(self.session.layout, field)
        kind = field_types[name]
        if isinstance(value, list) and (kind.names in named.KINDS or not kind.listed):
            return ", ".join(str(self._one(name, options, one)) for one in value)
        return self._one(name, options, value)

    def _one(self, name: str, options: Mapping[str, Any], value: Any) -> Any:
        if isinstance(value, bool):
            return self.ticked if value else None
        kind = field_types[name]
        if kind.names in named.KINDS:
            return self._called(kind.names, value)
        if isinstance(value, (int, float)):
            if options.get("decimals", 0) is None:
                return total(value, self.language)
            return Figure(kind.display(value, options, self.language))
        if kind.holds == "date_time" and (self.time_zone or "time_zone" not in options):
            options = {**options, "time_zone": self.time_zone or self.session.workspace.time_zone}
        return kind.display(value, options, self.language)

    def _called(self, kind: str, one: str) -> str:
        if kind not in self._named:
            self._named[kind] = named.names(self.session, kind)
        return self._named[kind].get(one, one)

    def _look_up_files(self, ids: Sequence[str]) -> None:
        """What the files are called."""
        missing = set(ids) - self._files.keys()
        self._files |= {file_id: file.filename for file_id, file in files.known(self.session, missing).items()}

    def _look_up(self, field: Field, values: Iterable[Any]) -> None:
        """What the records are called that the field names: a link's, or those of what is looked up."""
        tables = self.session.layout.tables_named(field)
        known = self._titles.setdefault(tables, {})
        held = (value if isinstance(value, list) else [value] for value in values if isinstance(value, (str, list)))
        known |= queries.titles_in(self.session, tables, {one for ids in held for one in ids if one} - known.keys())


def total(value: Any, language: str) -> Any:
    """A total as text: a number with the decimals it has, anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    decimals = len(str(value).partition(".")[2]) if isinstance(value, float) and not value.is_integer() else 0
    return Figure(format_number(value, decimals, language))
