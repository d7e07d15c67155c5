"""The columns of a file as their form shows them, and the mapping that the form says."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import FormData

from engine.definitions.apps import Apps
from engine.definitions.language import RESERVED_APPS, RESERVED_KEYS, Field, Table
from engine.errors import Problem, Refused
from engine.field_types import field_types
from engine.importers import READINGS, Proposal, key_for
from engine.imports import Import, Suggestion
from engine.imports.mapping import reading_name
from engine.json_text import read_json
from engine.named import KINDS
from engine.text import Label, Text, _

NEW = "+"  # what a column's choice says when a field is to be made for it
SKIP = ""
MATCH_KEPT = "*"  # what the choice of fields to find records by says when a mapping names several of them

_NUMBERS = {
    (".", ","): "1,234.56",
    (",", "."): "1.234,56",
    (".", ""): "1234.56",
    (",", ""): "1234,56",
    (",", " "): "1 234,56",
    (".", "'"): "1'234.56",
}
_ORDERS: Mapping[str, Text] = {
    "ymd": _("year, month, day"),
    "dmy": _("day, month, year"),
    "mdy": _("month, day, year"),
}


@dataclass(frozen=True)
class Column:
    """One column and where it goes. `goes` is a field's key, `NEW` or `SKIP`; `readings` are (JSON, words) pairs."""

    number: int
    name: str
    examples: Sequence[str]
    filled: int
    blank: int
    goes: str
    label: Label
    type: str
    types: Sequence[str]
    reason: Text
    doubt: Text | None
    reading: str
    readings: Sequence[tuple[str, Label]]
    names: bool  # whether its cells name records, people, departments or choices
    can_create: bool
    unknown: str
    error: str = ""


@dataclass(frozen=True)
class Columns:
    """The whole form. `table` is None where one is made; `new` are then its words."""

    table: Table | None
    columns: list[Column]
    match: Sequence[str]
    clear: bool
    automations: bool
    new: Mapping[str, str] = field(default_factory=dict)

    @property
    def match_labels(self) -> list[Label]:
        """What the fields are called by which records are found."""
        fields = self.table.fields if self.table else {}
        return [fields[key].label if key in fields else key for key in self.match]


def columns_of(
    held: Import, suggestion: Suggestion, table: Table | None, mapping: Mapping[str, Any], errors: Mapping[str, str]
) -> Columns:
    """The form as `mapping` fills it in; `errors` is what is wrong, by column."""
    matches = {one.column: one for one in suggestion.matches}
    columns = []
    for number, proposal in enumerate(suggestion.proposals):
        chosen = mapping["columns"].get(proposal.column)
        goes = _goes(chosen, table)
        of = table.fields.get(goes) if table else None
        definition = (chosen or {}).get("definition") or proposal.field
        reading = (chosen or {}).get("reading") or proposal.reading
        match = matches.get(proposal.column)
        names = of is not None and (of.is_link or bool(of.kind.names))
        columns.append(
            Column(
                number,
                proposal.column,
                proposal.examples[:3],
                proposal.filled,
                proposal.blank,
                goes,
                definition.get("label", proposal.label),
                definition["type"],
                _types(proposal),
                match.reason if match and (match.field or SKIP) == goes else proposal.reason,
                proposal.doubt,
                json.dumps(reading, sort_keys=True),
                list(_readings(reading)),
                names,
                names and of is not None and of.kind.names not in KINDS and not of.kind.of_any_table,
                (chosen or {}).get("unknown", "refuse"),
                errors.get(proposal.column, ""),
            )
        )
    return Columns(
        table,
        columns,
        mapping.get("match") or (),
        mapping.get("blank") == "clear",
        bool(mapping.get("automations")),
        mapping.get("new") or {},
    )


