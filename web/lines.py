"""Lines edited inside their record: what a form says of them, and how they are drawn."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.datastructures import FormData

from engine import records, totals
from engine.definitions.language import Field, Table
from engine.field_types import Input
from engine.queries import Query
from engine.storage.layout import Layout
from engine.storage.session import Session
from web.addresses import At
from web.fields import Shown, shown_field
from web.names import Names, names_of
from web.whole_numbers import number_in

BLANK_LINES = 3  # of a new record; one that exists gets one, and another after each save
NOT_BLANK = ("id", "place", "gone")


@dataclass(frozen=True)
class Row:
    """One line in the form: its number there, the record that it is (empty for one to be made), what it holds."""

    number: int
    id: str
    values: Mapping[str, Any]
    errors: Mapping[str, str]
    error: str = ""


@dataclass(frozen=True)
class Lines:
    """`columns` are the fields of a line, `inputs` how those are entered that can be; `totals` stand beneath."""

    columns: list[Shown]
    inputs: Mapping[str, Input]
    rows: list[Row]
    names: Names
    offered: Mapping[str, Mapping[str, str]]
    totals: Mapping[str, tuple[Shown, Any]]


@dataclass(frozen=True)
class ToRead:
    """The lines of a record where nobody edits them: `columns` are the fields of a line."""

    columns: list[Shown]
    rows: list[Mapping[str, Any]]
    names: Names


def lines_to_read(session: Session, at: At, table: Table, record_id: str) -> dict[str, ToRead]:
    """The lines in each field of a record that has some."""
    found = {}
    for one in table.fields.values():
        if session.layout.shows_lines(one):
            of = session.layout.table(one.targets[0])
            rows: list[Mapping[str, Any]] = [
                line.values for line in records.lines(session, table.address, record_id, one.key)
            ]
            columns = _columns(session.layout, one, of)
            found[one.key] = ToRead(columns, rows, names_of(session, at, of, [shown.key for shown in columns], rows))
    return found


def typed_lines(
    form: FormData, key: str, table: Table, read: Callable[[FormData, Table], dict[str, Any]]
) -> list[dict[str, Any]]:
    """The lines that a form holds under `<key>.<number>.<field>`, by their places; without blank ones.

    `read` reads the fields of one line.
    """
    rows: dict[int, list[tuple[str, Any]]] = {}
    for name, value in form.multi_items():
        parts = name.split(".", 2)
        if len(parts) == 3 and parts[0] == key and (number := number_in(parts[1])) is not None:
            rows.setdefault(number, []).append((parts[2], value))
    lines: list[tuple[float, int, dict[str, Any]]] = []
    for number, pairs in rows.items():
        given = FormData(pairs)
        line_id, place = str(given.get("id", "")), str(given.get("place", ""))
        typed = read(FormData([pair for pair in pairs if pair[0] not in NOT_BLANK]), table)
        if not line_id:
            typed = {name: value for name, value in typed.items() if not _blank(value)}
        if given.get("gone") or not (line_id or typed):
            continue
        try:
            at = float(place.replace(",", ".")) if place.strip() else float("inf")
        except ValueError:
            at = float("inf")
        lines.append((at, number, {"id": line_id, **typed} if line_id else typed))
    return [line for _at, _number, line in sorted(lines, key=lambda one: one[:2])]


def unseen(form: FormData, key: str, held: Sequence[str]) -> list[dict[str, Any]]:
    """The lines that somebody else added meanwhile: the record has them, the form says nothing of them."""
    seen = {str(value) for name, value in form.multi_items() if name.startswith(f"{key}.") and name.endswith(".id")}
    return [{"id": one} for one in held if one not in seen]


def lines_of(
    session: Session,
    at: At,
    field: Field,
    value: Sequence[Any],
    errors: Mapping[str, str],
    offered: Mapping[str, Mapping[str, str]],
    links: Callable[[Field], Mapping[str, Any]],
    owner: str | None,
) -> Lines:
    """The lines of one record as its form shows them.

    `value` are ids, or what was typed; `errors` are at `<field>/<number>/<field of the line>`; `links` gives the
    attributes of a link's input; `owner` is the record, None for a new one.
    """
    layout, table = session.layout, session.layout.table(field.target or "")
    given = [{"id": one} if isinstance(one, str) else one for one in value]
    ids = [one["id"] for one in given if one.get("id")]
    held = {one.id: one.values for one in records.get_many(session, table.address, ids)}
    rows = [
        Row(
            number,
            line.get("id", ""),
            {**held.get(line.get("id", ""), {}), **line},
            {
                name.removeprefix(f"{field.key}/{number}/"): says
                for name, says in errors.items()
                if name.startswith(f"{field.key}/{number}/")
            },
            errors.get(f"{field.key}/{number}", ""),
        )
        for number, line in enumerate(given)
    ]
    blank = BLANK_LINES if owner is None else 1
    rows += [Row(len(given) + number, "", {}, {}) for number in range(blank)]
    columns = _columns(layout, field, table)
    return Lines(
        columns=columns,
        inputs={
            one.key: _input(one, links(table.fields[one.key]) if table.fields[one.key].is_link else {})
            for one in columns
            if one.editable
        },
        rows=rows,
        names=names_of(session, at, table, [one.key for one in columns], [row.values for row in rows]),
        offered=offered,
        totals=_totals(session, field, table, owner),
    )


def inputs_in(layout: Layout, fields: Collection[Field]) -> list[Input | None]:
    """The inputs of these fields and of the lines in them."""
    shown = [shown_field(layout, one) for one in fields]
    lines = [one for one in fields if one.owns_lines]
    columns = [column for of in lines for column in _columns(layout, of, layout.table(of.target or ""))]
    return [one.input for one in [*shown, *columns]]


def _columns(layout: Layout, field: Field, table: Table) -> list[Shown]:
    kept = {field.inverse_of, field.ordered_by}
    keys = field.options.get("fields") or [one.key for one in table.declared if one.key not in kept]
    keys = [key for key in keys if key in table.fields]
    shown = [shown_field(layout, table.fields[key]) for key in keys]
    return [replace(one, editable=False) if table.fields[one.key].is_side else one for one in shown]


def _input(shown: Shown, more: Mapping[str, Any]) -> Input:
    spec = shown.input or Input("text")
    return replace(spec, attributes={**(spec.attributes or {}), **more})


def _totals(session: Session, field: Field, table: Table, owner: str | None) -> dict[str, tuple[Shown, Any]]:
    wanted: Mapping[str, str] = field.options.get("totals", {})
    if owner is None or not wanted:
        return {}
    where = {"field": field.inverse_of, "op": "is", "value": owner}
    asked = [(function, key) for key, function in wanted.items()]
    found = totals.totals(session, Query(table.address, where=[where]), asked)
    return {
        key: (shown_field(session.layout, table.fields[key]), value) for key, value in zip(wanted, found, strict=True)
    }


def _blank(value: Any) -> bool:
    return value in ("", "no") or value == [] or value == [""]
