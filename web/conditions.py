"""Conditions of definitions as people read them: `Stage is Won`, all of several, any of several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.definitions.any_links import tables_of
from engine.definitions.language import App, Condition, Field, Table
from engine.storage.layout import Layout
from engine.text import Text, label_in
from engine.wording import Wording
from web.filtering import words


@dataclass(frozen=True)
class Said:
    """One test as a sentence or (`is_formula`) as an expression; or several tests that are joined by `join`."""

    says: Text | str = ""
    is_formula: bool = False
    join: Literal["", "all", "any"] = ""
    parts: Sequence[Said] = field(default_factory=tuple)


@dataclass(frozen=True)
class Speaker:
    """Says conditions about records of one table to one reader. `names` are those of people and departments by id."""

    layout: Layout
    app: App
    table: Table
    language: str
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def wording(self) -> Wording:
        """What expressions name."""
        return Wording(self.layout, self.app, self.table, self.language)

    def condition(self, condition: Condition | None) -> Said | None:
        """The condition in words; None where there is none."""
        if condition is None:
            return None
        if isinstance(condition, str):
            return Said(self.wording.formula(condition), is_formula=True)
        if "all" in condition or "any" in condition:
            return self._joined(condition)
        said = words(self.layout, self.table, condition, self.value)
        return Said(_of_path(said[0], str(condition["field"]), self) if said else str(condition["field"]))

    def value(self, of: Field, value: Any) -> str:
        """One value as the field shows it."""
        if isinstance(value, str) and value.startswith("="):
            return self.wording.value(value)
        if isinstance(value, str) and value in of.choices:
            return label_in(of.choices[value]["label"], self.language, value)
        if of.kind.of_any_table and value in of.options["to"]:
            tables = dict(tables_of(self.layout.types, of))
            return label_in(tables[value].label, self.language, value) if value in tables else str(value)
        if isinstance(value, str) and value in self.names:
            return self.names[value]
        return of.kind.display(value, of.options, self.language) if not of.kind.computed else str(value)

    def _joined(self, condition: Mapping[str, Any]) -> Said | None:
        groups = list(self._groups(condition))
        if len(groups) == 1 and len(groups[0].parts) == 1:
            return groups[0].parts[0]
        return groups[0] if len(groups) == 1 else Said(join="all", parts=tuple(groups))

    def _groups(self, condition: Mapping[str, Any]) -> Iterator[Said]:
        for join in ("all", "any"):
            if join in condition:
                said = (self.condition(one) for one in condition[join])
                yield Said(join="any" if join == "any" else "all", parts=tuple(one for one in said if one is not None))


def _of_path(said: Text, path: str, speaker: Speaker) -> Text:
    """The sentence with the whole way to the field: `Account.Type is Customer`."""
    return Text(said.message, {**said.values, "field": speaker.wording.spoken(path)}) if "." in path else said
