"""Whether rules look at computed fields, so that these must be right after each write and not only in the end."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from engine import computed
from engine.definitions.language import Table
from engine.definitions.scope import Path
from engine.definitions.types import Key
from engine.formulas.reading import Find
from engine.rules import checks, locks
from engine.storage.layout import Layout
from engine.storage.session import Session


def look_at_what_follows(session: Session, tables: Collection[str], more: Collection[Key]) -> bool:
    """Whether anything asked at a write of records of `tables` may read what is worked out from such records.

    `more` are fields that somebody else looks at.
    """
    if any(session.seen.table(address).rights is not None for address in tables):
        return True  # what a role may write can depend on anything
    with session.behind() as layout:
        written = [layout.table(address) for address in tables]
        if any(one.is_link and "where" in one.options for table in written for one in table.fields.values()):
            return True  # and so can where a link may lead
        following = computed.following(layout, tables)
        return any(
            key in following or _is_not_kept(layout, key) for key in (*more, *_looked_at(session, layout, written))
        )


def _looked_at(session: Session, layout: Layout, tables: Iterable[Table]) -> Iterator[Key]:
    for address, paths, finds in checks.read(layout):
        yield from _keys(layout, address, paths, finds)
    for table in tables:
        for about, lock in locks.asked(session, table):
            yield from _keys(layout, about.address, *layout.types.read_by_condition(lock.when, about.address))
        copied = (one for one in table.fields.values() if one.kind.copied)
        ways: Iterable[Path] = ((layout.types.through(one)[0], one.options["field"]) for one in copied)
        yield from _keys(layout, table.address, ways, ())


def _keys(layout: Layout, table: str, paths: Iterable[Path], finds: Iterable[Find]) -> Iterator[Key]:
    read = [(table, path) for path in paths]
    read += [(find.table, path) for find in finds for path in find.paths]
    yield from (key for start, path in read for key in computed.keys_on(layout, start, path))


def _is_not_kept(layout: Layout, key: Key) -> bool:
    """Whether the field is worked out whenever it is read, from fields that nobody has looked up here."""
    field = layout.table(key[0]).fields.get(key[1])
    return field is not None and field.kind.computed and not layout.stored(field)
