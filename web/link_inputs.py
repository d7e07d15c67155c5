"""The inputs of links, of lines and of files: where they search, and what a browser without script chooses from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine import limits, queries
from engine.definitions.language import Field
from engine.storage.layout import Layout
from engine.storage.session import Session
from web.addresses import At
from web.dependencies import Place
from web.lines import lines_of
from web.uploads import upload_addresses

CANDIDATES = 100  # records of a table that a browser without script can choose a link from


def inputs_of_links(
    session: Session,
    place: Place,
    fields: Sequence[Field],
    values: Mapping[str, Any],
    errors: Mapping[str, str],
    offered: Mapping[str, Mapping[str, str]],
    owner: str | None,
    *,
    candidates: bool,
) -> dict[str, dict[str, Any]]:
    """More attributes for the inputs of links, lines and files, by field. `owner`: the record, None for a new one."""

    def link(one: Field) -> dict[str, Any]:
        held = values if one.table == fields[0].table else {}
        return input_of_link(session, place, one, held, candidates=candidates)

    return {
        one.key: {"lines": lines_of(session, place.at, one, values.get(one.key) or [], errors, offered, link, owner)}
        if one.owns_lines
        else link(one)
        for one in fields
        if one.is_link
    } | upload_addresses(place.at, fields)


def input_of_link(
    session: Session, place: Place, field: Field, values: Mapping[str, Any], *, candidates: bool = False
) -> dict[str, Any]:
    """More attributes for a link's input: where to search, and for a browser without script what to choose from.

    `values` are those of the record; a link that is limited by them asks with what the form holds by then.
    """
    found = search_of_link(session.layout, place.at, field)
    if "where" in field.options:
        found["search"] = _choices(place.at, field)
        found["takes"] = limits.depends_on(session.layout, field)
    if candidates and field.kind.of_any_table:
        names = [(text, queries.find_titles(session, address, "", CANDIDATES)) for address, text in found["tables"]]
        found["candidates"] = names
    elif candidates:
        found["candidates"] = limits.choices(session, field.table, field.key, values, limit=CANDIDATES)
    return found


def search_of_link(layout: Layout, at: At, field: Field) -> dict[str, Any]:
    """Where a link's input searches among all records that it could lead to; in which tables, if there are several."""
    if field.kind.of_any_table:
        tables = [layout.table(address) for address in field.targets]
        return {"search": _choices(at, field), "tables": [(one.address, one.plural or one.label) for one in tables]}
    app, _dot, table = (field.target or "").partition(".")
    return {"search": at.page("apps", app, table, "titles")}


def _choices(at: At, field: Field) -> str:
    app, _dot, table = field.table.partition(".")
    return at.page("apps", app, table, "choices", field.key)