def mapping_in(
    form: FormData, held: Import, suggestion: Suggestion, table: Table | None, apps: Apps
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The mapping that the form says, and the fields that `table` lacks for it, by key."""
    before = (held.mapping or {}).get("columns", {})
    columns: dict[str, Any] = {}
    added: dict[str, dict[str, Any]] = {}
    for number, proposal in enumerate(suggestion.proposals):
        goes = _text(form, f"{number}.field")
        if goes == SKIP:
            continue
        one: dict[str, Any] = {"unknown": _text(form, f"{number}.unknown") or "refuse"}
        if goes == NEW:
            definition = _definition(proposal, _text(form, f"{number}.type"), _text(form, f"{number}.label"))
            taken = {*(table.fields if table else ()), *added}
            goes = key_for(proposal.column, taken, RESERVED_KEYS, f"field_{number + 1}") if table else proposal.key
            one["definition"] = definition
            if table is not None:
                added[goes] = definition
            kind = field_types[definition["type"]]
        else:
            of = table.fields.get(goes) if table else None
            kind = of.kind if of else field_types["text"]
        reading = _reading(_text(form, f"{number}.reading"), proposal, reading_name(kind), chosen=table is None)
        if reading is not None:
            one["reading"] = reading
        values = before.get(proposal.column, {}).get("values") or (
            {} if kind.name in ("text", "long_text") else dict.fromkeys(proposal.blank_words, "")
        )
        columns[proposal.column] = {"field": goes, "values": values, **one}
    mapping: dict[str, Any] = {"columns": columns, "automations": _text(form, "automations") == "yes"}
    if table is not None:
        mapping |= {"match": _match(form, held), "blank": "clear" if _text(form, "blank") == "clear" else "keep"}
        mapping["conflicts"] = (held.mapping or {}).get("conflicts", "keep")
    else:
        mapping["new"] = _new_table(form, suggestion, apps)
    return mapping, added


def by_column(problems: Sequence[Problem], columns: Collection[str]) -> tuple[dict[str, str], list[Problem]]:
    """What is wrong, by column of the file; and what is wrong with the whole."""
    errors: dict[str, str] = {}
    others = []
    for problem in problems:
        first, _slash, rest = problem.at.removeprefix("/").partition("/")
        column = rest.partition("/")[0].replace("~1", "/").replace("~0", "~")
        if first == "columns" and column in columns:
            errors.setdefault(column, problem.says)
        else:
            others.append(problem)
    return errors, others


def _goes(chosen: Mapping[str, Any] | None, table: Table | None) -> str:
    if chosen is None:
        return SKIP
    return str(chosen["field"]) if table is not None and chosen["field"] in table.fields else NEW


def _types(proposal: Proposal) -> list[str]:
    """The field types that the column can become, the proposed one first."""
    return list(dict.fromkeys([proposal.field["type"], *proposal.readings, "text", "long_text"]))


def _definition(proposal: Proposal, type_: str, label: str) -> dict[str, Any]:
    label = label.strip() or proposal.label
    if type_ in ("", proposal.field["type"]) or type_ not in _types(proposal):
        return {**proposal.field, "label": label}
    definition: dict[str, Any] = {"type": type_, "label": label}
    if type_ == "currency":
        definition["currency"] = proposal.readings.get("currency", {}).get("currency") or "USD"
    return definition


def _reading(written: str, proposal: Proposal, wanted: str, *, chosen: bool) -> dict[str, Any] | None:
    """The reading that the form says, if it goes with the field; None: let the engine choose, unless `chosen` here."""
    try:
        reading = read_json(written or "{}")
    except Refused:
        reading = {}
    if isinstance(reading, dict) and reading.get("as") == wanted:
        return reading
    if not chosen:
        return None
    return proposal.readings.get(wanted) or ({"as": wanted} if wanted in READINGS and wanted == "text" else None)


def _readings(reading: Mapping[str, Any]) -> Iterator[tuple[str, Label]]:
    """The ways to read a column like this: what 1.234 is, what 01/02/03 is."""
    if "decimal" in reading:
        held = (reading["decimal"], reading["thousands"])
        ways = _NUMBERS if held in _NUMBERS else {held: f"1{held[1]}234{held[0]}56", **_NUMBERS}
        for (decimal, thousands), shown in ways.items():
            written = json.dumps({**reading, "decimal": decimal, "thousands": thousands}, sort_keys=True)
            yield written, _("like {example}", example=shown)
    if "order" in reading:
        for order, words in _ORDERS.items():
            yield json.dumps({**reading, "order": order}, sort_keys=True), words


def _new_table(form: FormData, suggestion: Suggestion, apps: Apps) -> dict[str, str]:
    proposed = suggestion.mapping["new"]
    label = _text(form, "new.label").strip() or proposed["label"]
    app = _text(form, "new.app")
    held = apps.get(app)
    name = _text(form, "new.app_label").strip() or label
    key = key_for(label, set(held.tables) if held else (), RESERVED_KEYS, "table_1", prefix="table_")
    made = app if held else key_for(name, set(apps), RESERVED_KEYS | RESERVED_APPS, "app_1", prefix="app_")
    titles = [one.key for one in suggestion.proposals if _text(form, f"{suggestion.proposals.index(one)}.field") == NEW]
    title = _text(form, "new.title")
    return {
        "app": made,
        "app_label": name,
        "table": key,
        "label": label,
        "title": title if title in titles else next(iter(titles), ""),
    }


def _match(form: FormData, held: Import) -> list[str]:
    """The fields by which records are found: the one chosen, or all that a kept mapping names."""
    chosen = _text(form, "match")
    before = (held.mapping or {}).get("match") or []
    return list(before) if chosen == MATCH_KEPT and before else [chosen] if chosen else []


def _text(form: FormData, name: str) -> str:
    values = form.getlist(name)
    return str(values[-1]) if values else ""


def settable(table: Table) -> list[Field]:
    """The fields that a column can go into."""
    return [one for one in table.declared if one.importable]
