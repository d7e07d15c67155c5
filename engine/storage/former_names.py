"""Names that tables and fields had before somebody renamed them: programs that use them go on working.

A name leads to what had it last among the tables of an app, or the fields of a table.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from engine.definitions.apps import Apps, Former
from engine.storage.session import Session
from engine.storage.workspace_tables import former_names
from engine.text import Label, Text

_c = former_names.c


def known(session: Session) -> dict[str, dict[str, str]]:
    """All of them."""
    found: dict[str, dict[str, str]] = {}
    for parent, name, key in session.connection.execute(sa.select(_c.parent, _c.name, _c.key).order_by(_c.name)):
        found.setdefault(parent, {})[name] = key
    return found


def after(before: Apps, now: Apps) -> dict[str, dict[str, str]]:
    """Those that there are once `before` has become `now`."""
    found = {parent: dict(names) for parent, names in before.former.items()}
    for parent, name, key in _given_up(before, now):
        found.setdefault(parent, {})[name] = key
    return found


def keep(session: Session, old: Former, new: Former) -> None:
    """Store those that have come, or lead elsewhere now."""
    come = [
        {"parent": parent, "name": name, "key": key}
        for parent, names in new.items()
        for name, key in names.items()
        if old.get(parent, {}).get(name) != key
    ]
    for one in come:
        session.connection.execute(sa.delete(former_names).where(_c.parent == one["parent"], _c.name == one["name"]))
    if come:
        session.connection.execute(sa.insert(former_names), come)


def _given_up(before: Apps, now: Apps) -> Iterator[tuple[str, str, str]]:
    for address, table in now.tables.items():
        was = before.tables.get(address)
        if was is not None:
            for name in _spellings(was.label, was.plural) - _spellings(table.label, table.plural):
                yield table.app, name, table.key
            for key in table.fields.keys() & was.fields.keys():
                for name in _spellings(was.fields[key].label) - _spellings(table.fields[key].label):
                    yield address, name, key


def _spellings(*labels: Label | None) -> set[str]:
    """What labels say in each language; those of the engine itself do not change."""
    said = [one for one in labels if one and not isinstance(one, Text)]
    return {text for one in said for text in ([one] if isinstance(one, str) else one.values())}
