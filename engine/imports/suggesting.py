"""What an import proposes for a file: what each column holds, where it may go, and a mapping to begin with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from engine.definitions.apps import Apps
from engine.definitions.language import RESERVED_APPS, RESERVED_KEYS, Field, Table
from engine.importers import READINGS, Match, Proposal, Row, Source, key_for, match_columns, propose
from engine.imports.mapping import reading_name
from engine.storage.stores import Workspace
from engine.text import Label, label_in

SAMPLE = 10  # rows shown
MONTH_FIRST = (
    *("America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles"),
    *("America/Detroit", "America/Anchorage", "Pacific/Honolulu"),
)  # time zones where people write 12/31/2026


@dataclass(frozen=True)
class Suggestion:
    """`rows` counts the rows of the file, `troubled` those that cannot be read; `sample` are the first ones.

    `matches` is empty where a table is to be made. `mapping` is a document for `imports.choose`.
    """

    columns: list[str]
    proposals: list[Proposal]
    matches: list[Match]
    mapping: dict[str, Any]
    sample: list[Row]
    rows: int
    troubled: int


@dataclass
class _Counted:
    """Rows on their way, with what is to be known of all of them."""

    source: Source
    sample: list[Row] = field(default_factory=list)
    rows: int = 0
    troubled: int = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self.source.rows():
            self.rows += 1
            self.troubled += row.trouble is not None
            if len(self.sample) < SAMPLE:
                self.sample.append(row)
            yield row


def suggest(workspace: Workspace, apps: Apps, source: Source, name: str, table: Table | None) -> Suggestion:
    """Read the whole file once and say what it may become. `name` is the file's; `table` None makes a new one."""
    rows = _Counted(source)
    proposals = propose(
        source.columns,
        rows,
        decimal_comma=source.details.get("delimiter") == ";",
        day_first=workspace.time_zone not in MONTH_FIRST,
        zone=workspace.time_zone,
        reserved=RESERVED_KEYS,
    )
    matches = [] if table is None else _matches(source.columns, table)
    mapping = (
        _into_new(apps, proposals, name) if table is None else _into(table, proposals, matches, workspace.time_zone)
    )
    return Suggestion(source.columns, proposals, matches, mapping, rows.sample, rows.rows, rows.troubled)


def reading_for(of: Field, proposal: Proposal, zone: str) -> dict[str, Any]:
    """How the column's cells become values of this field, as JSON."""
    name = reading_name(of.kind)
    reading = proposal.readings.get(name) or READINGS[name]().as_json()
    # A field may show its moments by another clock than the workspace's, and then files say them by that one.
    return {**reading, "zone": str(of.options.get("time_zone") or zone)} if name == "date_time" else reading


def _matches(columns: Sequence[str], table: Table) -> list[Match]:
    fields = {one.key: {"label": one.label} for one in table.fields.values() if one.importable}
    names = [name for label in (table.key, table.label, table.plural) for name in _spellings(label)]
    return match_columns(columns, fields, table.title, names)


def _into(table: Table, proposals: Sequence[Proposal], matches: Sequence[Match], zone: str) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    found_by: list[str] = []
    for proposal, match in zip(proposals, matches, strict=True):
        if match.field is None:
            continue
        of = table.fields[match.field]
        reading = reading_for(of, proposal, zone)
        values = _nothing(proposal, reading)
        columns[proposal.column] = {"field": of.key, "reading": reading, "values": values, "unknown": "refuse"}
        if of.unique and proposal.unique:
            found_by.append(of.key)
    return {"columns": columns, "match": found_by[:1], "blank": "keep"}


def _into_new(apps: Apps, proposals: Sequence[Proposal], name: str) -> dict[str, Any]:
    stem = re.sub(r"[\W_]+", " ", PurePath(name).stem).strip() or "Table"
    label = stem[:1].upper() + stem[1:]
    key = key_for(stem, (), RESERVED_KEYS, "table_1", prefix="table_")
    texts = [one for one in proposals if one.field["type"] in {"text", "email", "phone", "url"}]
    title = next((one for one in texts if one.unique), next(iter(texts), next(iter(proposals), None)))
    return {
        "columns": {
            one.column: {
                "field": one.key,
                "definition": one.field,
                "reading": one.reading,
                "values": _nothing(one, one.reading),
            }
            for one in proposals
        },
        "match": [],
        "new": {
            "app": key_for(stem, set(apps), RESERVED_KEYS | RESERVED_APPS, "app_1", prefix="app_"),
            "app_label": label,
            "table": key,
            "label": label,
            "title": title.key if title else "",
        },
    }


def _nothing(proposal: Proposal, reading: Mapping[str, Any]) -> dict[str, str]:
    """Words such as `n/a` stand for nothing, unless the field keeps texts."""
    return {} if reading["as"] == "text" else dict.fromkeys(proposal.blank_words, "")


def _spellings(label: Label | None) -> list[str]:
    if label is None:
        return []
    return list(label.values()) if isinstance(label, Mapping) else [label_in(label, "en")]
