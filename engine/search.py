"""Search over everything in a workspace: its apps and tables by name, its records by title."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine import queries
from engine.access import door
from engine.definitions.language import App, Table
from engine.errors import Forbidden
from engine.storage.session import Session
from engine.text import Label

SHORTEST = 2  # characters before records are looked at
MOST = 30  # records in all
OF_ONE_TABLE = 6


@dataclass(frozen=True)
class Found:
    """A record, or a table as a whole when `record_id` is None."""

    app: App
    table: Table
    record_id: str | None
    title: Label


def everywhere(session: Session, text: str) -> list[Found]:
    """What `text` may mean to the one who asks: tables first, then records, in the order of the apps.

    One statement per table that may be read; none for fewer than two characters.
    """
    wanted = text.strip()
    if not wanted:
        return []
    readable = list(_readable(session))
    tables = [
        Found(app, table, None, table.plural or table.label) for app, table in readable if _named(wanted, app, table)
    ]
    records: list[Found] = []
    if len(wanted) >= SHORTEST:
        for app, table in readable:
            found = queries.find_titles(session, table.address, wanted, OF_ONE_TABLE)
            records += [Found(app, table, record_id, title) for record_id, title in found]
    return [*tables, *records[:MOST]]


def _readable(session: Session) -> Iterator[tuple[App, Table]]:
    for app in session.layout.apps.values():
        for table in app.tables.values():
            try:
                door.enter(session.principal, "read", table)
            except Forbidden:
                continue
            yield app, table


def _named(text: str, app: App, table: Table) -> bool:
    return any(
        text.casefold() in name.casefold() for label in (app.label, table.label, table.plural) for name in _names(label)
    )


def _names(label: Label | None) -> list[str]:
    return [label] if isinstance(label, str) else list((label or {}).values())
